"""Of commands that help nobody when they are done twice only the newest waits; playlists have versions."""

from __future__ import annotations

from hub.use_cases.bulk_commands import BulkCommands
from protocol.api import BulkCommandRequest, CommandAccepted
from protocol.vocabulary import CommandName, CommandStatus
from tests.hub.use_cases.lane import NOW, Stage

RELOAD, REBOOT, PING = CommandName.RELOAD_PLAYLIST, CommandName.REBOOT, CommandName.PING


def statuses(stage: Stage) -> dict[str, str]:
    return dict(stage.rows("SELECT id::text, status FROM commands ORDER BY seq"))


async def test_a_newer_one_replaces_those_that_were_not_sent(stage: Stage) -> None:
    sent, waits, other, elsewhere = (
        stage.order(command=REBOOT),
        stage.order(command=REBOOT),
        stage.order(command=RELOAD),
        stage.order(stage.devices[1], REBOOT),
    )
    for order in (sent, other, elsewhere):
        await stage.lane.queue(order)
    stage.rows("UPDATE commands SET status = 'sent' WHERE id = %s", sent.id)
    await stage.lane.queue(waits)
    assert stage.realtime.ended == []
    newest = stage.order(command=REBOOT)
    await stage.lane.queue(newest)
    (ended,) = stage.realtime.ended
    assert (ended.id, ended.status, ended.detail) == (
        waits.id,
        CommandStatus.SUPERSEDED,
        "replaced by a newer one",
    )
    assert statuses(stage) == {
        sent.id: "sent",
        other.id: "queued",
        elsewhere.id: "queued",
        waits.id: "superseded",
        newest.id: "queued",
    }
    assert stage.rows("SELECT count(*) FROM commands WHERE finished_at IS NOT NULL") == [(1,)]
    audited = stage.rows("SELECT details->>'command_id' FROM audit_log WHERE details ? 'superseded'")
    assert audited == [(newest.id,)]


async def test_of_two_in_one_transaction_the_later_one_is_sent(stage: Stage) -> None:
    first, between, last = (
        stage.order(command=RELOAD),
        stage.order(command=PING),
        stage.order(command=RELOAD),
    )
    answers = await stage.together(first, between, last)
    assert answers == [
        CommandAccepted(first.id, CommandStatus.SUPERSEDED),
        CommandAccepted(between.id, CommandStatus.QUEUED),
        CommandAccepted(last.id, CommandStatus.QUEUED),
    ]
    assert stage.told() == [between.id, last.id]
    assert stage.realtime.ended == []


async def test_a_playlist_to_be_loaded_again_has_a_new_version_in_the_same_transaction(stage: Stage) -> None:
    for expected in (1, 2):
        await stage.lane.queue(stage.order(command=RELOAD))
        await stage.lane.queue(stage.order(command=PING))
        assert stage.realtime.commands[-2].playlist_version == expected
        assert stage.realtime.commands[-1].playlist_version is None
    versions = dict(stage.rows("SELECT id::text, playlist_version FROM devices"))
    assert versions == dict(zip(stage.devices, (2, 0, 0), strict=True))


async def test_a_bulk_replaces_and_raises_for_every_screen(stage: Stage) -> None:
    older = [stage.order(device_id, RELOAD) for device_id in stage.devices]
    for order in older:
        await stage.lane.queue(order)
    bulk = BulkCommands(stage.database, stage.realtime, stage.lane, lambda: NOW, 60)
    await bulk.queue(stage.tenant.admin, BulkCommandRequest(RELOAD), None)
    assert {ended.id for ended in stage.realtime.ended} == {order.id for order in older}
    assert [command.playlist_version for command in stage.realtime.commands[3:]] == [2, 2, 2]
    await bulk.queue(stage.tenant.admin, BulkCommandRequest(PING), None)
    assert [command.playlist_version for command in stage.realtime.commands[6:]] == [None] * 3


async def test_of_a_screen_whose_commands_the_live_side_keeps_nothing_is_replaced_here(stage: Stage) -> None:
    here, away = stage.devices[:2]
    stage.realtime.kept_ids = {here}
    older = [stage.order(device_id, REBOOT) for device_id in (here, away)]
    for order in older:
        await stage.lane.queue(order)
    await stage.lane.queue(stage.order(here, REBOOT))
    assert stage.realtime.ended == [], "only the live side knows whether it has been sent"
    bulk = BulkCommands(stage.database, stage.realtime, stage.lane, lambda: NOW, 60)
    await bulk.queue(stage.tenant.admin, BulkCommandRequest(REBOOT), None)
    assert [ended.id for ended in stage.realtime.ended] == [older[1].id]
