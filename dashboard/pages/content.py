"""`/contents/{id}`: one content: how it looks, its versions, what can be done with them, where it is used."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.asking import Asking
from dashboard.components.buttons import button
from dashboard.components.content import content_page
from dashboard.components.content_dialogs import ask_delete, edit_content, new_address, uses_list
from dashboard.components.manage import attempt
from dashboard.components.markup import Tag, set_text, switch_class, tag
from dashboard.components.media_picture import preview
from dashboard.components.problem_note import ProblemNote
from dashboard.components.uploader import OUTAGE_S, Uploader
from dashboard.components.version_row import VersionRow
from dashboard.content_sentences import brief, is_busy, validity, why_not_approve
from dashboard.frame import LivePage, open_session
from dashboard.hub_http import HubError
from dashboard.sentences import begun
from dashboard.session import explain
from protocol.contents import Content, ContentRules, Media, Usage
from protocol.vocabulary import KINDS_OF_FILES, MediaStatus, Permission

_FACTS = ("Description", "Category", "Tags", "May be shown", "Made by")
_USES_ASKED_AT_MOST = 10
"""Of so many approved versions it is said where they are used: each is a question of its own."""


@ui.page("/contents/{content_id}", reconnect_timeout=OUTAGE_S)
async def content_asked(content_id: str) -> RedirectResponse | None:
    """One content."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with content_page(session, "Content", "contents") as page:
        content = _Content(page, content_id) if page is not None else None
    if content is not None:
        await content.load()
    return None


class _Content:
    def __init__(self, page: LivePage, content_id: str) -> None:
        self._page, self._content_id = page, content_id
        self._content: Content | None = None
        self._versions: list[Media] = []
        self._usages: list[tuple[int, Usage]] = []
        self._rules = ContentRules()
        self._looked_at: str | None = None
        self._drawn: object = None
        self._may_edit = page.session.may(Permission.CONTENT_EDIT)
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("a", "crumb", "Contents", href="/contents")
                self._name = tag("h1", "page-title", "Content", testid="content-title")
                self._lead = tag("p", "page-lead")
            self._actions = tag("div", "page-actions hidden")
            with self._actions:
                button("Edit", self._edit, icon="edit", testid="content-edit")
                button("Delete", self._delete, kind="danger-quiet", icon="ban", testid="content-delete")
        self._problem = ProblemNote("content-problem")
        with tag("div", "content-columns"):
            with tag("div", "screen-column"):
                with tag("section", "card", aria_label="Preview"):
                    self._shown_as = tag("p", "looked-at")
                    self._preview = tag("div")
                with tag("section", "card content-about", aria_label="About"):
                    tag("h2", "card-title", "About")
                    self._facts: dict[str, Tag] = {}
                    with tag("dl", "facts"):
                        for key in _FACTS:
                            with tag("div", "fact fact-wide" if key == "Description" else "fact"):
                                tag("dt", "", key)
                                self._facts[key] = tag(
                                    "dd", testid=f"content-fact-{key.lower().replace(' ', '-')}"
                                )
            with tag("div", "screen-column"):
                with tag("section", "card rows-card", aria_label="Versions"):
                    tag("h2", "card-title", "Versions")
                    self._new = tag("div", "new-version")
                    self._list = tag("ul", "rows", testid="versions")
                with tag("section", "card", aria_label="Where it is used"):
                    tag("h2", "card-title", "Where it is used")
                    self._uses = tag("div", testid="content-usage")
        Asking(page, lambda: any(is_busy(media) for media in self._versions), self.load)

    async def load(self) -> None:
        contents = self._page.hub.contents
        try:
            content, versions, rules = await asyncio.gather(
                contents.content(self._content_id), contents.versions(self._content_id), contents.rules()
            )
            usages = await self._used(versions)
        except HubError as error:
            self._problem.refused(self._page.session, error)
            switch_class(self._actions, "hidden", True)
            return
        self._problem.say("")
        switch_class(self._actions, "hidden", not self._may_edit)
        if (content, versions, usages, rules) != (self._content, self._versions, self._usages, self._rules):
            first = self._content is None
            self._content, self._versions, self._usages, self._rules = content, versions, usages, rules
            self._draw(content, first)

    async def _used(self, versions: list[Media]) -> list[tuple[int, Usage]]:
        """By number, the newest first: where the newest approved version is used, and where older ones are
        still. A playlist keeps the version that was put in."""
        approved = [media for media in versions if media.status is MediaStatus.APPROVED][:_USES_ASKED_AT_MOST]
        found = await asyncio.gather(*(self._page.hub.contents.usage(media.id) for media in approved))
        usages = [(media.number, usage) for media, usage in zip(approved, found, strict=True)]
        return usages[:1] + [each for each in usages[1:] if each[1].uses or each[1].screens]

    # ---- what is seen ----

    def _draw(self, content: Content, first: bool) -> None:
        page = self._page
        set_text(self._name, content.name)
        set_text(self._lead, brief(content.newest) if content.newest is not None else "No version yet")
        made = page.clock.moment(int(content.created_at.timestamp() * 1000), page.now_ms)
        for key, words in (
            ("Description", content.description or "Not said"),
            ("Category", content.category or "None"),
            ("Tags", ", ".join(content.tags) or "None"),
            ("May be shown", begun(validity(content.valid_from, content.valid_until, page.clock))),
            ("Made by", f"{content.created_by or 'somebody'}, {made}"),
        ):
            set_text(self._facts[key], words)
        if first and self._may_edit:
            with self._new:
                self._draw_new(content)
        if all(media.id != self._looked_at for media in self._versions):
            self._looked_at = self._versions[0].id if self._versions else None
        self._list.clear()
        my_id = page.session.me.user_id if page.session.me is not None else None
        with self._list:
            for media in self._versions:
                VersionRow(
                    page,
                    media,
                    is_newest=media.id == self._versions[0].id,
                    is_shown=media.id == self._looked_at,
                    may_not_approve=why_not_approve(media, my_id, approve_own=self._rules.approve_own),
                    on_show=partial(self._show, media.id),
                    on_change=self.load,
                )
            if not self._versions:
                tag("li", "row row-none", "There is no version yet.")
        self._draw_preview()
        self._uses.clear()
        with self._uses:
            for number, usage in self._usages:
                if len(self._usages) > 1:
                    tag("h3", "card-text", f"Version {number}")
                uses_list(usage)
            if not self._usages:
                tag("p", "card-text", "Playlists can have it once a version is approved.")

    def _draw_new(self, content: Content) -> None:
        newest = content.newest
        if newest is None or newest.kind is None or newest.kind in KINDS_OF_FILES:
            Uploader(self._page.session.tokens.pair.tenant_id, self._took_version, content_id=content.id)
        else:
            button("New version", self._new_address, kind="small", icon="add", testid="version-new")

    def _draw_preview(self) -> None:
        media = next((media for media in self._versions if media.id == self._looked_at), None)
        # A film that somebody watches goes on when something else on the page has changed.
        drawn = (
            (media.id, media.processing, media.processing_detail, media.url) if media is not None else None
        )
        if drawn == self._drawn and media is not None:
            return
        self._drawn = drawn
        set_text(self._shown_as, f"Version {media.number}: {brief(media)}" if media is not None else "")
        self._preview.clear()
        with self._preview:
            preview(media, self._content.name if self._content is not None else "")

    def _show(self, media_id: str) -> None:
        self._looked_at = media_id
        if self._content is not None:
            self._draw(self._content, first=False)

    # ---- what is done ----

    async def _took_version(self) -> None:
        self._looked_at = None  # what has just come is what one wants to see
        await self.load()

    async def _new_address(self) -> None:
        content = self._content
        if content is not None and await new_address(self._page, content):
            await self._took_version()

    async def _edit(self) -> None:
        if self._content is None:
            return
        try:
            categories = list((await self._page.hub.contents.facets()).categories)
        except HubError as error:
            explain(self._page.session, error)
            return
        if await edit_content(self._page, self._content, categories) is not None:
            await self.load()

    async def _delete(self) -> None:
        content = self._content
        if content is None or not await ask_delete(content):
            return
        remove = partial(self._page.hub.contents.remove, content.id)
        if await attempt(self._page.session, remove, "Deleted."):
            ui.navigate.to("/contents")
