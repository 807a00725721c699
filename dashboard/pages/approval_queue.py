"""`/media-approvals`: what waits for somebody's word, beside what was approved before."""

from __future__ import annotations

from functools import partial

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard import rights
from dashboard.clock import to_ms
from dashboard.components.asking import Asking
from dashboard.components.buttons import button
from dashboard.components.content import content_page
from dashboard.components.content_dialogs import reject
from dashboard.components.icons import icon
from dashboard.components.manage import attempt
from dashboard.components.markup import remove_attribute, set_attribute, set_text, switch_class, tag
from dashboard.components.media_picture import preview, thumbnail
from dashboard.components.problem_note import ProblemNote
from dashboard.content_sentences import brief, differences, why_not_approve
from dashboard.frame import LivePage, open_session
from dashboard.hub_http import HubError
from dashboard.sentences import count
from dashboard.session import explain
from protocol.contents import Content, ContentRules, Media
from protocol.vocabulary import Permission

_AGAIN_S = 5.0


@ui.page("/media-approvals")
async def approval_queue_page(media: str = "") -> RedirectResponse | None:
    """What was submitted. `media`: the id of the version that is looked at first."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with content_page(session, "Approve media", "media-approvals", Permission.CONTENT_APPROVE) as page:
        queue = _Queue(page, media or None) if page is not None else None
    if queue is not None:
        await queue.load()
    return None


class _Queue:
    def __init__(self, page: LivePage, chosen: str | None) -> None:
        self._page, self._chosen = page, chosen
        self._waiting: list[Media] = []
        self._approve_own = False
        self._loaded = False
        session = page.session
        self._may_decide = session.may_everywhere(Permission.CONTENT_APPROVE)
        with tag("div", "page-head"), tag("div", "page-head-words"):
            tag("h1", "page-title", "Approve media")
            self._count = tag("p", "page-lead", role="status", testid="queue-count")
        if not self._may_decide:
            why = rights.may_not_everywhere(session.me, Permission.CONTENT_APPROVE)
            tag("p", "note note-warn", why, testid="queue-not-allowed")
        self._problem = ProblemNote("queue-problem")
        self._body = tag("div", "queue hidden")
        with self._body:
            with tag("section", "card rows-card rows-alone queue-list", aria_label="What waits"):
                self._list = tag("ul", "rows", testid="queue")
            self._one = tag("section", "card queue-one", aria_label="What is looked at", testid="queue-one")
        self._empty = tag("div", "empty hidden", testid="queue-empty")
        with self._empty:
            icon("approve", "empty-icon")
            tag("h2", "empty-title", "Nothing waits")
            tag("p", "", "What somebody submits for approval appears here by itself.")
        with tag("div", "queue-rules hidden") as self._rules, tag("label", "check rule-check"):
            self._own = tag("input", "", type="checkbox", testid="rules-approve-own")
            tag("span", "check-name", "Whoever made a version may approve it too")
        self._own.on("change", self._put_rules, js_handler="(e) => emit(e.target.checked)")
        Asking(page, lambda: self._loaded, self.load, _AGAIN_S)

    async def load(self) -> None:
        contents, session = self._page.hub.contents, self._page.session
        try:
            waiting, rules = await contents.submitted(), await contents.rules()
        except HubError as error:
            self._problem.refused(session, error)
            return
        self._problem.say("")
        switch_class(self._rules, "hidden", not session.may_everywhere(Permission.FEATURES_MANAGE))
        self._check_rules(rules)
        same = self._loaded and waiting == self._waiting and rules.approve_own == self._approve_own
        self._loaded, self._waiting, self._approve_own = True, waiting, rules.approve_own
        if not same:
            await self._draw()

    # ---- what is seen ----

    async def _draw(self) -> None:
        waiting = self._waiting
        number = count(len(waiting), "version waits", "versions wait")
        set_text(self._count, f"{number} for approval." if waiting else "Nothing waits for approval.")
        switch_class(self._body, "hidden", not waiting)
        switch_class(self._empty, "hidden", bool(waiting))
        if all(media.id != self._chosen for media in waiting):
            self._chosen = waiting[0].id if waiting else None
        self._list.clear()
        with self._list:
            for media in waiting:
                self._row(media)
        await self._look()

    def _row(self, media: Media) -> None:
        here = media.id == self._chosen
        with tag("li", "row queue-row" + (" row-here" if here else ""), testid="queue-row"):
            thumbnail(media)
            with tag("div", "row-words"):
                with tag("div", "row-title"):
                    tag(
                        "button",
                        "row-pick",
                        media.content_name,
                        type="button",
                        aria_pressed="true" if here else "false",
                        testid="queue-pick",
                    ).on("click", partial(self._choose, media.id), [])
                at = media.submitted_at or media.created_at
                when = self._page.clock.moment(to_ms(at), self._page.now_ms)
                tag("span", "row-note", f"Version {media.number}, {when}")
                tag("span", "row-note", media.submitted_by or "somebody")

    async def _look(self) -> None:
        media = next((media for media in self._waiting if media.id == self._chosen), None)
        content: Content | None = None
        if media is not None:
            try:
                content = await self._page.hub.contents.content(media.content_id)
            except HubError as error:
                explain(self._page.session, error)
        self._one.clear()
        if media is None or content is None:
            return
        with self._one:
            self._draw_one(media, content)

    def _draw_one(self, media: Media, content: Content) -> None:
        me = self._page.session.me
        before = content.approved
        with tag("div", "queue-head"):
            with tag("div", "page-head-words"):
                with tag("h2", "queue-title"):
                    tag("a", "cell-link", content.name, href=f"/contents/{content.id}", testid="queue-title")
                made = self._page.clock.moment(to_ms(media.created_at), self._page.now_ms)
                tag(
                    "p",
                    "row-note",
                    f"Version {media.number}, made by {media.created_by or 'somebody'}, {made}",
                )
                if media.note:
                    tag("p", "", media.note)
            if self._may_decide:
                own = why_not_approve(media, me.user_id if me else None, approve_own=self._approve_own)
                with tag("div", "page-actions"):
                    button("Reject", partial(self._reject, media), testid="queue-reject")
                    approve = button(
                        "Approve",
                        partial(self._approve, media),
                        kind="primary",
                        icon="check",
                        testid="queue-approve",
                    )
                    if own:
                        approve.props["disabled"] = True
        if self._may_decide and own:
            tag("p", "note note-warn", own, testid="queue-own")
        with tag("div", "sides"):
            with tag("figure", "side", testid="queue-before"):
                tag(
                    "figcaption",
                    "side-title",
                    f"Approved before: version {before.number}" if before is not None else "Approved before",
                )
                if before is not None:
                    preview(before, f"{content.name}, approved before")
                    tag("p", "row-note", brief(before))
                else:
                    with tag("div", "looked"):
                        tag("p", "looked-note", "Nothing. Screens have not shown this content yet.")
            with tag("figure", "side side-new", testid="queue-new"):
                tag("figcaption", "side-title", f"New: version {media.number}")
                preview(media, f"{content.name}, new")
                tag("p", "row-note", brief(media))
        otherwise = differences(before, media) if before is not None else []
        if otherwise:
            with tag("dl", "facts side-facts", testid="queue-differences"):
                for what, was, now in otherwise:
                    with tag("div", "fact"):
                        tag("dt", "", what)
                        tag("dd", "", f"{was} → {now}")

    async def _choose(self, media_id: str) -> None:
        self._chosen = media_id
        await self._draw()

    # ---- what is done ----

    async def _approve(self, media: Media) -> None:
        doing = partial(self._page.hub.contents.approve, media.id)
        await attempt(self._page.session, doing, f"{media.content_name} is approved.")
        await self.load()

    async def _reject(self, media: Media) -> None:
        if await reject(self._page, media) is not None:
            await self.load()

    def _check_rules(self, rules: ContentRules) -> None:
        if rules.approve_own:
            set_attribute(self._own, "checked", True)
        else:
            remove_attribute(self._own, "checked")

    async def _put_rules(self, event: object) -> None:
        wanted = ContentRules(bool(getattr(event, "args", False)))
        put = partial(self._page.hub.contents.put_rules, wanted)
        await attempt(self._page.session, put, "The rule is changed.")
        await self.load()
