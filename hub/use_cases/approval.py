"""Whether a version may be shown: submitted, approved or rejected, retired.

Rule 1: the steps are `MEDIA_TRANSITIONS`, taken under a lock: of two who decide at once, one does.
Rule 2: whoever made a version does not approve it, unless the tenant's rules say so; neither do they by a key
        that they made, nor what such a key made.
Rule 3: what an approved version shows never changes; to show something else is a new version.
Rule 4: to retire what is in use says where it is, and asks. Retired, it stops on every screen.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from hub.operator import Operator
from hub.permissions import require, require_everywhere
from hub.use_cases.content_ports import MediaRow
from hub.use_cases.errors import InConflict, NotAllowed
from hub.use_cases.media import record_version, version
from hub.use_cases.media_bodies import FileUrls, media_bodies, media_body
from hub.use_cases.media_words import NOT_READY, on_screens, where_used
from hub.use_cases.paging import ByInstant, cut_page, decode_cursor, encode_cursor
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.texts import one_line
from protocol.api import Page
from protocol.contents import Media, Retirement, Usage
from protocol.vocabulary import MEDIA_TRANSITIONS, MediaStatus, Permission, Processing

_FROM_HERE: Final[dict[MediaStatus, str]] = {
    MediaStatus.DRAFT: "Submit it first.",
    MediaStatus.SUBMITTED: "Approve or reject it, or take it back.",
    MediaStatus.APPROVED: "It can be retired; to show something else, add a new version.",
    MediaStatus.REJECTED: "Change it and submit it again, or add a new version.",
    MediaStatus.RETIRED: "Add a new version instead.",
}
"""What can be done with a version that does not allow the step that was asked for."""

Check = Callable[[Transaction, MediaRow], None]


class Approval:
    """Each step answers with the version as it is then."""

    def __init__(self, database: Database, urls: FileUrls, now: Callable[[], datetime]) -> None:
        self._database = database
        self._urls = urls
        self._now = now

    async def waiting(self, operator: Operator, *, cursor: str | None, limit: int) -> Page[Media]:
        """What was submitted, the longest waiting first. Raises NotAllowed, Invalid."""
        require(operator, Permission.CONTENT_VIEW)
        after, now = decode_cursor(cursor, ByInstant), self._now()

        def read(tx: Transaction) -> Page[Media]:
            rows, more = cut_page(tx.media.submitted(after, limit + 1), limit)
            last = rows[-1].media if more else None
            return Page(
                media_bodies(operator.tenant_id, rows, self._urls, now),
                encode_cursor((last.submitted_at, last.id)) if last is not None else None,
            )

        return await self._database.transact(operator.tenant_id, read)

    async def submit(self, operator: Operator, media_id: str) -> Media:
        """Asks for a decision. Raises NotAllowed, NotFound, InConflict (also while the hub looks at the
        file)."""
        require(operator, Permission.CONTENT_EDIT)

        def is_ready(tx: Transaction, row: MediaRow) -> None:
            if row.media.processing is not Processing.READY:
                detail = row.media.processing_detail or ""
                raise InConflict(NOT_READY[row.media.processing].format(detail=detail))

        facts = {"submitted_by": operator.email, "submitted_at": self._now()} | _UNDECIDED
        return await self._step(operator, media_id, MediaStatus.SUBMITTED, "media.submitted", facts, is_ready)

    async def withdraw(self, operator: Operator, media_id: str) -> Media:
        """Takes back what was submitted: a draft again. Raises NotAllowed, NotFound, InConflict."""
        require(operator, Permission.CONTENT_EDIT)
        facts = {"submitted_by": None, "submitted_at": None}
        return await self._step(operator, media_id, MediaStatus.DRAFT, "media.withdrawn", facts)

    async def approve(self, operator: Operator, media_id: str) -> Media:
        """Playlists may have it. Raises NotAllowed (also for one's own), NotFound, InConflict."""
        require_everywhere(operator, Permission.CONTENT_APPROVE)

        def is_not_own(tx: Transaction, row: MediaRow) -> None:
            is_own = _behind(tx, row.media.created_by_id) == _behind(tx, operator.user_id)
            if is_own and not tx.contents.approve_own():
                raise NotAllowed(
                    "You made this version yourself, and the rules of your tenant want somebody else to "
                    "approve it. Ask another person who may approve contents."
                )

        facts = {"decided_by": operator.email, "decided_at": self._now()}
        return await self._step(operator, media_id, MediaStatus.APPROVED, "media.approved", facts, is_not_own)

    async def reject(self, operator: Operator, media_id: str, reason: str) -> Media:
        """It is not to be shown, for this reason. Raises NotAllowed, NotFound, Invalid, InConflict."""
        require_everywhere(operator, Permission.CONTENT_APPROVE)
        why = one_line("reason", reason)
        facts = {"decided_by": operator.email, "decided_at": self._now(), "reason": why}
        told = {"reason": why}
        return await self._step(operator, media_id, MediaStatus.REJECTED, "media.rejected", facts, told=told)

    async def retire(self, operator: Operator, media_id: str, request: Retirement) -> Media:
        """No screen shows it any more. Raises NotAllowed, NotFound, InConflict (also while it is in use,
        unless the request knows that)."""
        require_everywhere(operator, Permission.CONTENT_APPROVE)
        why = request.reason.strip() or None
        told: dict[str, Any] = {} if why is None else {"reason": why}

        def is_unused(tx: Transaction, row: MediaRow) -> None:
            uses = tx.media.uses(media_id)
            if uses and not request.even_if_used:
                screens = tx.media.screens(media_id, None)
                raise InConflict(
                    f"It is in {where_used(uses)}{on_screens(screens)}. To stop it there as well, send "
                    "even_if_used: true."
                )
            if uses:
                told["playlists"] = [use.playlist_name for use in uses]

        facts = {"retired_by": operator.email, "retired_at": self._now(), "reason": why}
        return await self._step(
            operator, media_id, MediaStatus.RETIRED, "media.retired", facts, is_unused, told
        )

    async def usage(self, operator: Operator, media_id: str) -> Usage:
        """Which playlists have it, and how many of the operator's screens. Raises NotAllowed, NotFound."""
        require(operator, Permission.CONTENT_VIEW)

        def read(tx: Transaction) -> Usage:
            version(tx.media.get(media_id))
            return Usage(media_id, tx.media.uses(media_id), tx.media.screens(media_id, operator.sites))

        return await self._database.transact(operator.tenant_id, read)

    async def _step(
        self,
        operator: Operator,
        media_id: str,
        after: MediaStatus,
        action: str,
        facts: dict[str, Any],
        check: Check | None = None,
        told: dict[str, Any] | None = None,
    ) -> Media:
        now = self._now()

        def write(tx: Transaction) -> Media:
            row = version(tx.media.get_locked(media_id))
            if after not in MEDIA_TRANSITIONS[row.media.status]:
                raise InConflict(
                    f"Version {row.media.number} is {row.media.status}. {_FROM_HERE[row.media.status]}"
                )
            if check is not None:
                check(tx, row)
            tx.media.change(media_id, {"status": after, **facts})
            record_version(tx, operator, now, action, row, **(told or {}))
            return media_body(operator.tenant_id, version(tx.media.get(media_id)), self._urls, now)

        return await self._database.transact(operator.tenant_id, write)


def _behind(tx: Transaction, actor_id: str | None) -> str | None:
    """The person, where it is a key that they made."""
    return None if actor_id is None else tx.api_keys.made_by(actor_id) or actor_id


_UNDECIDED: Final = {"decided_by": None, "decided_at": None, "reason": None}
