"""One device that asks to be let in: its code, what it says it is, and the two answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Self

from dashboard.components.buttons import button
from dashboard.components.markup import Tag, set_text, tag
from dashboard.sentences import count
from protocol.live import ScreenRow
from protocol.vocabulary import DeviceStatus


class Asking(NamedTuple):
    """What a card shows of a row. A screen that is approved and plays changes often; this does not.

    `again`: it is approved already, and a new player on it asks.
    """

    id: str
    name: str
    code: str | None
    expires_ms: int | None
    platform: str
    simulated: bool
    again: bool

    @classmethod
    def of(cls, row: ScreenRow) -> Self:
        return cls(
            row.id,
            row.name,
            row.pairing_code,
            row.pairing_expires_ms,
            row.platform,
            row.simulated,
            row.status is DeviceStatus.APPROVED,
        )


class ApprovalCard:
    """The answers are given to whoever drew the card; `answers` is None for who may not let screens in."""

    def __init__(
        self, asking: Asking, answers: tuple[Callable[[Asking], Any], Callable[[Asking], Any]] | None
    ) -> None:
        self.asking = asking
        with tag("li", "approval", testid="approval-row", data_device_id=asking.id) as self.element:
            tag("code", "pairing-code", asking.code or "······", testid="approval-code")
            with tag("div", "approval-facts"):
                with tag("strong", "approval-name"):
                    tag("span", "", asking.name)
                    if asking.again:
                        tag("span", "pill pill-warn", "Asks again")
                    if asking.simulated:
                        tag("span", "chip", "simulated")
                if asking.again:
                    tag(
                        "span",
                        "approval-note",
                        "A new player on this screen asks to be let in; "
                        "the old one goes on until you approve.",
                        testid="approval-again",
                    )
                tag("span", "approval-note", asking.platform or "unknown platform")
                self._left: Tag = tag("span", "approval-note")
            if answers is not None:
                self._answers(asking, *answers)

    def tick(self, now_ms: int) -> None:
        """How long the code is still good."""
        if self.asking.expires_ms is None:
            return
        seconds = max(0, self.asking.expires_ms - now_ms) // 1000
        left = f"code valid for {count(-(-seconds // 60), 'minute')}" if seconds else "code expired"
        set_text(self._left, left)

    def _answers(
        self, asking: Asking, approve: Callable[[Asking], Any], reject: Callable[[Asking], Any]
    ) -> None:
        with tag("div", "approval-actions"):
            button("Reject", lambda: reject(asking), kind="quiet", testid="approval-reject")
            button(
                "Approve",
                lambda: approve(asking),
                kind="primary",
                icon="check",
                testid="approval-approve",
                aria_label=f"Approve {asking.name}",
            )
