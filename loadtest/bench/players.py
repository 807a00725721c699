"""The driver's screens as players while somebody looks at them: each beats in its turn and says what it
plays, which is something else each time, for few spots are longer: of 5,000 screens 333 change their status
every second. Every alert is shown, every all-clear carried out.

Rule: a screen that is watched beats only when it is told to, so that nothing is overtaken before it was seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from loadtest.bench.driver import Driver, Missing, Screen, unasked
from loadtest.bench.errors import BenchError
from loadtest.bench.screen_frames import HEARTBEAT_S, Order, order_to_show, rendered, succeeded, told, wire
from protocol.frames import Heartbeat, Playback
from protocol.vocabulary import CommandName, PlaybackState

_ROUND_S: Final = 0.01
_ANSWERED_WITHIN_S: Final = 20.0


class Players:
    """Every screen of `driver`, from now on until `rest`."""

    def __init__(self, driver: Driver) -> None:
        self.screens = driver.screens
        self._driver = driver
        self._watched: set[int] = set()
        self._beats = self._acknowledged = 0
        self._next = 0
        self._emergency_version = 0
        self._answers: dict[bytes, bytes] = {}
        self._answered: set[int] = set()
        driver.listen(self._take)

    def watch(self, screens: Iterable[Screen]) -> None:
        """These speak only when they are told to `say` something."""
        self._watched = {screen.number for screen in screens}

    def say(self, screen: Screen, item: str) -> float:
        """Beat now, playing `item`. The instant, by the clock that a browser's page has too (seconds)."""
        self._beats += 1
        playback = Playback(PlaybackState.PLAYING, item)
        frame = wire(Heartbeat(self._beats, self._emergency_version, playback, 0, 0))
        at_s = time.time()
        screen.send(frame)
        return at_s

    def play_until(self, done: Callable[[], bool], within_s: float, missing: Missing) -> None:
        """Go round the fleet, once in `HEARTBEAT_S`, until `done`, which is asked about a hundred times a
        second. Raises BenchError, with `missing`, after `within_s`."""
        began_s = time.perf_counter()
        due = 0
        while not done():
            passed_s = time.perf_counter() - began_s
            if passed_s > within_s:
                raise BenchError(f"after {within_s:.0f} s {missing()}")
            while due < passed_s * len(self.screens) / HEARTBEAT_S:
                due += 1
                screen = self.screens[self._next]
                self._next = (self._next + 1) % len(self.screens)
                if screen.number not in self._watched:
                    self.say(screen, f"Spot {self._beats}")
            self._driver.run_for(_ROUND_S)

    def play_until_all_answered(self, what: str) -> None:
        """The same, until every screen has had `what`, an order that is about to come, and answered it."""
        self._answered.clear()
        self.play_until(
            lambda: len(self._answered) == len(self.screens),
            _ANSWERED_WITHIN_S,
            lambda: f"{len(self.screens) - len(self._answered)} of {len(self.screens)} screens lacked {what}",
        )

    def rest(self) -> None:
        """Speak no more, and take every acknowledgement that is still on its way. Raises BenchError."""
        self._driver.run_until(
            lambda: self._acknowledged == self._beats,
            _ANSWERED_WITHIN_S,
            lambda: f"{self._beats - self._acknowledged} heartbeats were not acknowledged",
        )
        self._driver.listen(unasked)

    def _take(self, screen: Screen, payload: bytes) -> None:
        if payload.startswith(_ACK):
            self._acknowledged += 1
            self._emergency_version = told(payload).emergency_version
            return
        # An order is the same bytes for every screen, and so is the answer.
        answer = self._answers.get(payload)
        if answer is None:
            answer = self._answers[payload] = _carried_out(payload)
        self._answered.add(screen.number)
        screen.send(answer)


def _carried_out(payload: bytes) -> bytes:
    """The receipt: the alert is on the glass, or gone from it. Raises BenchError for what is no order."""
    try:
        order = msgspec.json.decode(payload, type=Order)
    except msgspec.DecodeError as error:
        raise BenchError(f"{payload[:300]!r} came to a screen that was asked for nothing: {error}") from None
    if order.command is CommandName.EMERGENCY_SHOW:
        return rendered(order_to_show(payload).args.alert)
    return succeeded(order.command_id)


_ACK: Final = b'{"type":"ack"'
