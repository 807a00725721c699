"""What the hub says about emergencies, and what the screen shows and answers.

Rule 1: `welcome.emergencies`, and those of a `resumed` or an `ack`, are the whole truth: exactly those are
        shown. An alert that appears is answered with `rendered`, one that vanishes with `succeeded`.
Rule 2: orders (show, hide) are the fast way between two truths. One with a lower `sequence` than the screen
        has seen of that emergency is answered, and changes nothing, not even the version: an all-clear is
        never undone by its alert, and if the hub meant it after all, the next truth sets it right.
Rule 3: the truth is no order: it has the last word, also over what the screen has seen.
Rule 4: a drill goes the way of an order up to the glass, and no further: it is laid out, read back and
        answered, and nothing is shown, remembered or counted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import msgspec

from player.alerts import AlertBoard, Difference, paint
from player.hub_clock import HubClock
from protocol.frames import Ack, Alert, Command, Receipt, Resumed, Welcome
from protocol.vocabulary import ReceiptStatus

SEQUENCES_REMEMBERED: Final = 256
"""Emergencies whose sequence is remembered; the oldest are forgotten first."""
EXPIRED: Final = "it had expired when it came"
_OVERTAKEN: Final = "a later order about this emergency came before"


class ShowArguments(msgspec.Struct, frozen=True):
    """`args` of `emergency_show`."""

    alert: Alert
    emergency_version: int


class HideArguments(msgspec.Struct, frozen=True):
    """`args` of `emergency_hide`. A hub that names no sequence means what follows the alert's own, 1."""

    emergency_id: str
    emergency_version: int
    sequence: int = 2


class Emergencies:
    """The alerts on the glass, and the version that the hub is told. `now`: seconds of the screen's clock."""

    __slots__ = ("_clock", "_seen", "board", "version")

    def __init__(self, clock: HubClock) -> None:
        self.board = AlertBoard()
        self.version = 0
        self._clock = clock
        self._seen: OrderedDict[str, int] = OrderedDict()

    @property
    def sequences(self) -> dict[str, int]:
        """What was seen of which emergency, the oldest first."""
        return dict(self._seen)

    def recall(self, alerts: Iterable[Alert], sequences: dict[str, int], now_ms: int | None) -> None:
        """Show again what was shown when the screen was switched off, less what is over."""
        for emergency_id, sequence in sequences.items():
            self._remember(emergency_id, sequence)
        self.board.replace(alerts, now_ms or 0)

    def believe(self, frame: Welcome | Resumed | Ack, truth: Iterable[Alert]) -> Difference:
        """Show exactly `truth` (Rule 1); what that changed."""
        truth = [alert for alert in truth if not alert.drill]
        self.version = frame.emergency_version
        for alert in truth:
            self._remember(alert.emergency_id, alert.sequence)
        return self.board.replace(truth, frame.server_time_ms)

    def show(self, command: Command, now: float) -> list[Receipt]:
        """Carry out an `emergency_show`."""
        try:
            order = msgspec.convert(command.args, ShowArguments)
        except msgspec.ValidationError as error:
            return [
                self._receipt(command.command_id, ReceiptStatus.REJECTED, now, f"cannot be shown: {error}")
            ]
        alert = order.alert
        if alert.drill:
            if self._clock.has_passed(alert.expires_ms, now):
                return [self._receipt(command.command_id, ReceiptStatus.REJECTED, now, EXPIRED)]
            return [self.rendered(alert, now)]
        if self._is_overtaken(alert.emergency_id, alert.sequence):
            shown = self.board.get(alert.emergency_id)
            return [self.gone(alert.emergency_id, now) if shown is None else self.rendered(shown, now)]
        self._remember(alert.emergency_id, alert.sequence)
        self.version = order.emergency_version
        if self._clock.has_passed(alert.expires_ms, now):
            return [self._receipt(command.command_id, ReceiptStatus.REJECTED, now, EXPIRED)]
        self.board.show(alert)
        return [self._receipt(command.command_id, ReceiptStatus.RECEIVED, now), self.rendered(alert, now)]

    def hide(self, command: Command, now: float) -> list[Receipt]:
        """Carry out an `emergency_hide`."""
        try:
            order = msgspec.convert(command.args, HideArguments)
        except msgspec.ValidationError as error:
            return [
                self._receipt(command.command_id, ReceiptStatus.REJECTED, now, f"cannot be hidden: {error}")
            ]
        if self._is_overtaken(order.emergency_id, order.sequence):
            return [self._receipt(command.command_id, ReceiptStatus.REJECTED, now, _OVERTAKEN)]
        self._remember(order.emergency_id, order.sequence)
        self.version = order.emergency_version
        self.board.hide(order.emergency_id)
        return [self._receipt(command.command_id, ReceiptStatus.SUCCEEDED, now)]

    def expire(self, now: float) -> list[Receipt]:
        """Take down what is over; an answer for each."""
        return [self.gone(over, now) for over in self.board.expire(self._clock.ms(now) or 0)]

    def rendered(self, alert: Alert, now: float) -> Receipt:
        """The proof that it is on the glass."""
        painted = paint(alert)
        return Receipt(
            alert.emergency_id,
            ReceiptStatus.RENDERED,
            content_hash=painted.content_hash,
            at_ms=self._clock.ms(now),
        )

    def gone(self, emergency_id: str, now: float) -> Receipt:
        """The answer that it is not on the glass any more."""
        return self._receipt(emergency_id, ReceiptStatus.SUCCEEDED, now)

    def _is_overtaken(self, emergency_id: str, sequence: int) -> bool:
        return sequence < self._seen.get(emergency_id, 0)

    def _remember(self, emergency_id: str, sequence: int) -> None:
        self._seen[emergency_id] = sequence
        self._seen.move_to_end(emergency_id)
        while len(self._seen) > SEQUENCES_REMEMBERED:
            self._seen.popitem(last=False)

    def _receipt(
        self, command_id: str, status: ReceiptStatus, now: float, detail: str | None = None
    ) -> Receipt:
        return Receipt(command_id, status, detail=detail and detail[:2000], at_ms=self._clock.ms(now))
