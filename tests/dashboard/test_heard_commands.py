"""A command that is read may be behind what was heard of it; it is never shown behind that."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from dashboard.heard_commands import REMEMBERED, HeardCommands
from protocol.api import CommandRow
from protocol.live import CommandChange
from protocol.vocabulary import CommandName, CommandStatus

AT = datetime(2026, 11, 21, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1000)
QUEUED = CommandRow(
    "c1", "d1", CommandName.PING, {}, CommandStatus.QUEUED, None, "a@b.example", AT, AT, None, None, None
)


def change(status: CommandStatus, detail: str | None = None, command_id: str = "c1") -> CommandChange:
    return CommandChange(command_id, "d1", CommandName.PING, status, AT_MS, detail)


def test_what_was_heard_before_the_command_was_read_is_shown() -> None:
    heard = HeardCommands()
    heard.hear(change(CommandStatus.SENT))
    heard.hear(change(CommandStatus.SUCCEEDED, "pong"))
    done = heard.latest(QUEUED)
    assert (done.status, done.detail, done.finished_at) == (CommandStatus.SUCCEEDED, "pong", AT)
    assert heard.latest(QUEUED) == done


def test_what_was_read_and_is_as_far_or_further_stays_as_it_was_read() -> None:
    heard = HeardCommands()
    heard.hear(change(CommandStatus.RECEIVED))
    failed = msgspec.structs.replace(QUEUED, status=CommandStatus.FAILED, detail="no codec")
    assert heard.latest(failed) is failed
    heard.hear(change(CommandStatus.SUCCEEDED))
    assert heard.latest(failed) is failed


def test_a_step_that_is_heard_late_takes_nothing_back() -> None:
    heard = HeardCommands()
    heard.hear(change(CommandStatus.SUCCEEDED))
    heard.hear(change(CommandStatus.SENT))
    assert heard.latest(QUEUED).status is CommandStatus.SUCCEEDED


def test_of_many_commands_the_oldest_are_forgotten() -> None:
    heard = HeardCommands()
    heard.hear(change(CommandStatus.SENT))
    for number in range(REMEMBERED):
        heard.hear(change(CommandStatus.SENT, command_id=f"other {number}"))
    assert heard.latest(QUEUED) is QUEUED
