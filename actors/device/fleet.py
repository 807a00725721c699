"""All device actors: activation, retirement, deadlines, and what happens when one fails.

Rule 1: an actor exists while a screen is connected, and as long after as its session can be resumed;
        everything else is in the roster and in PostgreSQL.
Rule 2: a failing actor loses its link with a resumable code and is built anew from truth when the screen
        returns; past its budget it is quarantined: the screen may not return before the time is over.
Rule 3: a token is looked up before the screen says hello, so the look-up may be behind the times by then:
        a cut in between still cuts, a command that no actor took is loaded.
Rule 4: commands go out in sequence, so while a screen's open ones are being loaded, newer ones wait; and what
        an actor did not get once, it gets only with all the others, from PostgreSQL.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import trio

from actors.device.actor import DeviceActor
from actors.device.messages import (
    Connected,
    Cut,
    Describe,
    DeviceMessage,
    Disconnected,
    Heard,
    PendingCommand,
    PlaylistWanted,
    Queued,
    SettingsWanted,
    Silent,
    Withdrawn,
)
from actors.device.ports import Link, Surroundings
from actors.runtime import Actors, ActorStopped, Deadlines, Decision, Instant, Supervisor, Verdict
from protocol.close_codes import MEANINGS, CloseCode
from protocol.frames import Hello, Uplink
from protocol.vocabulary import PresenceReason

SWEEP_EVERY_S = 0.25
TICK_S = 0.5
STOOD_STILL_S = 1.0
"""A sweep that is late by more than this: the whole hub was held up, or its machine was."""
LISTEN_FIRST_S = 2.0
"""So long then it listens before it judges: what ten thousand screens said meanwhile is in their sockets."""
CUT_REMEMBERED_S = 600.0
"""Longer than a look-up and the wait for a hello can take together."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One reading of a screen's open commands, for the actor that the screen has now."""

    device_id: str


class PendingLoader(Protocol):
    """Loads a screen's open commands from PostgreSQL and gives them to `Fleet.loaded` (pipe to self)."""

    def load_pending(self, reading: Reading) -> None:
        """Start loading; returns at once. In the end `Fleet.loaded` is called, or `Fleet.not_loaded` when
        PostgreSQL did not answer for as long as the screen was there."""


@dataclass(slots=True)
class Loading:
    """The readings that are under way for one actor, and the commands that came in meanwhile."""

    readings: set[Reading] = field(default_factory=set)
    held: list[PendingCommand] = field(default_factory=list)


class Fleet:
    """Refs to device actors by device id. All methods are synchronous, on the trio thread."""

    def __init__(
        self,
        around: Surroundings,
        loader: PendingLoader,
        clock: Callable[[], Instant],
        heartbeat_interval_s: float,
        supervisor: Supervisor | None = None,
    ) -> None:
        self._around = around
        self._loader = loader
        self._clock = clock
        self._interval_s = heartbeat_interval_s
        self.supervisor = supervisor or Supervisor()
        self.actors: Actors[DeviceMessage, DeviceActor] = Actors(clock, self.supervisor, self, TICK_S)
        self.dispatcher = self.actors.dispatcher
        self._deadlines: Deadlines[str] = Deadlines(TICK_S)
        self._cut_s: dict[str, float] = {}
        self._untaken: set[str] = set()
        self._loading: dict[str, Loading] = {}

    def __len__(self) -> int:
        return len(self.actors)

    def __repr__(self) -> str:
        return f"<Fleet {len(self)} actors, {self.dispatcher.waiting} messages waiting>"

    # ---- what the gateway tells ----

    def connected(
        self,
        device_id: str,
        name: str,
        link: Link,
        hello: Hello,
        *,
        has_open_commands: bool,
        looked_up_s: float,
    ) -> None:
        """The screen said hello on `link`; its token was looked up (monotonic) at `looked_up_s` or later."""
        if self._cut_s.get(device_id, -math.inf) >= looked_up_s:
            link.close(CloseCode.TOKEN_REVOKED)
            return
        wait_s = self.supervisor.barred_for(device_id, self._clock().mono_s)
        if wait_s > 0:
            link.close(CloseCode.HUB_FAULT, reconnect_after_s=wait_s)
            return
        actor = self.actors.actor(device_id)
        resumes = actor is not None and actor.may_resume(hello)
        ref = self.actors.activate(
            device_id, lambda: DeviceActor(device_id, name, self._around, self, self._interval_s)
        )
        ref.tell_urgently(Connected(link, hello))
        # Whoever resumes has an actor that knows them all. A load that is under way may give up any moment.
        if (has_open_commands and not resumes) or device_id in self._untaken or device_id in self._loading:
            self._untaken.discard(device_id)
            reading = Reading(device_id)
            self._loading.setdefault(device_id, Loading()).readings.add(reading)
            self._loader.load_pending(reading)

    def heard(self, device_id: str, link: Link, frame: Uplink) -> bool:
        """A frame came in. False when the screen sends faster than its actor may be kept waiting."""
        ref = self.actors.ref(device_id)
        return ref is not None and ref.tell(Heard(link, frame))

    def disconnected(self, device_id: str, link: Link, reason: PresenceReason) -> None:
        """The link is gone. In the urgent lane: the normal one may be full, and this must arrive."""
        self._tell(device_id, Disconnected(link, reason))

    # ---- what the use cases and the fast lane tell ----

    def queue(self, device_id: str, commands: Sequence[PendingCommand]) -> None:
        """Committed commands wait for this screen. When it is not connected they are loaded at its hello."""
        loading = self._loading.get(device_id)
        if loading is not None:
            loading.held.extend(commands)
        else:
            self._give(device_id, commands)

    def loaded(self, reading: Reading, commands: Sequence[PendingCommand]) -> None:
        """The screen's open commands as PostgreSQL has them, in sequence."""
        held = self._over(reading)
        if held is not None:
            self._give(reading.device_id, (*commands, *held))

    def not_loaded(self, reading: Reading) -> None:
        """The screen has left before PostgreSQL answered: its commands are loaded when it is back."""
        if self._over(reading) is not None and reading.device_id not in self._loading:
            self._untaken.add(reading.device_id)

    def _over(self, reading: Reading) -> list[PendingCommand] | None:
        """What came in meanwhile, if it was the last reading. None when its actor is gone: what it says is of
        the past."""
        loading = self._loading.get(reading.device_id)
        if loading is None or reading not in loading.readings:
            return None
        loading.readings.discard(reading)
        if loading.readings:
            return []
        del self._loading[reading.device_id]
        return loading.held

    def _give(self, device_id: str, commands: Sequence[PendingCommand]) -> None:
        ref = self.actors.ref(device_id)
        if ref is None or device_id in self._untaken:
            self._untaken.add(device_id)
        else:
            ref.tell_urgently(Queued(commands))

    def withdraw(self, device_id: str, command_ids: Sequence[str]) -> None:
        """These commands were ended in PostgreSQL: they go out no more, and no answer to them counts."""
        self._tell(device_id, Withdrawn(command_ids))

    def want_playlist(self, device_id: str, version: int) -> None:
        """The playlist version that the screen must have from now on."""
        self._tell(device_id, PlaylistWanted(version))

    def want_settings(self, device_id: str) -> None:
        """How the screen must be set up is another thing from now on."""
        self._tell(device_id, SettingsWanted())

    def cut(self, device_id: str, code: CloseCode, reason: PresenceReason) -> None:
        """End the session now. If the code says that the screen may not come back: any too whose token was
        looked up before now and that says hello later."""
        if not MEANINGS[code].come_back:
            self._cut_s[device_id] = self._clock().mono_s
        self._tell(device_id, Cut(code, reason))

    def _tell(self, device_id: str, message: DeviceMessage) -> None:
        ref = self.actors.ref(device_id)
        if ref is not None:
            ref.tell_urgently(message)

    def has_actor(self, device_id: str) -> bool:
        """Whether the screen is here, or was a moment ago. Callable from any thread."""
        return self.actors.ref(device_id) is not None

    def link_of(self, device_id: str) -> Link | None:
        """The link of the moment: what the fast lane writes to."""
        actor = self.actors.actor(device_id)
        return None if actor is None else actor.link

    async def describe(self, device_id: str) -> str:
        """The actor's status line, given in a turn of its own: it shows that it takes turns.

        The caller sets the deadline. Raises AskFailed.
        """
        ref = self.actors.ref(device_id)
        if ref is None:
            raise ActorStopped(f"{device_id} has no actor now")
        return await ref.ask(Describe)

    def connected_devices(self) -> list[str]:
        """Ids of the screens that have a link."""
        return [device_id for device_id, actor in self.actors.actors() if actor.link is not None]

    # ---- Keeper ----

    def expect_heartbeat(self, device_id: str, due_s: float) -> None:
        """See `Keeper`."""
        self._deadlines.set(device_id, due_s)

    def link_taken(self, device_id: str) -> None:
        """See `Keeper`."""
        self.actors.keep(device_id)

    def link_lost(self, device_id: str, until_s: float) -> None:
        """See `Keeper`."""
        self._deadlines.cancel(device_id)
        self.actors.let_go(device_id, until_s)

    # ---- time ----

    async def run(self) -> None:
        """Sweep for ever."""
        while True:
            before_s = self._clock().mono_s
            await trio.sleep(SWEEP_EVERY_S)
            if self._clock().mono_s - before_s > SWEEP_EVERY_S + STOOD_STILL_S:
                await trio.sleep(LISTEN_FIRST_S)
            self.sweep(self._clock())

    def sweep(self, now: Instant) -> None:
        """Tell the silent, retire the gone."""
        for device_id in self._deadlines.sweep(now.mono_s):
            ref, actor = self.actors.ref(device_id), self.actors.actor(device_id)
            if ref is None or actor is None:
                continue
            if actor.due_s > now.mono_s:
                # Heard since. Asked here, once an interval and a half: telling the wheel of every frame
                # was a quarter of what a heartbeat's turn costs.
                self._deadlines.set(device_id, actor.due_s)
            # In the normal lane, behind the heartbeats that came in time. If there is no room: again soon.
            elif not ref.tell(Silent()):
                self._deadlines.set(device_id, now.mono_s)
        for device_id, actor in self.actors.sweep(now.mono_s):
            self._deadlines.cancel(device_id)
            if self._loading.pop(device_id, None) is not None or actor.has_pending:
                self._untaken.add(device_id)
        for device_id in [key for key, at_s in self._cut_s.items() if at_s + CUT_REMEMBERED_S < now.mono_s]:
            del self._cut_s[device_id]

    # ---- the ends of actors: see `actors.runtime.registry.Keeper` ----

    def failed(
        self, device_id: str, actor: DeviceActor, decision: Decision, error: Exception, now: Instant
    ) -> None:
        """The screen's link is closed with a resumable code; how it is told when it may come back."""
        self._deadlines.cancel(device_id)
        self._loading.pop(device_id, None)
        self._untaken.add(device_id)
        if actor.link is not None:
            actor.link.close(CloseCode.HUB_FAULT, reconnect_after_s=decision.wait_s)
        if decision.verdict is Verdict.QUARANTINE:
            # Why it stays away from now on, whether it was there or not.
            self._around.went_offline(device_id, PresenceReason.QUARANTINED, now.wall_ms, now.wall_ms)
            self._around.quarantined(device_id, decision.wait_s, type(error).__name__, now.wall_ms)
        elif actor.link is not None:
            self._around.went_offline(device_id, PresenceReason.HUB_FAULT, now.wall_ms, now.wall_ms)

    def dropped(self, device_id: str, message: Any) -> None:
        """Whoever said hello to an actor that failed meanwhile must not wait for a welcome for ever."""
        if isinstance(message, Connected):
            message.link.close(CloseCode.HUB_FAULT)
