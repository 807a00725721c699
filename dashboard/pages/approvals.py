"""`/approvals`: devices that ask to be let in. Type the code the screen shows, or press its row's button."""

from __future__ import annotations

from typing import Final

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.approval_card import ApprovalCard, Asking
from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm, toast
from dashboard.components.how_to_add import how_to_add_a_screen
from dashboard.components.icons import icon
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.problem_note import ProblemNote
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_http import HubError
from dashboard.sentences import count
from dashboard.session import explain
from dashboard.shown_codes import ShownCodes
from dashboard.subscription import Change
from protocol.vocabulary import Permission

_MOST_LISTED: Final = 100
_LONGEST_CODE: Final = 20


@ui.page("/approvals")
async def approvals_page(code: str = "") -> RedirectResponse | None:
    """Waiting devices, live. `code`: as a screen's QR code says it; it is filled in, and nothing is done."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with frame(session, "Approvals", "approvals") as page:
        _Approvals(page, plain_code(code)[:_LONGEST_CODE])
    return None


def plain_code(text: str) -> str:
    """A pairing code without what people put in to read it out: spaces, dashes, small letters."""
    return "".join(character for character in text.upper() if character.isalnum())


class _Approvals:
    def __init__(self, page: LivePage, code: str) -> None:
        self._page = page
        self._may = page.session.may(Permission.SCREENS_ENROL)
        self._cards: dict[str, ApprovalCard] = {}
        self._codes = ShownCodes()
        with tag("div", "page-head"), tag("div", "page-head-words"):
            tag("h1", "page-title", "Approvals")
            self._count = tag("p", "page-lead", role="status", testid="approvals-count")
        if self._may:
            self._code_form(code)
        else:
            tag(
                "p",
                "note note-warn",
                page.session.may_not(Permission.SCREENS_ENROL),
                testid="approvals-not-allowed",
            )
        self._problem = ProblemNote("approvals-problem")
        self._list = tag("ul", "approvals", aria_label="Waiting devices", testid="approvals-list")
        self._empty = tag("div", "empty", testid="approvals-empty")
        with self._empty:
            icon("approve", "empty-icon")
            tag("h2", "empty-title", "No device is waiting")
            tag("p", "", "A screen that asks to be let in appears here within a second.")
        how_to_add_a_screen(page.session.may_everywhere(Permission.SCREENS_ENROL))
        self._show(None)
        page.on_change(self._show)
        page.on_beat(self._tick)

    def _code_form(self, code: str) -> None:
        with tag("form", "code-form").on("submit.prevent", self._approve_by_code, []):
            with tag("label", "field"):
                tag("span", "field-label", "Pairing code on the screen")
                self._code = (
                    ui.input(value=code, placeholder="K7M42Q", on_change=self._say_who)
                    .props(
                        "outlined dense autocomplete=off autocapitalize=characters spellcheck=false "
                        f"data-testid=approvals-code maxlength={_LONGEST_CODE}"
                    )
                    .classes("code-input")
                )
            button("Approve this screen", kind="primary", icon="check", testid="approvals-code-submit").props(
                "type=submit"
            )
            self._who = tag("p", "row-note code-who", role="status", testid="approvals-code-who")

    def _waiting(self) -> list[Asking]:
        return [Asking.of(row) for row in self._page.store.waiting(self._page.now_ms)]

    def _show(self, change: Change | None) -> None:
        if change is not None and not (change.screens or change.removed):
            return
        waiting = self._waiting()
        more = (
            f" The first {_MOST_LISTED} are listed; the others by their code."
            if len(waiting) > _MOST_LISTED
            else ""
        )
        set_text(self._count, f"{count(len(waiting), 'device')} waiting for approval.{more}")
        waiting = waiting[:_MOST_LISTED]
        switch_class(self._empty, "hidden", bool(waiting))
        self._codes.show(((asking.id, asking.code) for asking in waiting), self._page.now_ms)
        wanted = {asking.id: asking for asking in waiting}
        for key, card in list(self._cards.items()):
            if wanted.get(key) != card.asking:
                card.element.delete()
                del self._cards[key]
        answers = (self._approve_shown, self._reject) if self._may else None
        with self._list:
            for asking in waiting:
                if asking.id not in self._cards:
                    self._cards[asking.id] = ApprovalCard(asking, answers)
        for place, asking in enumerate(waiting):
            element = self._cards[asking.id].element
            if self._list.default_slot.children.index(element) != place:
                element.move(target_index=place)
        if self._may:
            self._say_who()
        self._tick()

    def _tick(self) -> None:
        now_ms = self._page.now_ms
        for card in self._cards.values():
            card.tick(now_ms)
        if any(
            card.asking.again and (card.asking.expires_ms or 0) <= now_ms for card in self._cards.values()
        ):
            self._show(None)

    def _fitting(self) -> list[Asking]:
        """Who shows the code that is typed."""
        wanted = plain_code(self._code.value or "")
        return [asking for asking in self._waiting() if wanted and plain_code(asking.code or "") == wanted]

    def _say_who(self) -> None:
        """Which device that is, before anything is done."""
        fitting = self._fitting()
        who = (
            f"{fitting[0].name} shows this code. Compare it with the screen, then approve." if fitting else ""
        )
        set_text(self._who, who)

    async def _approve_by_code(self) -> None:
        wanted, fitting = plain_code(self._code.value or ""), self._fitting()
        if not fitting:
            self._problem.say(
                "Type the code that the screen shows."
                if not wanted
                else f"No waiting screen shows the code {self._code.value}. Codes change when they expire; "
                "read it from the screen again."
            )
            return
        if await self._approve(fitting[0], wanted):
            self._code.value = ""

    async def _approve_shown(self, asking: Asking) -> None:
        await self._approve(asking, self._codes.meant(asking.id, self._page.now_ms))

    async def _approve(self, asking: Asking, code: str) -> bool:
        self._problem.say("")
        try:
            await self._page.hub.approve(asking.id, code)
        except HubError as error:
            if "pairing_code" in error.fields:
                self._problem.say(
                    f"{asking.name} has another pairing code by now: it has registered again. "
                    "Nothing is approved. Compare the new code with the screen, then approve it."
                )
            else:
                explain(self._page.session, error)
            return False
        toast(f"{asking.name} is approved.")
        return True

    async def _reject(self, asking: Asking) -> None:
        after = (
            "The new player is not let in; the old one goes on as it is."
            if asking.again
            else "It is not let in. It may ask again later."
        )
        if not await confirm(f"Reject {asking.name}?", after, "Reject"):
            return
        try:
            await self._page.hub.reject(asking.id)
        except HubError as error:
            explain(self._page.session, error)
        else:
            toast(f"{asking.name} is rejected.")
