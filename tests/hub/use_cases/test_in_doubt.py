"""PostgreSQL commits and falls before it can say so: whoever asked is told that nobody knows, and before
anything else is done the live side is told what came about."""

from __future__ import annotations

from datetime import timedelta

import pytest
import trio

from hub.use_cases.admission import Admission
from hub.use_cases.bulk_commands import BulkCommands
from hub.use_cases.commands import Commands
from persistence.errors import DatabaseUnavailable
from persistence.owner import connect_as_owner
from protocol.api import BulkCommandRequest
from protocol.vocabulary import CommandName, CommandStatus
from tests.hub.use_cases.lane import NOW, Stage


async def in_its_turn(stage: Stage) -> list[str]:
    """What the live side had found when the next one had its turn in the lane."""
    found: list[str] = []

    async def tell(_: None) -> None:
        await trio.lowlevel.checkpoint()
        found.extend(command.id for command in stage.realtime.found)

    await stage.lane.alone(stage.tenant.id, NOW, lambda tx: None, tell)
    return found


async def test_a_command_that_was_committed_is_told_before_newer_ones_and_once(stage: Stage) -> None:
    told = stage.order()._replace(created_at=NOW - timedelta(seconds=1))
    lost = stage.order(command=CommandName.RELOAD_PLAYLIST)
    await stage.lane.queue(told)
    stage.database.loses = 1
    with pytest.raises(DatabaseUnavailable):
        await stage.lane.queue(lost)
    assert await in_its_turn(stage) == [lost.id]
    assert [command.playlist_version for command in stage.realtime.found] == [1]
    await stage.lane.queue(stage.order())
    assert len(stage.realtime.found) == 1


async def test_while_it_does_not_answer_nobody_is_let_pass(stage: Stage) -> None:
    lost, refused = stage.order(), stage.order()
    stage.database.loses = 2
    for order in (lost, refused):
        with pytest.raises(DatabaseUnavailable):
            await stage.lane.queue(order)
    assert await in_its_turn(stage) == [lost.id]
    assert stage.rows("SELECT id::text FROM commands") == [(lost.id,)]


async def test_what_postgresql_is_still_at_is_waited_for(stage: Stage) -> None:
    late = stage.order()
    stage.database.loses = 1
    with pytest.raises(DatabaseUnavailable):
        await stage.lane.queue(stage.order())
    found: list[str] = []

    async def look() -> None:
        found.extend(await in_its_turn(stage))

    with connect_as_owner(stage.database_url) as cut_off, trio.fail_after(20):
        tx = cut_off.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", (_lock(stage),))
        assert tx.rowcount == 1
        cut_off.execute(
            "INSERT INTO commands (id, tenant_id, device_id, command, created_at, expires_at)"
            " VALUES (%s, %s, %s, 'ping', %s, %s)",
            (late.id, stage.tenant.id, late.device_id, late.created_at, late.expires_at),
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(look)
            while stage.rows("SELECT 1 FROM pg_locks WHERE NOT granted") == []:
                await trio.lowlevel.checkpoint()
            cut_off.commit()
    assert late.id in found


def _lock(stage: Stage) -> str:
    return f"clarion.admission.{stage.tenant.id}"


async def test_a_command_that_was_cancelled_is_taken_back_from_its_screen(stage: Stage) -> None:
    use_case = Commands(stage.database, stage.realtime, stage.lane, lambda: NOW, 60)
    order = stage.order()
    await stage.lane.queue(order)
    stage.database.loses = 1
    with pytest.raises(DatabaseUnavailable):
        await use_case.cancel(stage.tenant.admin, order.id)
    assert (await use_case.cancel(stage.tenant.admin, order.id)).status is CommandStatus.CANCELLED
    (ended,) = stage.realtime.found_ended
    assert (ended.id, ended.status) == (order.id, CommandStatus.CANCELLED)
    assert stage.realtime.ended == []


async def test_a_bulk_that_was_committed_goes_out_and_is_the_same_bulk_when_asked_for_again(
    stage: Stage,
) -> None:
    use_case = BulkCommands(stage.database, stage.realtime, stage.lane, lambda: NOW, 60)
    request = BulkCommandRequest(CommandName.PING)
    stage.database.loses = 1
    with pytest.raises(DatabaseUnavailable):
        await use_case.queue(stage.tenant.admin, request, "k")
    again = await use_case.queue(stage.tenant.admin, request, "k")
    assert again.targeted == len(stage.devices)
    by_sequence = stage.rows("SELECT id::text FROM commands ORDER BY seq")
    assert [(command.id,) for command in stage.realtime.found] == by_sequence
    assert stage.told() == []


async def test_a_screen_that_was_revoked_is_looked_at_again(stage: Stage) -> None:
    use_case = Admission(stage.database, stage.realtime, stage.lane, lambda: NOW)
    stage.database.loses = 1
    with pytest.raises(DatabaseUnavailable):
        await use_case.revoke(stage.tenant.admin, stage.devices[0])
    assert stage.realtime.refreshed == [stage.devices[0]]
