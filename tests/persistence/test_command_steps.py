"""PostgreSQL holds the steps of commands itself: whoever writes, nothing else goes through."""

from __future__ import annotations

import uuid

import psycopg
import pytest
from psycopg.errors import CheckViolation

from protocol.vocabulary import COMMAND_TRANSITIONS, OPEN_COMMAND_STATUSES, CommandStatus
from tests.persistence.premises import Premises


def reachable(status: CommandStatus) -> set[CommandStatus]:
    """What a command of this status may become, in however many steps."""
    found: set[CommandStatus] = set()
    ahead = set(COMMAND_TRANSITIONS[status])
    while ahead:
        after = ahead.pop()
        if after not in found:
            found.add(after)
            ahead |= COMMAND_TRANSITIONS[after]
    return found


def test_postgresql_knows_the_steps_of_the_protocol_and_what_several_of_them_reach(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        known = set(connection.execute("SELECT before, after FROM command_transitions").fetchall())
    assert known == {
        (before.value, after.value) for before in COMMAND_TRANSITIONS for after in reachable(before)
    }


def test_a_step_that_leads_nowhere_is_refused_and_every_other_is_taken(ours: Premises) -> None:
    with psycopg.connect(ours.database_url) as connection:
        for before in CommandStatus:
            for after in CommandStatus:
                with connection.transaction(force_rollback=True):
                    _bring(connection, ours.command_id, before)
                    legal = after == before or after in reachable(before)
                    assert _becomes(connection, ours.command_id, after) is legal, (before, after)


def test_a_status_that_is_written_again_is_no_step(ours: Premises) -> None:
    with psycopg.connect(ours.database_url) as connection:
        for status in CommandStatus:
            with connection.transaction(force_rollback=True):
                _bring(connection, ours.command_id, status)
                assert _becomes(connection, ours.command_id, status)


@pytest.mark.parametrize("status", CommandStatus)
def test_a_command_begins_as_queued_and_in_no_other_way(ours: Premises, status: CommandStatus) -> None:
    with psycopg.connect(ours.database_url) as connection:
        begins = True
        try:
            connection.execute(
                "INSERT INTO commands (id, tenant_id, device_id, command, status, expires_at)"
                " VALUES (%s, %s, %s, 'ping', %s, now())",
                (uuid.uuid4(), ours.id, ours.devices[0], status),
            )
        except CheckViolation:
            begins = False
    assert begins is (status is CommandStatus.QUEUED)


def test_every_open_status_reaches_every_answer_and_every_end_is_one() -> None:
    for status in CommandStatus:
        assert bool(reachable(status)) is (status in OPEN_COMMAND_STATUSES)
    assert CommandStatus.SUPERSEDED not in reachable(CommandStatus.SENT), "it may have been carried out"


def _bring(connection: psycopg.Connection, command_id: str, status: CommandStatus) -> None:
    if status is not CommandStatus.QUEUED:
        assert _becomes(connection, command_id, status)


def _becomes(connection: psycopg.Connection, command_id: str, status: CommandStatus) -> bool:
    """Whether PostgreSQL takes this status for the command."""
    try:
        with connection.transaction():
            connection.execute("UPDATE commands SET status = %s WHERE id = %s", (status, command_id))
    except CheckViolation:
        return False
    return True
