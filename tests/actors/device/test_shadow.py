"""The shadow: a command moves only as the table allows, and leaves `pending` exactly once."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from actors.device.messages import PendingCommand
from actors.device.shadow import SAMPLE_EVERY_MS, Shadow
from protocol.frames import Playback
from protocol.vocabulary import COMMAND_TRANSITIONS, OPEN_COMMAND_STATUSES, CommandStatus, PlaybackState
from tests.actors.device.world import pending

# A device has few ids and may say anything about them, at any time.
ids = st.sampled_from(["c1", "c2", "c3", "unknown"])
said = st.sampled_from(
    [CommandStatus.RECEIVED, CommandStatus.SUCCEEDED, CommandStatus.FAILED, CommandStatus.REJECTED]
)


class ShadowLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.shadow = Shadow()
        self.now_ms = 0
        self.status: dict[str, CommandStatus] = {}
        self.ends: Counter[str] = Counter()
        self.given: list[str] = []

    def _moved(self, command: PendingCommand) -> None:
        assert command.status in COMMAND_TRANSITIONS[self.status[command.id]]
        self.status[command.id] = command.status
        if command.status not in OPEN_COMMAND_STATUSES:
            self.ends[command.id] += 1

    @rule(command_id=st.sampled_from(["c1", "c2", "c3"]), life_s=st.integers(1, 30))
    def queue(self, command_id: str, life_s: int) -> None:
        if self.ends[command_id]:
            return  # ids are never used twice
        command = PendingCommand(command_id, pending("").command, {}, self.now_ms + life_s * 1000)
        new = self.shadow.queue([command])
        assert [c.id for c in new] == ([] if command_id in self.status else [command_id])
        if new:
            self.status[command_id] = CommandStatus.QUEUED
            self.given.append(command_id)

    @rule()
    def send_all(self) -> None:
        for command_id in list(self.shadow.pending):
            moved = self.shadow.mark_sent(command_id)
            assert (moved is None) == (self.status[command_id] is not CommandStatus.QUEUED)
            if moved is not None:
                self._moved(moved)

    @rule(command_id=ids, status=said)
    def answer(self, command_id: str, status: CommandStatus) -> None:
        before = self.status.get(command_id)
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

    @invariant()
    def pending_is_exactly_what_has_not_ended_in_the_order_it_came(self) -> None:
        still_open = [key for key in self.given if self.status[key] in OPEN_COMMAND_STATUSES]
        assert list(self.shadow.pending) == still_open
        assert {key: c.status for key, c in self.shadow.pending.items()} == {
            key: self.status[key] for key in still_open
        }

    @invariant()
    def nothing_ends_twice(self) -> None:
        assert all(count == 1 for key, count in self.ends.items() if count)


ShadowLife.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestShadowLife = ShadowLife.TestCase


def test_a_screens_word_never_changes_what_the_hub_wants() -> None:
    shadow = Shadow()
    shadow.want_version(4)
    assert not shadow.report_version(9)
    assert (shadow.reported_version, shadow.desired_version) == (9, 4)
    assert shadow.report_version(4)


def test_playback_changes_with_state_or_item_not_with_the_position() -> None:
    shadow = Shadow()
    assert not shadow.report_playback(None)
    assert shadow.report_playback(Playback(PlaybackState.PLAYING, "a", 1.0))
    assert not shadow.report_playback(Playback(PlaybackState.PLAYING, "a", 2.0))
    assert shadow.report_playback(Playback(PlaybackState.PLAYING, "b", 2.0))
    assert shadow.report_playback(Playback(PlaybackState.PAUSED, "b", 2.0))


def test_the_first_heartbeat_is_a_sample_and_the_next_comes_a_minute_later() -> None:
    shadow = Shadow()
    assert shadow.sample_due(0)
    assert not shadow.sample_due(SAMPLE_EVERY_MS - 1)
    assert shadow.sample_due(SAMPLE_EVERY_MS)
