"""One simulated screen on the wire: the link of a real one, counted, and wrong on purpose where asked.

Rule 1: what is due in time comes through the fleet's scheduler.
Rule 2: nothing that happens on one connection reaches another.
Rule 3: it shows what it is told: 5,000 screens on one machine would check 5,000 signatures for each alert,
        and what is measured is the hub.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Protocol

import trio

from loadtest.scheduler import Scheduler
from loadtest.stats import FleetStats
from player.agent.dial import Caller
from player.agent.ending import Ending
from player.agent.link import Link as PlayerLink
from player.journal import CommandJournal
from player.playback import DEMO_PLAYLIST
from player.records import RecordLog
from player.reference import ReferenceScreen
from protocol.frames import Ack, Command, Downlink, Heartbeat, ManifestFrame, Receipt, Uplink
from protocol.vocabulary import OPERATOR_COMMANDS, SIMULATED_PLATFORM, CommandName, ReceiptStatus


class Misbehaviour(StrEnum):
    """Screens that go wrong on purpose, to see how the hub names them."""

    NEVER_READS = "never_reads"
    """Beats, but takes nothing in after `welcome`: silent at first, stalled once buffers are full."""
    NEVER_ANSWERS = "never_answers"
    """Beats and reads, but sends no receipt: silent."""
    LOSES_PUSHES = "loses_pushes"
    """Its link loses what the hub says unasked: every order about an emergency, and every command the first
    time. Only what a heartbeat brings comes through."""


@dataclass(frozen=True, slots=True)
class EnrolledScreen:
    """A screen that the hub knows, and what it proves itself with."""

    hardware_id: str
    name: str
    device_id: str
    device_token: str = field(repr=False)
    websocket_url: str
    misbehaviour: Misbehaviour | None = None


class Surroundings(Protocol):
    """What the links of a fleet share."""

    @property
    def stats(self) -> FleetStats: ...
    @property
    def scheduler(self) -> Scheduler: ...
    @property
    def caller(self) -> Caller: ...
    @property
    def handshakes(self) -> trio.CapacityLimiter: ...
    @property
    def fetches(self) -> trio.CapacityLimiter: ...
    def start_soon(self, work: Callable[[], Awaitable[None]]) -> None: ...
    def journal_of(self, enrolled: EnrolledScreen) -> CommandJournal: ...
    def log_of(self, number: int) -> RecordLog | None: ...


class Link(PlayerLink):
    """One screen and its connection of the moment. `screen` is public to be looked at."""

    def __init__(self, enrolled: EnrolledScreen, number: int, fleet: Surroundings, rng: Random) -> None:
        turn = number % len(DEMO_PLAYLIST)
        screen = ReferenceScreen(
            trio.current_time(),
            rng=rng,
            journal=fleet.journal_of(enrolled),
            log=fleet.log_of(number),
            playlist=(*DEMO_PLAYLIST[turn:], *DEMO_PLAYLIST[:turn]),
            platform=SIMULATED_PLATFORM,
        )
        super().__init__(screen, enrolled, caller=fleet.caller, rng=rng)
        self.enrolled = enrolled
        self.ignores_silence = enrolled.misbehaviour is Misbehaviour.NEVER_READS
        self._fleet = fleet
        self._stats = fleet.stats
        self._welcomed_before = False
        self._counted_as_connected = False
        self._beat_sent = (0, 0.0)
        self._showed_alert = False
        self._lost_once: set[str] = set()

    def __repr__(self) -> str:
        state = self.gave_up or ("connected" if self.screen.session else "not connected")
        return f"<{self.enrolled.hardware_id} {self.enrolled.name!r}: {state}>"

    def handshake(self) -> AbstractAsyncContextManager[Any]:
        # Too many handshakes at once only make each other late.
        return self._fleet.handshakes

    def fetch_soon(self) -> None:
        self._fleet.start_soon(self._fetch)

    async def _fetch(self) -> None:
        async with self._fleet.fetches:
            if await self.fetch_manifest():
                self._stats.manifests_fetched += 1
        self._stats.changed()

    def loses(self, frame: Downlink) -> bool:
        if self.enrolled.misbehaviour is not Misbehaviour.LOSES_PUSHES or not isinstance(frame, Command):
            return False
        if frame.command_id in self._lost_once:
            self._lost_once.remove(frame.command_id)
            return False
        if frame.command in OPERATOR_COMMANDS:
            self._lost_once.add(frame.command_id)
        self._stats.pushes_lost += 1
        return True

    def says(self, frame: Uplink) -> bool:
        if isinstance(frame, Heartbeat):
            self._stats.heartbeats += 1
            self._beat_sent = (frame.seq, trio.current_time())
        elif isinstance(frame, Receipt):
            if self.enrolled.misbehaviour is Misbehaviour.NEVER_ANSWERS:
                return False
            self._stats.alerts_rendered += frame.status is ReceiptStatus.RENDERED
        return True

    # ---- counting ----

    def changed(self) -> None:
        self._fleet.scheduler.reschedule(self)
        shows_alert = self.screen.shows_alert
        if shows_alert != self._showed_alert:
            self._showed_alert = shows_alert
            self._stats.showing_alert += 1 if shows_alert else -1
        self._stats.changed()

    def welcomed(self, took_s: float) -> None:
        stats = self._stats
        stats.connect.add(took_s)
        stats.welcomes += 1
        stats.reconnects += self._welcomed_before
        stats.connected += 1
        stats.most_connected = max(stats.most_connected, stats.connected)
        self._welcomed_before = self._counted_as_connected = True
        stats.changed()

    def ended(self) -> None:
        if self._counted_as_connected:
            self._counted_as_connected = False
            self._stats.connected -= 1
        elif not self.leaving:
            self._stats.failed_attempts += 1

    def sent_away(self, ending: Ending, delay_s: float) -> None:
        self._stats.sent_away[ending.reason] += 1
        self._stats.changed()

    def given_up(self, ending: Ending) -> None:
        self._stats.gave_up[ending.reason] += 1
        self._stats.changed()

    def not_understood(self) -> None:
        self._stats.frames_not_understood += 1

    def heard(self, frame: Downlink, said: list[Uplink]) -> None:
        stats = self._stats
        match frame:
            case ManifestFrame():
                stats.manifests_carried += 1
            case Ack(seq=seq):
                stats.acks += 1
                if seq == self._beat_sent[0]:
                    stats.heartbeat.add(trio.current_time() - self._beat_sent[1])
            case Command(command=CommandName.EMERGENCY_SHOW):
                rendered = {f.command_id for f in said if isinstance(f, Receipt) and f.content_hash}
                for alert in self.screen.alerts:
                    if alert.emergency_id in rendered:
                        stats.alert.add(time.time() - alert.issued_ms / 1000.0)
            case Command(command=name) if name in OPERATOR_COMMANDS:
                stats.commands += 1
            case _:
                pass
