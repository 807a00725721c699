"""What it costs to hold screens that have nothing to say but that they are here."""

from __future__ import annotations

import time
from typing import Final

from loadtest.bench.driver import Screen, unasked
from loadtest.bench.effort import Effort
from loadtest.bench.errors import BenchError
from loadtest.bench.lines_of_every_server import Found
from loadtest.bench.running_hub import RunningHub
from loadtest.bench.screen_frames import HEARTBEAT_S, ITEM_LASTS
from loadtest.bench.screens import Screens, wrong

_ANSWERED_WITHIN_S: Final = 10.0


def measure(hub: RunningHub, screens: Screens, effort: Effort) -> Found:
    """`idle`: % of a core while the screens beat every 15 s, one after the other. Raises BenchError."""
    pace = _Pace(screens)
    pace.keep(effort.settle_s)
    before, began_s = hub.cpu(), time.perf_counter()
    pace.keep(effort.idle_s)
    after, seconds = hub.cpu(), time.perf_counter() - began_s
    pace.end()
    return Found(
        {"idle": (after.server_s - before.server_s) / seconds * 100},
        {"idle": (after.database_s - before.database_s) / seconds * 100},
    )


class _Pace:
    """One screen beats after the other, evenly, all of them in `HEARTBEAT_S`. A screen that has no
    acknowledgement when it is its turn again ends the run."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._in_turn = screens.driver.screens
        self._next = 0
        self._beat = screens.next_beat()
        self._right: dict[Screen, tuple[bytes, ...]] = {}
        screens.driver.listen(self._acknowledged)

    def keep(self, seconds: float) -> None:
        """Raises BenchError."""
        every_s = HEARTBEAT_S / len(self._in_turn)
        due_s = time.perf_counter()
        until_s = due_s + seconds
        while due_s < until_s:
            self._one_beats()
            due_s += every_s
            self._screens.driver.run_for(due_s - time.perf_counter())

    def end(self) -> None:
        """Wait for the last acknowledgements. Raises BenchError."""
        driver = self._screens.driver
        driver.run_until(
            lambda: not self._right,
            _ANSWERED_WITHIN_S,
            lambda: f"{len(self._right)} of {len(self._in_turn)} screens had no acknowledgement",
        )
        driver.listen(unasked)

    def _one_beats(self) -> None:
        screen = self._in_turn[self._next]
        if screen in self._right:
            raise BenchError(f"screen {screen.number} had no acknowledgement for {HEARTBEAT_S:.0f} s")
        self._right[screen] = self._beat.right
        screen.send(self._beat.frames[screen.number % ITEM_LASTS])
        self._next += 1
        if self._next == len(self._in_turn):
            self._next, self._beat = 0, self._screens.next_beat()

    def _acknowledged(self, screen: Screen, payload: bytes) -> None:
        if not payload.startswith(self._right.pop(screen, ())):
            raise wrong(screen, payload, "the acknowledgement of its heartbeat")
