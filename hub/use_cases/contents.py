"""Contents: people find, name and describe what screens show; the rules that hold for all of a tenant's.

Rule 1: a name is its tenant's only one, whatever the case.
Rule 2: contents are the tenant's: who may see or edit them may so wherever they are limited to.
Rule 3: what a playlist has, in its draft or in any version that was ever published, is not deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from hub.content_cache import ContentCache
from hub.operator import Operator
from hub.permissions import require, require_everywhere
from hub.use_cases.audit import changes, record
from hub.use_cases.content_ports import ContentFilter, ContentOrder, ContentRow
from hub.use_cases.errors import InConflict, NotAllowed, NotFound, Stale
from hub.use_cases.instants import in_utc, require_window
from hub.use_cases.media_bodies import FileUrls, media_body
from hub.use_cases.media_words import where_used
from hub.use_cases.paging import ByInstant, ByName, cut_page, decode_cursor, encode_cursor
from hub.use_cases.patches import fields_of
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.texts import one_line
from protocol.api import Page
from protocol.contents import Content, ContentFacets, ContentPatch, ContentRequest, ContentRules
from protocol.vocabulary import Permission

NO_SUCH_CONTENT: Final = "There is no such content. It may have been deleted, or the id is mistyped."
FACETS_AT_MOST: Final = 200
_FACTS: Final = ContentRequest.__struct_fields__
_WINDOW: Final = {"valid_from", "valid_until"}


class Contents:
    """Reading and changing."""

    def __init__(
        self, database: Database, cache: ContentCache, urls: FileUrls, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._cache = cache
        self._urls = urls
        self._now = now

    async def find(
        self,
        operator: Operator,
        wanted: ContentFilter,
        *,
        order: ContentOrder = "newest",
        cursor: str | None,
        limit: int,
    ) -> Page[Content]:
        """Those that fit, in this order. Raises NotAllowed, Invalid."""
        require(operator, Permission.CONTENT_VIEW)
        after = decode_cursor(cursor, ByInstant if order == "newest" else ByName)

        def read(tx: Transaction) -> Page[Content]:
            rows, more = cut_page(tx.contents.find(wanted, order, after, limit + 1), limit)
            return Page(self._bodies(tx, operator, rows), _cursor(rows[-1], order) if more else None)

        return await self._database.transact(operator.tenant_id, read)

    async def get(self, operator: Operator, content_id: str) -> Content:
        """One of them. Raises NotAllowed, NotFound."""
        require(operator, Permission.CONTENT_VIEW)

        async def read() -> Content:
            return await self._database.transact(
                operator.tenant_id, lambda tx: self._body(tx, operator, content_id)
            )

        version = await self._database.transact(operator.tenant_id, lambda tx: tx.content_versions.now())
        kept = f"{version} {self._urls.good_until(self._now()):%Y%m%d}"
        return await self._cache.read(operator.tenant_id, f"content {content_id}", kept, Content, read)

    async def facets(self, operator: Operator) -> ContentFacets:
        """Tags and categories in use, the most frequent first. Raises NotAllowed."""
        require(operator, Permission.CONTENT_VIEW)
        return await self._database.transact(
            operator.tenant_id, lambda tx: tx.contents.facets(FACETS_AT_MOST)
        )

    async def add(self, operator: Operator, request: ContentRequest) -> Content:
        """A new one, without a version. Raises NotAllowed, Invalid, InConflict (the name is taken)."""
        require(operator, Permission.CONTENT_EDIT)
        facts = _checked({name: getattr(request, name) for name in _FACTS})
        require_window(facts["valid_from"], facts["valid_until"])
        now = self._now()

        def create(tx: Transaction) -> Content:
            content_id = tx.contents.add(facts, operator.user_id, operator.email, now)
            if content_id is None:
                raise _taken(tx.contents.named(facts["name"]) or facts["name"])
            record(tx, operator, now, "content.created", "content", content_id, **facts)
            return self._body(tx, operator, content_id)

        return await self._database.transact(operator.tenant_id, create)

    async def change(
        self, operator: Operator, content_id: str, patch: ContentPatch, revision: int | None
    ) -> Content:
        """What the patch names. `revision`: the one that was read, if it is to be that one still. Raises
        NotAllowed, NotFound, Invalid, InConflict (the name is taken), Stale."""
        require(operator, Permission.CONTENT_EDIT)
        wanted = _checked(fields_of(patch))
        now = self._now()

        def write(tx: Transaction) -> Content:
            content = there_is(tx.contents.get_locked(content_id))
            require_revision(content.revision, revision)
            before = dict(content.facts)
            after = {**before, **wanted}
            require_window(after["valid_from"], after["valid_until"])
            done = changes(before, after)
            if content.approved_id is not None and _WINDOW & done["after"].keys():
                _require_may_move_window(operator)
            if content.approved_id is not None and "tags" in done["after"]:
                _require_may_tag(operator)
            if done["after"]:
                named = tx.contents.named(after["name"]) if "name" in done["after"] else None
                if named is not None and named != before["name"]:
                    raise _taken(named)
                if not tx.contents.change(content_id, done["after"], now):
                    raise _taken(after["name"])
                record(
                    tx, operator, now, "content.changed", "content", content_id, name=after["name"], **done
                )
            return self._body(tx, operator, content_id)

        return await self._database.transact(operator.tenant_id, write)

    async def delete(self, operator: Operator, content_id: str) -> None:
        """With all of its versions. Raises NotAllowed, NotFound, InConflict (a playlist has one of them)."""
        require(operator, Permission.CONTENT_EDIT)
        now = self._now()

        def write(tx: Transaction) -> None:
            content = there_is(tx.contents.get_locked(content_id))
            versions = [row.media for row in tx.media.of_content(content_id)]
            for media in versions:
                uses = tx.media.uses(media.id)
                if uses:
                    raise InConflict(
                        f"Version {media.number} is in {where_used(uses)}. Take it out there and publish, "
                        "or retire the version."
                    )
            if tx.media.was_published([media.id for media in versions]):
                raise InConflict(
                    "Earlier versions of playlists have it, and what was published is kept. Retire its "
                    "approved versions instead: then nothing shows it any more."
                )
            tx.contents.remove(content_id)
            numbers = [media.number for media in versions]
            record(
                tx, operator, now, "content.deleted", "content", content_id, **content.facts, versions=numbers
            )

        await self._database.transact(operator.tenant_id, write)

    async def rules(self, operator: Operator) -> ContentRules:
        """What holds for the contents of the tenant. Raises NotAllowed."""
        require(operator, Permission.CONTENT_VIEW)
        return await self._database.transact(
            operator.tenant_id, lambda tx: ContentRules(tx.contents.approve_own())
        )

    async def put_rules(self, operator: Operator, rules: ContentRules) -> ContentRules:
        """All of them anew. Raises NotAllowed."""
        require_everywhere(operator, Permission.FEATURES_MANAGE)
        now = self._now()

        def write(tx: Transaction) -> ContentRules:
            before = {"approve_own": tx.contents.approve_own()}
            done = changes(before, {"approve_own": rules.approve_own})
            if done["after"]:
                tx.contents.put_approve_own(rules.approve_own)
                record(tx, operator, now, "content_rules.changed", "content_rules", None, **done)
            return rules

        return await self._database.transact(operator.tenant_id, write)

    def _body(self, tx: Transaction, operator: Operator, content_id: str) -> Content:
        return self._bodies(tx, operator, [there_is(tx.contents.get(content_id))])[0]

    def _bodies(self, tx: Transaction, operator: Operator, rows: list[ContentRow]) -> list[Content]:
        ids = {id for row in rows for id in (row.newest_id, row.approved_id) if id is not None}
        now = self._now()
        media = {
            id: media_body(operator.tenant_id, row, self._urls, now)
            for id, row in tx.media.by_ids(ids).items()
        }
        return [
            Content(
                id=row.id,
                **row.facts,
                revision=row.revision,
                created_by=row.created_by,
                created_at=row.created_at,
                updated_at=row.updated_at,
                versions=row.versions,
                newest=media.get(row.newest_id or ""),
                approved=media.get(row.approved_id or ""),
            )
            for row in rows
        ]


def there_is(content: ContentRow | None) -> ContentRow:
    """The content. Raises NotFound."""
    if content is None:
        raise NotFound(NO_SUCH_CONTENT)
    return content


def _cursor(last: ContentRow, order: ContentOrder) -> str:
    return encode_cursor((last.created_at if order == "newest" else last.lower_name, last.id))


def require_revision(now: int, read: int | None) -> None:
    """Raises Stale when somebody changed it since it was read."""
    if read is not None and read != now:
        raise Stale("Somebody changed it since you read it. Read it again, and change that.")


def _checked(facts: dict[str, Any]) -> dict[str, Any]:
    checks: dict[str, Callable[[Any], Any]] = {
        "name": lambda name: one_line("name", name),
        "description": str.strip,
        "category": str.strip,
        "tags": _tags,
        "valid_from": lambda at: in_utc("valid_from", at),
        "valid_until": lambda at: in_utc("valid_until", at),
    }
    return {name: checks[name](value) for name, value in facts.items()}


def _tags(tags: list[str]) -> list[str]:
    """Each once, in order: a tag is what it is, whatever stands around it."""
    return sorted({one_line("tags", tag) for tag in tags})


def _require_may_move_window(operator: Operator) -> None:
    """What is approved was approved for its window: to end it is to retire, to open it to approve. Raises
    NotAllowed."""
    if Permission.CONTENT_APPROVE not in operator.permissions or operator.sites is not None:
        raise NotAllowed(
            "A version of it is approved, and when that may be shown is for whoever may approve contents for "
            "the whole tenant. Ask somebody who may."
        )


def _require_may_tag(operator: Operator) -> None:
    """Playlists may name a tag, and are published anew when something approved gets or loses it: on screens
    everywhere. Raises NotAllowed."""
    if operator.sites is not None:
        raise NotAllowed(
            "A version of it is approved, and playlists may take it by its tags onto screens elsewhere; you "
            "are limited to some sites. Ask somebody who is not."
        )


def _taken(name: str) -> InConflict:
    return InConflict(f"There is a content called {name!r} already. Choose another name.")
