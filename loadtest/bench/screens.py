"""All screens of one server: they come, beat and answer together, and each is counted once.

Rule: what is counted came. A screen that answers twice, or something else, ends the run as one that does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from loadtest.bench.driver import HANDSHAKES_AT_ONCE, Driver, OnFrame, Screen, unasked
from loadtest.bench.errors import BenchError
from loadtest.bench.screen_frames import (
    ITEM_LASTS,
    Show,
    Told,
    heartbeats,
    hello,
    order_to_show,
    received,
    rendered,
    told,
)
from loadtest.bench.server import RunningServer

ANSWERED_WITHIN_S: Final = 120.0
_NAMED: Final = 5
"""So many of the missing screens are named."""


class Due:
    """The screens that have still to say or hear one thing."""

    def __init__(self, screens: Sequence[Screen], what: str) -> None:
        self.left = set(screens)
        self._all = len(screens)
        self._what = what

    def came(self, screen: Screen) -> None:
        """Raises BenchError when it came before."""
        try:
            self.left.remove(screen)
        except KeyError:
            raise BenchError(f"screen {screen.number} had {self._what} twice") from None

    def is_over(self) -> bool:
        """Whether all had it."""
        return not self.left

    def missing(self) -> str:
        """For `Driver.run_until`."""
        numbers = sorted(screen.number for screen in self.left)
        names = ", ".join(map(str, numbers[:_NAMED])) + (", …" if len(numbers) > _NAMED else "")
        return f"{len(numbers)} of {self._all} screens had not {self._what}: {names}"


class Alerted(NamedTuple):
    """An alert that every screen has answered. Instants of `time.perf_counter`. `end`: see
    `RunningServer.alert`."""

    emergency_id: str
    triggered_s: float
    last_had_it_s: float
    end: Callable[[], None]

    @property
    def seconds(self) -> float:
        """From the trigger until the last screen had it."""
        return self.last_had_it_s - self.triggered_s


class Beat(NamedTuple):
    """One heartbeat of all screens: the frame of screen n is `frames[n % ITEM_LASTS]`. `right`: how the
    answer begins, as far as the end of its number; to decode thousands of equal answers would tell no more.
    """

    frames: Sequence[bytes]
    right: tuple[bytes, ...]


class Screens:
    """The screens of `server` on `driver`. `within_s`: how long their coming, or a round, may take."""

    def __init__(self, driver: Driver, server: RunningServer, within_s: float = ANSWERED_WITHIN_S) -> None:
        self.driver = driver
        self._within_s = within_s
        self._server = server
        self._all: list[Screen] = []
        self._beat = 0
        self._emergency_version = 0

    def __len__(self) -> int:
        return len(self._server.handshakes)

    def connect(
        self,
        at_once: int = HANDSHAKES_AT_ONCE,
        greet: Callable[[Screen, Told], None] = lambda screen, said: None,
        then: OnFrame = unasked,
    ) -> float:
        """All come, `at_once` at a time, and are welcomed; what the welcome says of alerts is for `greet`,
        what comes after it for `then`. The seconds until the last was in. Raises BenchError."""

        def welcomed(screen: Screen, payload: bytes) -> None:
            if not payload.startswith(_WELCOME):
                raise wrong(screen, payload, "a welcome")
            said = told(payload)
            self._emergency_version = said.emergency_version
            greet(screen, said)

        seconds = self.driver.connect(
            self._server.handshakes, hello(), welcomed, self._within_s, at_once, then
        )
        self._all = self.driver.screens
        return seconds

    def next_beat(self) -> Beat:
        """What the screens say in their next round."""
        self._beat += 1
        return Beat(
            heartbeats(self._beat, self._emergency_version, 0),
            (b'{"type":"ack","seq":%d,' % self._beat, b'{"type":"ack","seq":%d}' % self._beat),
        )

    def beat(self) -> None:
        """One round: every screen beats, and has its acknowledgement. Raises BenchError."""
        beat = self.next_beat()
        due = Due(self._all, "an acknowledgement")
        came, right = due.came, beat.right
        last = b""

        def acknowledged(screen: Screen, payload: bytes) -> None:
            nonlocal last
            if not payload.startswith(right):
                raise wrong(screen, payload, f"the acknowledgement of heartbeat {self._beat}")
            came(screen)
            last = payload

        self.driver.listen(acknowledged)
        for screen in self._all:
            screen.send(beat.frames[screen.number % ITEM_LASTS])
        self.driver.run_until(due.is_over, self._within_s, due.missing)
        self.driver.listen(unasked)
        self._emergency_version = told(last).emergency_version

    def alert(self, *, say_received: bool = False) -> Alerted:
        """One alert: every screen gets it and answers that it shows it; `say_received`: and before that, that
        it has arrived. Returns when the last has answered. Raises BenchError."""
        due = Due(self._all, "the alert")
        came = due.came
        first = answer = b""
        shown: Show | None = None

        def shows(screen: Screen, payload: bytes) -> None:
            nonlocal first, answer, shown
            if payload != first:
                order = order_to_show(payload)
                if shown is not None:
                    raise wrong(screen, payload, f"the alert {shown.command_id} as all others have it")
                first, shown = payload, order
                answer = rendered(order.args.alert)
                if say_received:
                    answer = received(order.command_id) + answer
            came(screen)
            screen.send(answer)

        self.driver.listen(shows)
        triggered_s = time.perf_counter()
        end = self._server.alert(self.driver)
        self.driver.run_until(due.is_over, self._within_s, due.missing)
        last_had_it_s = time.perf_counter()
        self.driver.listen(unasked)
        assert shown is not None
        self._emergency_version = shown.args.emergency_version
        return Alerted(shown.command_id, triggered_s, last_had_it_s, end)

    def end(self, alerted: Alerted) -> None:
        """End the alert again, screens and all. Raises BenchError."""
        alerted.end()
        self.driver.listen(unasked)


def wrong(screen: Screen, payload: bytes, due: str) -> BenchError:
    """What to raise when something else came than was due."""
    return BenchError(
        f"screen {screen.number} was sent {payload[:300].decode(errors='replace')} instead of {due}"
    )


_WELCOME: Final = b'{"type":"welcome"'
