"""One emergency of a benchmark, for every screen: from an operator's request to the last all-clear."""

from __future__ import annotations

import time
from typing import Final

import msgspec

from loadtest.bench.driver import Driver, Screen
from loadtest.bench.errors import BenchError
from loadtest.bench.frames import text_frame
from loadtest.bench.hub_client import HubClient, answer_to
from protocol.api import Emergency, EmergencyCreated, EmergencyRequest
from protocol.codec import encode
from protocol.frames import Receipt
from protocol.vocabulary import EmergencyStatus, ReceiptStatus, Severity

EVACUATE: Final = EmergencyRequest(
    "Evacuate the building", "Leave by the nearest exit. Do not use the lifts.", Severity.EXTREME
)
"""The alert of every server."""

_PATH: Final = "/api/v1/emergencies"
_HIDDEN_WITHIN_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.02


class RunningEmergency:
    """Begins with a request through `driver`, which is not waited for. Whatever fails raises BenchError."""

    def __init__(self, client: HubClient, driver: Driver) -> None:
        self._client = client
        self._driver = driver
        self._call = driver.call(client.request("POST", _PATH, EVACUATE))

    def end(self) -> None:
        """The all-clear; the screens obey, and say so, until the hub knows of none that shows the alert."""
        screens, hidden = len(self._driver.screens), 0
        receipt = b""

        def hide(screen: Screen, payload: bytes) -> None:
            nonlocal hidden, receipt
            if not receipt:  # the order is the same for every screen, and so is the answer
                receipt = text_frame(encode(Receipt(_order_to_hide(payload), ReceiptStatus.SUCCEEDED)))
            screen.send(receipt)
            hidden += 1

        path = f"{_PATH}/{answer_to(self._call, self._driver, _PATH, EmergencyCreated).id}"
        self._driver.listen(hide)
        clear = self._driver.call(self._client.request("POST", f"{path}/clear"))
        self._driver.run_until(
            lambda: hidden == screens,
            _HIDDEN_WITHIN_S,
            lambda: f"{screens - hidden} of {screens} screens were not told to hide the alert",
        )
        answer_to(clear, self._driver, path, Emergency)
        until_s = time.monotonic() + _HIDDEN_WITHIN_S
        while (found := self._client.get(path, Emergency)).status is not EmergencyStatus.CLEARED:
            if time.monotonic() > until_s:
                raise BenchError(f"by the ledger {found.still_showing} screens show the alert still")
            self._driver.run_for(_LOOK_EVERY_S)


class _OrderToHide(msgspec.Struct, tag_field="command", tag="emergency_hide"):
    command_id: str


def _order_to_hide(payload: bytes) -> str:
    try:
        return msgspec.json.decode(payload, type=_OrderToHide).command_id
    except msgspec.DecodeError:
        raise BenchError(f"a screen was sent {payload[:300]!r} at the all-clear") from None
