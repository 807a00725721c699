"""A storm: an alert is in force, every connection is lost at once, and all screens are back at once."""

from __future__ import annotations

import time
from typing import Final

from loadtest.bench.driver import Screen, unasked
from loadtest.bench.errors import BenchError
from loadtest.bench.running_hub import RunningHub
from loadtest.bench.screen_frames import ITEM_LASTS, Told, rendered
from loadtest.bench.screens import Beat, Due, Screens, wrong
from protocol.api import Emergency

_BACK_WITHIN_S: Final = 60.0


def measure(hub: RunningHub, screens: Screens) -> float:
    """`storm`: the seconds from the loss until the hub has every screen back, authenticated, and the proof of
    each that it shows the alert. Raises BenchError.

    Every screen dials at once, without the spread over some seconds that the reference player has: nothing
    here is kind to the hub. It says that it shows the alert as soon as it is told, and then beats: the
    acknowledgement proves that the hub has taken what was said before, which the ledger does not, for what is
    known to show an alert goes on showing it there while it is away. When all have proved it the hub is asked
    what it knows: the value is late by two requests at most, some twenty milliseconds.
    """
    driver = screens.driver
    screens.beat()
    alert_id = screens.alert().emergency_id
    _until_known(hub, screens, alert_id)
    proved = Due(driver.screens, "proved that it shows the alert")
    by_number = {screen.number: screen for screen in driver.screens}
    beat: Beat | None = None

    def back(screen: Screen, said: Told) -> None:
        nonlocal beat
        if [alert.emergency_id for alert in said.emergencies] != [alert_id]:
            raise BenchError(f"screen {screen.number} was welcomed back without the alert")
        if beat is None:
            beat = screens.next_beat()
        screen.send(rendered(said.emergencies[0]) + beat.frames[screen.number % ITEM_LASTS])

    def acknowledged(screen: Screen, payload: bytes) -> None:
        assert beat is not None
        if not payload.startswith(beat.right):
            raise wrong(screen, payload, "the acknowledgement of its first heartbeat")
        proved.came(by_number[screen.number])

    began_s = time.perf_counter()
    driver.hang_up()
    screens.connect(len(screens), back, acknowledged)
    driver.run_until(proved.is_over, _BACK_WITHIN_S, proved.missing)
    _until_known(hub, screens, alert_id)
    seconds = time.perf_counter() - began_s
    driver.listen(unasked)
    return seconds


def _until_known(hub: RunningHub, screens: Screens, alert_id: str) -> None:
    """Until the hub says that all are connected and all show the alert. Raises BenchError."""
    until_s = time.perf_counter() + _BACK_WITHIN_S
    while True:
        connected = hub.metrics()["clarion_screens_connected"]
        showing = hub.client.get(f"/api/v1/emergencies/{alert_id}", Emergency).rendered
        if connected == showing == len(screens):
            return
        if time.perf_counter() > until_s:
            raise BenchError(
                f"the hub knows {connected:.0f} of {len(screens)} screens to be connected, and {showing} to "
                "show the alert"
            )
