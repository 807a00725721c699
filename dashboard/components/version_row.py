"""One version in the list of a content: how it stands, what happened to it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from dashboard.components.buttons import button
from dashboard.components.content_dialogs import reject, retire
from dashboard.components.dialogs import confirm
from dashboard.components.manage import attempt
from dashboard.components.markup import tag
from dashboard.components.media_picture import thumbnail
from dashboard.content_sentences import brief, history, standing
from dashboard.frame import LivePage
from protocol.contents import Media
from protocol.vocabulary import MEDIA_TRANSITIONS, MediaStatus, Permission, Processing


class VersionRow:
    """`on_show`: it shall be looked at; `on_change`: something was done. `may_not_approve`: why."""

    def __init__(
        self,
        page: LivePage,
        media: Media,
        *,
        is_newest: bool,
        is_shown: bool,
        may_not_approve: str,
        on_show: Callable[[], Any],
        on_change: Callable[[], Awaitable[None]],
    ) -> None:
        self._page, self._media, self._on_change = page, media, on_change
        self._may_not_approve = may_not_approve
        here = " row-here" if is_shown else ""
        with tag("li", f"row version-row{here}", testid="version", data_number=media.number):
            with tag(
                "button",
                "version-pick",
                type="button",
                aria_pressed="true" if is_shown else "false",
                aria_label=f"Look at version {media.number}",
                testid="version-show",
            ).on("click", on_show, []):
                thumbnail(media)
            with tag("div", "row-words"):
                with tag("div", "row-title"):
                    tag("span", "", f"Version {media.number}")
                    word, tone = standing(media)
                    tag("span", f"pill pill-{tone}" if tone else "pill", word, testid="version-standing")
                tag("span", "row-note", brief(media))
                for line in history(media, page.clock, page.now_ms):
                    tag("span", "row-note", line)
                if media.reason:
                    tag("span", "version-reason", f"“{media.reason}”", testid="version-reason")
                if media.processing_detail:
                    bad = media.processing is Processing.FAILED
                    tag(
                        "span",
                        "version-reason" if bad else "row-note",
                        media.processing_detail,
                        testid="version-detail",
                    )
                if media.note:
                    tag("span", "row-note", media.note)
                with tag("div", "row-actions version-actions"):
                    self._actions(is_newest)

    def _actions(self, is_newest: bool) -> None:
        media, session = self._media, self._page.session
        contents = self._page.hub.contents
        after = MEDIA_TRANSITIONS[media.status] if media.processing is Processing.READY else frozenset()
        if session.may(Permission.CONTENT_EDIT):
            if MediaStatus.SUBMITTED in after:
                do = partial(
                    self._do, partial(contents.submit, media.id), "Submitted: somebody has to approve it now."
                )
                button("Submit for approval", do, kind="small primary", testid="version-submit")
            if MediaStatus.DRAFT in after:
                do = partial(self._do, partial(contents.withdraw, media.id), "Taken back.")
                button("Take it back", do, kind="small", testid="version-withdraw")
        if session.may_everywhere(Permission.CONTENT_APPROVE):
            if MediaStatus.APPROVED in after:
                do = partial(self._do, partial(contents.approve, media.id), "Approved.")
                if not self._may_not_approve:
                    button("Approve", do, kind="small primary", testid="version-approve")
                button("Reject", partial(self._ask, reject), kind="small", testid="version-reject")
            if MediaStatus.RETIRED in after:
                button(
                    "Retire", partial(self._ask, retire), kind="small danger-quiet", testid="version-retire"
                )
        if (
            is_newest
            and session.may(Permission.CONTENT_EDIT)
            and media.status in (MediaStatus.DRAFT, MediaStatus.REJECTED)
        ):
            button("Delete", self._delete, kind="small danger-quiet", testid="version-delete")

    async def _do(self, doing: Callable[[], Awaitable[Media]], done: str) -> None:
        await attempt(self._page.session, doing, done)
        await self._on_change()

    async def _ask(self, dialog: Callable[[LivePage, Media], Awaitable[Media | None]]) -> None:
        if await dialog(self._page, self._media) is not None:
            await self._on_change()

    async def _delete(self) -> None:
        media = self._media
        if await confirm(
            f"Delete version {media.number}?",
            "What was approved before stays. A new version can be added at any time.",
            "Delete",
        ):
            remove = partial(self._page.hub.contents.remove_draft, media.content_id)
            await attempt(self._page.session, remove, "Deleted.")
            await self._on_change()
