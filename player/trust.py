"""What of a frame a screen believes: an alert that is not signed by its hub never reaches the machine.

Rule 1: frames are sifted in the order in which they came, before `ReferenceScreen.receive` sees them.
Rule 2: what is refused is answered `rejected`, with the reason, each time, and told as an event once; what is
        left of the frame is good.
Rule 3: the tenant is the one that the first `welcome` named: an alert of another tenant does not fit.
Rule 4: a screen that knows no keys yet asks its hub for them when an alert comes, and shows none before.
Rule 5: an alert of an unknown key is not refused for good while the hub does not say its keys: the machine is
        not told the version, so that the hub says the alert again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from player.emergencies import ShowArguments
from player.signature import UNKNOWN_KEY, learned, refusal
from protocol.access import SigningKey
from protocol.frames import Ack, Alert, Command, DeviceEvent, Downlink, Receipt, Resumed, Signature, Welcome
from protocol.vocabulary import CommandName, EventName, ReceiptStatus

MOST_REMEMBERED: Final = 256


@dataclass(frozen=True, slots=True)
class Sifted:
    """What is left of a frame (None: nothing), and what is to be said about the rest."""

    frame: Downlink | None
    refused: list[Receipt] = field(default_factory=list)
    events: list[DeviceEvent] = field(default_factory=list)


class Trust:
    """The keys that a screen trusts, and the tenant that it is of. Both outlive it: keep them."""

    __slots__ = ("_told", "is_answered", "keys", "tenant_id")

    def __init__(self, keys: Iterable[SigningKey] = (), tenant_id: str = "") -> None:
        self.keys = list(keys)
        self.tenant_id = tenant_id
        self.is_answered = True
        """Whether the hub said its keys when it was asked last."""
        self._told: OrderedDict[tuple[str, int, Signature | None, str], None] = OrderedDict()

    def lacks_key(self, frame: Downlink) -> bool:
        """Whether to fetch the hub's keys once more before this frame is sifted."""
        known = {key.kid for key in self.keys}
        return any(a.signature and a.signature.kid not in known for a in _alerts(frame))

    def learn(self, offered: Iterable[SigningKey] | None) -> None:
        """The hub publishes these keys; once some are trusted, only those are taken that one of them
        endorses. None: no answer."""
        self.is_answered = offered is not None
        self.keys = learned(self.keys, offered or ())

    def sift(self, frame: Downlink, at_ms: int | None = None) -> Sifted:
        """Take out of the frame what is not the hub's. `at_ms`: what the hub's clock shows."""
        if isinstance(frame, Welcome) and not self.tenant_id:
            self.tenant_id = frame.tenant_id
        refused = [
            (alert, why)
            for alert in _alerts(frame)
            if (why := refusal(alert, self.tenant_id, self.keys)) is not None
        ]
        if not refused:
            return Sifted(frame)
        left = _without(frame, {alert.emergency_id for alert, _ in refused})
        judged = [(alert, why) for alert, why in refused if why != UNKNOWN_KEY or self.is_answered]
        if len(judged) < len(refused) and left is not None:
            left = _without_version(left)
        receipts = [
            Receipt(alert.emergency_id, ReceiptStatus.REJECTED, f"The alert was refused: {why}.", at_ms=at_ms)
            for alert, why in judged
        ]
        events = [
            DeviceEvent(
                EventName.ALERT_REFUSED, alert.title[:200], f"The alert was refused: {why}.", at_ms=at_ms
            )
            for alert, why in refused
            if self._is_news(alert, why)
        ]
        return Sifted(left, receipts, events)

    def _is_news(self, alert: Alert, why: str) -> bool:
        what = (alert.emergency_id, alert.sequence, alert.signature, why)
        if what in self._told:
            return False
        self._told[what] = None
        if len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)
        return True


def _alerts(frame: Downlink) -> list[Alert]:
    match frame:
        case Welcome(emergencies=alerts):
            return alerts
        case Resumed(emergencies=truth) | Ack(emergencies=truth):
            return truth or []
        case Command(command=CommandName.EMERGENCY_SHOW, args=args):
            try:
                return [msgspec.convert(args, ShowArguments).alert]
            except msgspec.ValidationError:
                return []  # The machine answers that it cannot be shown.
        case _:
            return []


def _without(frame: Downlink, refused: Iterable[str]) -> Downlink | None:
    if isinstance(frame, Welcome | Resumed | Ack):
        believed = [alert for alert in frame.emergencies or [] if alert.emergency_id not in refused]
        return msgspec.structs.replace(frame, emergencies=believed)
    return None


def _without_version(frame: Downlink) -> Downlink:
    """Rule 5. A `welcome` must say something: it says another version than the hub's."""
    if isinstance(frame, Welcome):
        return msgspec.structs.replace(frame, emergency_version=1 if frame.emergency_version == 0 else 0)
    return msgspec.structs.replace(frame, emergencies=None)
