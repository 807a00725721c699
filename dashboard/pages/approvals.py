"""`/approvals`: devices that ask to be let in. Type the code the screen shows, or press its row's button."""

from __future__ import annotations

from typing import Final

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm, toast
from dashboard.components.icons import icon
from dashboard.components.markup import Tag, set_text, switch_class, tag
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_client import HubError
from dashboard.sentences import count
from dashboard.session import explain
from dashboard.shown_codes import ShownCodes
from dashboard.store import Change
from protocol.live import ScreenRow

_MOST_LISTED: Final = 100


@ui.page("/approvals")
async def approvals_page() -> RedirectResponse | None:
    """Waiting devices, live."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with frame(session, "Approvals", "approvals") as page:
        _Approvals(page)
    return None


def plain_code(text: str) -> str:
    """A pairing code without what people put in to read it out: spaces, dashes, small letters."""
    return "".join(character for character in text.upper() if character.isalnum())


class _Approvals:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._cards: dict[str, tuple[ScreenRow, Tag, Tag]] = {}
        self._codes = ShownCodes()
        with tag("div", "page-head"), tag("div", "page-head-words"):
            tag("h1", "page-title", "Approvals")
            self._count = tag("p", "page-lead", role="status", testid="approvals-count")
        with tag("form", "code-form").on("submit.prevent", self._approve_by_code, []):
            with tag("label", "field"):
                tag("span", "field-label", "Pairing code on the screen")
                self._code = (
                    ui.input(placeholder="K7M42Q")
                    .props(
                        "outlined dense autocomplete=off autocapitalize=characters spellcheck=false "
                        "data-testid=approvals-code maxlength=20"
                    )
                    .classes("code-input")
                )
            button("Approve this screen", kind="primary", icon="check", testid="approvals-code-submit").props(
                "type=submit"
            )
        self._problem = tag("p", "note note-bad hidden", role="alert", testid="approvals-problem")
        self._list = tag("ul", "approvals", aria_label="Waiting devices", testid="approvals-list")
        self._empty = tag("div", "empty", testid="approvals-empty")
        with self._empty:
            icon("approve", "empty-icon")
            tag("h2", "empty-title", "No device is waiting")
            tag(
                "p",
                "",
                "To enrol a screen: start the player on it with this hub's address and your enrolment key. "
                "It then shows a pairing code, and appears here within a second.",
            )
        self._show(None)
        page.on_change(self._show)
        page.on_beat(self._tick)

    def _show(self, change: Change | None) -> None:
        if change is not None and not (change.screens or change.removed):
            return
        waiting = self._page.store.waiting()
        more = (
            f" The first {_MOST_LISTED} are listed; the others by their code."
            if len(waiting) > _MOST_LISTED
            else ""
        )
        set_text(self._count, f"{count(len(waiting), 'device')} waiting for approval.{more}")
        waiting = waiting[:_MOST_LISTED]
        switch_class(self._empty, "hidden", bool(waiting))
        self._codes.show(((row.id, row.pairing_code) for row in waiting), self._page.now_ms)
        wanted = {row.id: row for row in waiting}
        for key, (row, card, _) in list(self._cards.items()):
            if wanted.get(key) != row:
                card.delete()
                del self._cards[key]
        with self._list:
            for row in waiting:
                if row.id not in self._cards:
                    self._cards[row.id] = (row, *self._card(row))
        for place, row in enumerate(waiting):
            card = self._cards[row.id][1]
            if self._list.default_slot.children.index(card) != place:
                card.move(target_index=place)
        self._tick()

    def _card(self, row: ScreenRow) -> tuple[Tag, Tag]:
        with tag("li", "approval", testid="approval-row", data_device_id=row.id) as card:
            tag("code", "pairing-code", row.pairing_code or "······", testid="approval-code")
            with tag("div", "approval-facts"):
                with tag("strong", "approval-name"):
                    tag("span", "", row.name)
                    if row.simulated:
                        tag("span", "chip", "simulated")
                tag("span", "approval-note", row.platform or "unknown platform")
                left = tag("span", "approval-note")
            with tag("div", "approval-actions"):
                button("Reject", lambda: self._reject(row), kind="quiet", testid="approval-reject")
                button(
                    "Approve",
                    lambda: self._approve(row, self._codes.meant(row.id, self._page.now_ms)),
                    kind="primary",
                    icon="check",
                    testid="approval-approve",
                    aria_label=f"Approve {row.name}",
                )
        return card, left

    def _tick(self) -> None:
        now_ms = self._page.now_ms
        for row, _, left in self._cards.values():
            if row.pairing_expires_ms is None:
                continue
            seconds = max(0, row.pairing_expires_ms - now_ms) // 1000
            set_text(
                left, f"code valid for {count(-(-seconds // 60), 'minute')}" if seconds else "code expired"
            )

    async def _approve_by_code(self) -> None:
        wanted = plain_code(self._code.value or "")
        fitting = [
            row
            for row in self._page.store.waiting()
            if wanted and plain_code(row.pairing_code or "") == wanted
        ]
        if not fitting:
            self._say(
                "Type the code that the screen shows."
                if not wanted
                else f"No waiting screen shows the code {self._code.value}. Codes change when they expire; "
                "read it from the screen again."
            )
            return
        if await self._approve(fitting[0], wanted):
            self._code.value = ""

    def _say(self, problem: str) -> None:
        set_text(self._problem, problem)
        switch_class(self._problem, "hidden", not problem)

    async def _approve(self, row: ScreenRow, code: str) -> bool:
        self._say("")
        try:
            await self._page.hub.approve(row.id, code)
        except HubError as error:
            if "pairing_code" in error.fields:
                self._say(
                    f"{row.name} has another pairing code by now: it has registered again. "
                    "Nothing is approved. Compare the new code with the screen, then approve it."
                )
            else:
                explain(self._page.session, error)
            return False
        toast(f"{row.name} is approved.")
        return True

    async def _reject(self, row: ScreenRow) -> None:
        if not await confirm(f"Reject {row.name}?", "It is not let in. It may ask again later.", "Reject"):
            return
        try:
            await self._page.hub.reject(row.id)
        except HubError as error:
            explain(self._page.session, error)
        else:
            toast(f"{row.name} is rejected.")
