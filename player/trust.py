"""What of a frame a screen believes: an alert that is not signed by its hub never reaches the machine.

Rule 1: frames are sifted in the order in which they came, before `ReferenceScreen.receive` sees them.
Rule 2: what is refused is answered `rejected`, with the reason, and recorded; the rest of the frame is good.
Rule 3: the tenant is the one that the first `welcome` named: an alert of another tenant does not fit.
Rule 4: a screen that knows no keys cannot check, and shows what it is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from player.emergencies import ShowArguments
from player.signature import learned, refusal
from protocol.access import SigningKey
from protocol.frames import Ack, Alert, Command, DeviceEvent, Downlink, Receipt, Resumed, Welcome
from protocol.vocabulary import CommandName, EventName, ReceiptStatus


@dataclass(frozen=True, slots=True)
class Sifted:
    """What is left of a frame (None: nothing), and what is to be said about the rest."""

    frame: Downlink | None
    refused: list[Receipt] = field(default_factory=list)
    events: list[DeviceEvent] = field(default_factory=list)


class Trust:
    """The keys that a screen trusts, and the tenant that it is of. Both outlive it: keep them."""

    __slots__ = ("keys", "tenant_id")

    def __init__(self, keys: Iterable[SigningKey] = (), tenant_id: str = "") -> None:
        self.keys = list(keys)
        self.tenant_id = tenant_id

    def lacks_key(self, frame: Downlink) -> bool:
        """Whether to fetch the hub's keys once more before this frame is sifted."""
        known = {key.kid for key in self.keys}
        return bool(known) and any(a.signature and a.signature.kid not in known for a in _alerts(frame))

    def learn(self, offered: Iterable[SigningKey]) -> None:
        """The hub publishes these keys; only those that a trusted one endorses are taken."""
        self.keys = learned(self.keys, offered)

    def sift(self, frame: Downlink, at_ms: int | None = None) -> Sifted:
        """Take out of the frame what is not the hub's. `at_ms`: what the hub's clock shows."""
        if isinstance(frame, Welcome) and not self.tenant_id:
            self.tenant_id = frame.tenant_id
        if not self.keys:
            return Sifted(frame)
        refused = {
            alert.emergency_id: why
            for alert in _alerts(frame)
            if (why := refusal(alert, self.tenant_id, self.keys)) is not None
        }
        if not refused:
            return Sifted(frame)
        receipts = [
            Receipt(emergency_id, ReceiptStatus.REJECTED, why, at_ms=at_ms)
            for emergency_id, why in refused.items()
        ]
        events = [
            DeviceEvent(EventName.ALERT_REFUSED, detail=f"{emergency_id[:64]}: {why}", at_ms=at_ms)
            for emergency_id, why in refused.items()
        ]
        return Sifted(_without(frame, refused), receipts, events)


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
