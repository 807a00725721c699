"""The shadow's commands against a model: each moves as the table allows and ends once, all go out in
sequence, so many at a time, and what was lost goes out again.

A device has few ids and may say anything about them, at any time; the hub may queue, withdraw and forget the
same ones, and read old news of them from PostgreSQL.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.device.messages import PendingCommand
from actors.device.shadow import IN_FLIGHT_AT_MOST, Shadow
from protocol.vocabulary import COMMAND_TRANSITIONS, OPEN_COMMAND_STATUSES, CommandName, CommandStatus

IDS = [f"c{number:02}" for number in range(24)]
NAMES = {
    command_id: CommandName.RELOAD_PLAYLIST if number % 3 == 0 else CommandName.PLAY
    for number, command_id in enumerate(IDS)
}
ids = st.sampled_from([*IDS, "unknown"])
said = st.sampled_from(
    [CommandStatus.RECEIVED, CommandStatus.SUCCEEDED, CommandStatus.FAILED, CommandStatus.REJECTED]
)


class ShadowLife(RuleBasedStateMachine):
    """`status`: what each command is, `CANCELLED` for withdrawn ones. `numbers`: of this session, as sent."""

    def __init__(self) -> None:
        super().__init__()
        self.shadow = Shadow()
        self.now_ms = 0
        self.life_ms: dict[str, int] = {}
        self.status: dict[str, CommandStatus] = {}
        self.ends: Counter[str] = Counter()
        self.given: list[str] = []
        self.numbers: dict[str, int] = {}
        self.last = 0
        self.acknowledged = 0

    def _moved(self, command: PendingCommand) -> None:
        assert command.status in COMMAND_TRANSITIONS[self.status[command.id]]
        self.status[command.id] = command.status
        if command.status not in OPEN_COMMAND_STATUSES:
            self.ends[command.id] += 1

    def _is_open(self, command_id: str) -> bool:
        return self.status.get(command_id, CommandStatus.EXPIRED) in OPEN_COMMAND_STATUSES

    def _open(self) -> list[str]:
        return [command_id for command_id in self.given if self._is_open(command_id)]

    def _unsent_reloads(self) -> list[str]:
        return [
            command_id
            for command_id in self.given
            if self.status.get(command_id) is CommandStatus.QUEUED
            and NAMES[command_id] is CommandName.RELOAD_PLAYLIST
        ]

    @precondition(lambda self: len(self.given) < len(IDS))
    @rule(number=st.integers(1, 20), life_s=st.integers(1, 60))
    def post(self, number: int, life_s: int) -> None:
        commands: list[PendingCommand] = []
        replaced: list[str] = []
        for command_id in IDS[len(self.given) :][:number]:
            self.life_ms[command_id] = self.now_ms + life_s * 1000
            commands.append(PendingCommand(command_id, NAMES[command_id], {}, self.life_ms[command_id]))
            withdrawn_before_it_came = command_id in self.status
            self.given.append(command_id)
            if withdrawn_before_it_came:
                continue
            if NAMES[command_id] is CommandName.RELOAD_PLAYLIST:
                replaced += [older for older in self._unsent_reloads() if older not in replaced]
            self.status[command_id] = CommandStatus.QUEUED
        ended = self.shadow.queue(commands)
        assert [command.id for command in ended] == replaced, "unsent, and pointless by now"
        for command in ended:
            self._moved(command)

    @rule(command_id=st.sampled_from(IDS), status=st.sampled_from(sorted(OPEN_COMMAND_STATUSES)))
    def old_news(self, command_id: str, status: CommandStatus) -> None:
        """PostgreSQL was read before something ended, or by the second of two readings."""
        if command_id in self.given:
            life_ms = self.life_ms[command_id]
            assert not self.shadow.queue([PendingCommand(command_id, NAMES[command_id], {}, life_ms, status)])

    @rule(command_ids=st.lists(ids, max_size=3))
    def withdraw(self, command_ids: list[str]) -> None:
        assert self.shadow.withdraw(command_ids) == any(map(self._is_open, command_ids))
        for command_id in command_ids:
            if self._is_open(command_id):
                self.ends[command_id] += 1
            if self._is_open(command_id) or command_id not in self.status:
                self.status[command_id] = CommandStatus.CANCELLED

    @rule()
    def send_what_is_due(self) -> None:
        due = [command.id for command in self.shadow.due()]
        waiting = [command_id for command_id in self._open() if command_id not in self.numbers]
        assert due == waiting[: len(due)], "in sequence, none left out"
        room = IN_FLIGHT_AT_MOST - sum(map(self._is_open, self.numbers))
        assert len(due) == min(room, len(waiting)), "as many as there is room for"
        for command_id in due:
            moved = self.shadow.mark_sent(command_id)
            assert (moved is None) == (self.status[command_id] is not CommandStatus.QUEUED)
            if moved is not None:
                self._moved(moved)
            self.last += 1
            assert self.shadow.sent_seq == self.last
            self.numbers[command_id] = self.last

    @rule(command_id=ids, status=said)
    def answer(self, command_id: str, status: CommandStatus) -> None:
        before = self.status.get(command_id) if command_id in self.given else None
        moved = self.shadow.answer(command_id, status)
        allowed = before is not None and status in COMMAND_TRANSITIONS[before]
        assert (moved is not None) == allowed
        if moved is not None:
            self._moved(moved)

    @rule(ms=st.integers(0, 10_000))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms
        for command in self.shadow.expire(self.now_ms):
            assert command.status is CommandStatus.EXPIRED and command.expires_ms <= self.now_ms
            self._moved(command)
        assert all(command.expires_ms > self.now_ms for command in self.shadow.pending.values())

    @rule(reported=st.integers(0, 30))
    def heartbeat(self, reported: int) -> None:
        lost = [(number, command.id) for number, command in self.shadow.lost(reported)]
        assert lost == [
            (number, command_id)
            for command_id, number in self.numbers.items()
            if reported < number and reported < self.acknowledged and self._is_open(command_id)
        ]
        assert self.shadow.acknowledged_seq == self.acknowledged
        assert self.shadow.acknowledge() == self.last
        self.acknowledged = self.last

    @rule()
    def begin_a_session(self) -> None:
        self.shadow.begin_session()
        self.numbers, self.last, self.acknowledged = {}, 0, 0

    @rule(data=st.data())
    def resume_the_session(self, data: st.DataObject) -> None:
        reported = data.draw(st.integers(0, self.last))
        self.shadow.resume_session(reported)
        self.numbers = {key: number for key, number in self.numbers.items() if number <= reported}
        self.last = self.acknowledged = reported

    @invariant()
    def pending_is_exactly_what_has_not_ended_in_the_order_it_came(self) -> None:
        assert {key: command.status for key, command in self.shadow.pending.items()} == {
            key: self.status[key] for key in self._open()
        }
        assert list(self.shadow.pending) == self._open()

    @invariant()
    def nothing_ends_twice_and_no_more_is_in_flight_than_may_be(self) -> None:
        assert all(count == 1 for count in self.ends.values())
        assert self.shadow.in_flight == sum(map(self._is_open, self.numbers)) <= IN_FLIGHT_AT_MOST


ShadowLife.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestShadowLife = ShadowLife.TestCase
