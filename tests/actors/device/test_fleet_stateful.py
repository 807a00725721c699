"""A fleet and one device with two machines that both have its token, on a network that delays and breaks, in
virtual time: whatever happens in whatever order, the guarantees hold.

G2 every command ends exactly once. G3 they leave in sequence, a bounded number at a time. G5 one session at
most; a late frame or close of an older link, and a hello that is late, change nothing. G6 offline is declared
within its bounds. And a session goes on only where it may.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.device.actor import RESUME_WITHIN_S
from actors.device.fleet import SWEEP_EVERY_S, TICK_S, Reading
from actors.device.messages import PendingCommand, Queued
from actors.device.shadow import IN_FLIGHT_AT_MOST
from protocol.close_codes import CloseCode
from protocol.frames import DeviceGoodbye, Heartbeat, Hello, Resumed, Uplink, Welcome
from protocol.vocabulary import (
    OPEN_COMMAND_STATUSES,
    CommandName,
    CommandStatus,
    PresenceReason,
)
from tests.actors.device.obedient_machine import Machine
from tests.actors.device.stage import Hub
from tests.actors.device.world import INTERVAL_S, NOON_MS, RecordingLink

OFFLINE_FROM_S = 1.5 * INTERVAL_S
OFFLINE_UNTIL_S = OFFLINE_FROM_S + TICK_S + SWEEP_EVERY_S
SENT_AWAY = (CloseCode.TRY_AGAIN_LATER, CloseCode.HUB_FAULT, CloseCode.TOKEN_REVOKED)


machines = st.sampled_from([0, 1])


class FleetLife(RuleBasedStateMachine):
    """`stored`: what PostgreSQL has; the journal brings it what the fleet said, a moment later."""

    def __init__(self) -> None:
        super().__init__()
        self.hub = Hub()
        self.fleet, self.world = self.hub.fleet, self.hub.world
        self.machines = [Machine(), Machine()]
        self.links: list[RecordingLink] = []
        self.heard_s: dict[str, float] = {}
        self.epochs = 0
        self.sequence: list[str] = []
        self.stored: dict[str, CommandStatus] = {}
        self.expires_ms: dict[str, int] = {}
        self.journaled = 0
        self.unread: list[Reading] = []
        self.read: list[tuple[Reading, list[PendingCommand]]] = []
        self.resumable: str | None = None

    @property
    def now(self) -> RecordingLink | None:
        """The link of the moment."""
        link = self.fleet.link_of("d")
        assert link is None or isinstance(link, RecordingLink)
        return link

    # ---- the device connects ----

    @precondition(lambda self: self.links)
    @rule(which=machines)
    def looks_up(self, which: int) -> None:
        """The token is looked up; the hello may take its time."""
        machine = self.machines[which]
        self.epochs += 1
        self.world.mono_s += 0.001  # after whatever cut there was
        machine.epoch, machine.looked_up_s = self.epochs, self.world.mono_s
        machine.open_commands = bool(self._stored_open())

    @initialize(posted=st.integers(0, 20))
    def begins(self, posted: int) -> None:
        self.connects(0, resumes=False)
        self.reads_and_answers(0, 1, arrives=True)
        if posted:
            self.posts(posted, 100_000)

    @rule(which=machines)
    def drops_its_link_and_returns(self, which: int) -> None:
        link = self.machines[which].link
        if link is not None:
            self.fleet.disconnected("d", link, PresenceReason.NETWORK_CLOSED)
            self.hub.work()
        self.connects(which, resumes=True)
        self.reads_and_answers(which, 1, arrives=True)

    @rule(which=machines, resumes=st.booleans())
    def connects(self, which: int, resumes: bool) -> None:
        """With the token as it was looked up last, which may be a while ago, or is now."""
        machine = self.machines[which]
        if machine.epoch is None:
            self.looks_up(which)
        now = self.now
        newest = self.world.epochs.get("d", 0)
        link = self._connect(machine, resumes=resumes)
        told = len(self.world.told)
        self.hub.work()
        if link.epoch < newest:
            assert link.closed[0][0] in SENT_AWAY
            assert link.sent == [] and self.now is now and len(self.world.told) == told
        elif not link.closed:
            assert self.now is link
            first = link.sent[0]
            if isinstance(first, Resumed):
                assert resumes and first.session_id == machine.session_id == self.resumable
            else:
                assert isinstance(first, Welcome) and first.session_id == link.session_id
                self.resumable = link.session_id

    def _connect(self, machine: Machine, *, resumes: bool) -> RecordingLink:
        assert machine.epoch is not None
        link = RecordingLink(f"session-{machine.epoch}-{len(self.links)}", machine.epoch)
        self.links.append(link)
        hello = Hello(emergency_version=1)
        if resumes:
            hello = Hello(emergency_version=1, session_id=machine.session_id, command_seq=machine.command_seq)
        self.fleet.connected(
            "d",
            "Lobby",
            link,
            hello,
            has_open_commands=machine.open_commands,
            looked_up_s=machine.looked_up_s,
        )
        self.unread, self.world.loads = self.unread + self.world.loads, []
        machine.epoch, machine.link, machine.read = None, link, 0
        self.heard_s[link.session_id] = self.world.mono_s
        return link

    # ---- what it says ----

    @rule(which=machines, number=st.integers(1, 30), arrives=st.booleans())
    def reads_and_answers(self, which: int, number: int, arrives: bool) -> None:
        machine = self.machines[which]
        if machine.link is not None:
            for receipt in machine.take(number):
                if arrives:
                    if machine.link is self.now:
                        machine.unheard.pop(receipt, None)
                    self._says(machine.link, receipt)

    @rule(which=machines)
    def lives_a_while(self, which: int) -> None:
        """It reads and answers all there is, for a few heartbeats."""
        machine = self.machines[which]
        for _ in range(3):
            self.reads_and_answers(which, 100, arrives=True)
            self.beats(which, counts=True)
            self.time_passes(0.25)
        assert machine.link is None or machine.read <= len(machine.link.sent)

    @rule(which=machines, counts=st.booleans())
    def beats(self, which: int, counts: bool) -> None:
        machine = self.machines[which]
        if machine.link is not None:
            self._says(machine.link, Heartbeat(1, 1, command_seq=machine.command_seq if counts else None))

    @rule(which=machines)
    def says_goodbye(self, which: int) -> None:
        machine = self.machines[which]
        if machine.link is not None:
            if machine.link is self.now:
                self.resumable = None
            self._says(machine.link, DeviceGoodbye())

    def _says(self, link: RecordingLink, frame: Uplink) -> None:
        """Frames of a link that is over come too: they must change nothing."""
        now = self.now
        told, sent = len(self.world.told), 0 if now is None else len(now.sent)
        if link is now:
            self.heard_s[link.session_id] = self.world.mono_s
        self.fleet.heard("d", link, frame)
        self.hub.work()
        if link is not now:
            assert len(self.world.told) == told, "a late frame changed something"
            assert now is None or (len(now.sent) == sent and self.now is now)

    @precondition(lambda self: self.links)
    @rule(data=st.data(), reason=st.sampled_from([PresenceReason.NETWORK_CLOSED, PresenceReason.TOO_SLOW]))
    def a_link_ends(self, data: st.DataObject, reason: PresenceReason) -> None:
        """Any of them, long after it was replaced too, and twice."""
        link, now = data.draw(st.sampled_from(self.links)), self.now
        told = len(self.world.told)
        self.fleet.disconnected("d", link, reason)
        self.hub.work()
        if link is not now:
            assert len(self.world.told) == told and self.now is now, "a late close closed another"
        else:
            assert self.now is None

    # ---- the hub ----

    @precondition(lambda self: len(self.sequence) < 60)
    @rule(number=st.integers(1, 20), life_s=st.sampled_from([3, 30, 100_000]))
    def posts(self, number: int, life_s: int) -> None:
        commands = []
        for _ in range(number):
            command_id = f"c{len(self.sequence):03}"
            self.sequence.append(command_id)
            self.stored[command_id] = CommandStatus.QUEUED
            self.expires_ms[command_id] = self.world.now().wall_ms + life_s * 1000
            commands.append(self._stored_command(command_id))
        self.fleet.queue("d", commands)
        self.hub.work()

    @precondition(lambda self: self._stored_open())
    @rule(data=st.data())
    def withdraws(self, data: st.DataObject) -> None:
        gone = data.draw(st.lists(st.sampled_from(self._stored_open()), min_size=1, max_size=3, unique=True))
        for command_id in gone:
            self.stored[command_id] = CommandStatus.CANCELLED
        self.fleet.withdraw("d", gone)
        self.hub.work()

    @rule(taken_over=st.booleans())
    def cuts(self, taken_over: bool) -> None:
        if taken_over:
            self.fleet.cut("d", CloseCode.TRY_AGAIN_LATER, PresenceReason.TAKEN_OVER)
        else:
            self.fleet.cut("d", CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED)
        self.hub.work()
        self.resumable = None
        assert self.now is None

    @precondition(lambda self: len(self.fleet) > 0)
    @rule()
    def its_actor_fails(self) -> None:
        self.world.raise_in.add("pending")
        ref = self.fleet.actors.ref("d")
        assert ref is not None
        ref.tell_urgently(Queued([]))
        self.hub.work()
        self.world.raise_in.clear()
        assert len(self.fleet) == 0
        self.resumable = None

    @rule(which=machines, order=st.permutations(["hello", "loss", "cut", "beat", "post"]))
    def all_at_once(self, which: int, order: list[str]) -> None:
        """Before the fleet has a turn."""
        machine, now = self.machines[which], self.now
        for what in order:
            if what == "hello" and machine.epoch is not None:
                self._connect(machine, resumes=True)
            elif what == "loss" and now is not None:
                self.fleet.disconnected("d", now, PresenceReason.NETWORK_CLOSED)
            elif what == "cut":
                self.fleet.cut("d", CloseCode.TRY_AGAIN_LATER, PresenceReason.TAKEN_OVER)
            elif what == "beat" and machine.link is not None:
                self.fleet.heard("d", machine.link, Heartbeat(1, 1))
            elif what == "post" and len(self.sequence) < 60:
                command_id = f"c{len(self.sequence):03}"
                self.sequence.append(command_id)
                self.stored[command_id] = CommandStatus.QUEUED
                self.expires_ms[command_id] = NOON_MS * 2
                self.fleet.queue("d", [self._stored_command(command_id)])
        self.hub.work()
        link = self.now
        if link is not None:
            self.heard_s[link.session_id] = self.world.mono_s
            first = link.sent[0]
            assert isinstance(first, Welcome | Resumed)
            self.resumable = first.session_id
        else:
            self.resumable = None

    # ---- PostgreSQL ----

    def _stored_open(self) -> list[str]:
        return [key for key in self.sequence if self.stored[key] in OPEN_COMMAND_STATUSES]

    def _stored_command(self, command_id: str) -> PendingCommand:
        return PendingCommand(
            command_id, CommandName.PLAY, {}, self.expires_ms[command_id], self.stored[command_id]
        )

    @precondition(lambda self: self.unread)
    @rule()
    def is_read(self) -> None:
        self.read.append((self.unread.pop(0), [self._stored_command(key) for key in self._stored_open()]))

    @precondition(lambda self: self.read)
    @rule(data=st.data())
    def answers_a_reading(self, data: st.DataObject) -> None:
        """In any order, and however late: the actor that it was for may be gone, and another one there."""
        self.fleet.loaded(*self.read.pop(data.draw(st.integers(0, len(self.read) - 1))))
        self.hub.work()

    @precondition(lambda self: self.unread and self.now is None)
    @rule()
    def does_not_answer_until_the_screen_is_gone(self) -> None:
        self.fleet.not_loaded(self.unread.pop(0))

    def _journal(self) -> None:
        for command_id, status in self.world.of("command")[self.journaled :]:
            if self.stored[command_id] in OPEN_COMMAND_STATUSES:
                self.stored[command_id] = status
        self.journaled = len(self.world.of("command"))

    # ---- time ----

    @rule(seconds=st.sampled_from([0.25, 1.0, 8.0, 16.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        for _ in range(int(seconds / SWEEP_EVERY_S)):
            self._journal()
            before = self.now
            self.hub.sweep(SWEEP_EVERY_S)
            self.hub.work()
            if before is None:
                continue
            silent_s = self.world.mono_s - self.heard_s[before.session_id]
            if self.now is None:
                assert before.closed == [(CloseCode.HEARTBEAT_LOST, None)] and silent_s >= OFFLINE_FROM_S
            else:
                assert silent_s <= OFFLINE_UNTIL_S
        if len(self.fleet) == 0:
            assert seconds < RESUME_WITHIN_S or self.now is None
            self.resumable = None

    # ---- always ----

    @invariant()
    def one_link_at_most_is_live(self) -> None:
        now = self.now
        online = [what for what in self.world.told if what[0] in ("online", "offline")]
        assert (now is not None) == (bool(online) and online[-1][0] == "online")
        if now is not None:
            assert now.closed == [] and now.epoch == max(self.world.epochs.values())
            older = [link for link in self.links if link.sent and link is not now]
            assert all(link.epoch <= now.epoch for link in older)

    @invariant()
    def commands_leave_in_sequence_and_in_numbers_without_gaps(self) -> None:
        link = self.now
        if link is not None:
            first_sent = list(dict.fromkeys(link.command_ids))
            assert first_sent == sorted(first_sent)
            numbers = list(dict.fromkeys(number for number in link.numbers if number is not None))
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True

    @invariant()
    def nothing_ends_twice_and_what_is_in_flight_is_bounded(self) -> None:
        ends = Counter(key for key, status in self.world.of("command") if status not in OPEN_COMMAND_STATUSES)
        assert all(count == 1 for count in ends.values()), ends
        assert all(count == 1 for machine in self.machines for count in machine.applied.values())
        link = self.now
        if link is not None:
            unended = (
                set(link.command_ids)
                - set(ends)
                - {key for key, status in self.stored.items() if status is CommandStatus.CANCELLED}
            )
            assert len(unended) <= IN_FLIGHT_AT_MOST

    # ---- in the end ----

    def teardown(self) -> None:
        """A machine that connects, stays and obeys brings every command to its end."""
        self.time_passes(self.fleet.supervisor.barred_for("d", self.world.mono_s) // 1 + 1.0)
        machine = self.machines[0]
        self.looks_up(0)
        link = self._connect(machine, resumes=True)
        self.hub.work()
        assert self.now is link
        for _ in range(len(self.sequence) + 2):
            while self.unread or self.read:
                if self.unread:
                    self.is_read()
                self.fleet.loaded(*self.read.pop())
                self.hub.work()
            self.reads_and_answers(0, len(link.sent), arrives=True)
            self.beats(0, counts=True)
        self._journal()
        assert self._stored_open() == []
        assert link.acks[-1].command_seq == machine.command_seq


FleetLife.TestCase.settings = settings(max_examples=240, stateful_step_count=40, deadline=None)
TestFleetLife = FleetLife.TestCase
