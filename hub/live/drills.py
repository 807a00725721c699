"""Drills: one screen is sent an alert, signed like any other, which it answers and does not show.

Rule 1: a drill goes the way of an alert, straight to the link of the moment: what it proves is that way.
Rule 2: it is on no board: no ledger, no version of its own, and nobody else is told.
Rule 3: it is proven by a `rendered` of that screen, with the right hash, within `WITHIN_S`; what comes
        later is about nothing.

A player that knows no drills would show it. So it says what it is, in the mildest severity, and expires.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final, Protocol

import trio

from actors.device.ports import Link
from actors.runtime import Instant
from hub.live.incident import ALERT_SEQUENCE, Sign
from hub.use_cases.realtime import Drilled
from protocol.alert import content_hash
from protocol.codec import encode
from protocol.frames import Alert, Command, Receipt
from protocol.vocabulary import CommandName, ReceiptStatus, Severity

WITHIN_S: Final = 2.0
EXPIRES_AFTER_MS: Final = 30_000
"""Long enough for a screen whose clock is wrong; short on the glass of one that knows no drills."""

TITLE: Final = "Drill"
MESSAGE: Final = "This is a test. There is no emergency."
HASH: Final = content_hash(TITLE, MESSAGE, Severity.MINOR)

OFFLINE: Final = "the screen is offline"
LOST: Final = "the connection to the screen was lost meanwhile"
STALLED: Final = "the screen does not read what the hub sends"
SILENT: Final = "the screen did not answer within two seconds"
WRONG_CONTENT: Final = "the screen would have shown something else than it was sent"


class Screens(Protocol):
    """The fleet, as drills see it."""

    def link_of(self, device_id: str) -> Link | None:
        """The link of the moment."""


class _Drill:
    """One that waits for its answer."""

    __slots__ = ("answered", "device_id", "outcome", "sent_s")

    def __init__(self, device_id: str, sent_s: float) -> None:
        self.device_id = device_id
        self.sent_s = sent_s
        self.answered = trio.Event()
        self.outcome = Drilled(None, SILENT)

    def ends(self, took_ms: int | None, reason: str | None) -> None:
        """The first answer counts."""
        if not self.answered.is_set():
            self.outcome = Drilled(took_ms, reason)
            self.answered.set()


class Drills:
    """Those that wait, by their id."""

    def __init__(
        self, clock: Callable[[], Instant], text_frame: Callable[[bytes], bytes], sign: Sign
    ) -> None:
        self._clock = clock
        self._text_frame = text_frame
        self._sign = sign
        self._waiting: dict[str, _Drill] = {}
        self._screens: Screens

    def connect(self, screens: Screens) -> None:
        """Fleet and drills know each other: the composition root ties the knot here."""
        self._screens = screens

    async def drill(self, tenant_id: str, device_id: str) -> Drilled:
        """Send it, and wait for the answer."""
        link = self._screens.link_of(device_id)
        if link is None:
            return Drilled(None, OFFLINE)
        now, drill_id = self._clock(), str(uuid.uuid4())
        drill = self._waiting[drill_id] = _Drill(device_id, now.mono_s)
        try:
            link.send_encoded(self._text_frame(encode(self._order(tenant_id, drill_id, link, now))))
            with trio.move_on_after(WITHIN_S):
                await drill.answered.wait()
                return drill.outcome
            if self._screens.link_of(device_id) is not link:
                return Drilled(None, LOST)
            return Drilled(None, STALLED if link.stalled else SILENT)
        finally:
            del self._waiting[drill_id]

    def _order(self, tenant_id: str, drill_id: str, link: Link, now: Instant) -> Command:
        alert = Alert(
            emergency_id=drill_id,
            title=TITLE,
            message=MESSAGE,
            severity=Severity.MINOR,
            issued_ms=now.wall_ms,
            content_hash=HASH,
            expires_ms=now.wall_ms + EXPIRES_AFTER_MS,
            sequence=ALERT_SEQUENCE,
            language="en",
            drill=True,
        )
        # The version that the screen has anyway: a drill is no word about emergencies (Rule 2).
        args = {"alert": self._sign(tenant_id, alert), "emergency_version": link.emergency_version}
        return Command(drill_id, CommandName.EMERGENCY_SHOW, args, alert.expires_ms)

    def receipt(self, device_id: str, receipt: Receipt, now: Instant) -> bool:
        """A receipt that may be about a drill; False when it is not."""
        drill = self._waiting.get(receipt.command_id)
        if drill is None or drill.device_id != device_id:
            return False
        match receipt.status:
            case ReceiptStatus.RENDERED if receipt.content_hash == HASH:
                drill.ends(round((now.mono_s - drill.sent_s) * 1000), None)
            case ReceiptStatus.RENDERED:
                drill.ends(None, WRONG_CONTENT)
            case ReceiptStatus.FAILED | ReceiptStatus.REJECTED:
                drill.ends(None, f"the screen refused it: {receipt.detail or 'it did not say why'}")
            case _:
                pass  # Received, or gone again: neither proves anything.
        return True

    def went_offline(self, device_id: str) -> None:
        """The screen's link is gone."""
        for drill in self._waiting.values():
            if drill.device_id == device_id:
                drill.ends(None, LOST)
