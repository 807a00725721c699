"""The head of one screen's page: its name, how it is and why, and what is wrong with it if something is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.clock import Clock
from dashboard.components.buttons import button
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.sentences import begun, presence, standing, trouble
from dashboard.session import Session
from protocol.live import ScreenRow
from protocol.vocabulary import DeviceStatus, Permission

_TONES = ("ok", "warn", "bad")


class ScreenHead:
    """Buttons that the operator's role does not allow are not there."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        name: str,
        *,
        on_edit: Callable[[], Any],
        on_rotate: Callable[[], Any],
        on_revoke: Callable[[], Any],
    ) -> None:
        self._clock = clock
        self._may_enrol = session.may(Permission.SCREENS_ENROL)
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("a", "crumb", "Screens", href="/")
                with tag("div", "screen-title"):
                    self._name = tag("h1", "page-title", name, testid="screen-name")
                    self._pill = tag("span", "pill", testid="screen-presence")
                    self._simulated = tag("span", "chip hidden", "simulated")
                self._presence = tag("p", "page-lead", role="status", testid="screen-presence-sentence")
            with tag("div", "page-actions"):
                if session.may(Permission.SCREENS_EDIT):
                    button("Edit", on_edit, icon="edit", testid="screen-edit")
                self._rotate = button("New token", on_rotate, icon="key", testid="screen-rotate")
                self._revoke = button(
                    "Revoke", on_revoke, icon="ban", kind="danger-quiet", testid="screen-revoke"
                )
        self._trouble = tag("p", "note note-warn hidden", role="status", testid="screen-trouble")
        with tag("p", "note note-warn hidden", testid="screen-asks-again") as self._asks_again:
            tag("span", "", "A new player on this screen asks to be let in.")
            tag("a", "", "Compare its code", href="/approvals")
        for restricted in (self._rotate, self._revoke):
            switch_class(restricted, "hidden", not self._may_enrol)

    def rename(self, name: str) -> None:
        set_text(self._name, name)

    def show(self, row: ScreenRow, now_ms: int) -> None:
        self.rename(row.name)
        word, tone = standing(row)
        set_text(self._pill, word)
        for other in _TONES:
            switch_class(self._pill, f"pill-{other}", other == tone)
        switch_class(self._simulated, "hidden", not row.simulated)
        approved = row.status is DeviceStatus.APPROVED
        for restricted in (self._rotate, self._revoke):
            switch_class(restricted, "hidden", not (approved and self._may_enrol))
        sentence = presence(row, self._clock, now_ms)
        set_text(self._presence, f"{begun(sentence)}.")
        wrong = trouble(row, self._clock, now_ms)
        set_text(self._trouble, wrong)
        switch_class(self._trouble, "hidden", not wrong)
        asks = approved and row.pairing_code is not None and (row.pairing_expires_ms or 0) > now_ms
        switch_class(self._asks_again, "hidden", not asks)
