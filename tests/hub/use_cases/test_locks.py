"""Whoever changes many screens at once and the journal never wait for each other."""

from __future__ import annotations

import random

import trio

from hub.journal_records import Batch, CommandRecord, PlaybackRecord
from hub.use_cases.bulk_commands import BulkCommands
from hub.use_cases.command_lane import CommandLane
from persistence.database import Database
from persistence.journal import JournalWriter
from protocol.api import BulkCommandRequest
from protocol.vocabulary import CommandName, CommandStatus, PlaybackState
from tests.fakes import RecordingRealtime
from tests.hub.use_cases.lane import NOW, Stage

SCREENS = 300
ROUNDS = 6
OTHERS = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


async def test_bulks_their_cancelling_and_the_journal_do_not_deadlock(
    database_url: str, hub_database_url: str
) -> None:
    lots = random.Random(1)
    over = False
    async with Database(hub_database_url, pool_size=4) as database:
        stage = Stage(database, database_url, SCREENS)
        writer = JournalWriter(database)
        # Another hub's lane: nothing but PostgreSQL keeps the two in order.
        lanes = [stage.lane, CommandLane(stage.database, RecordingRealtime())]

        async def journal() -> None:
            written = 0
            while not over or written < ROUNDS:
                batch = Batch()
                for device_id in lots.sample(stage.devices, 100):
                    batch.playback[device_id] = PlaybackRecord(
                        stage.tenant.id, device_id, PlaybackState.PLAYING, "a", 0, None, None, 0, 1
                    )
                known = stage.realtime.commands[-SCREENS:]
                for command in lots.sample(known, min(100, len(known))):
                    batch.commands[command.id] = CommandRecord(
                        stage.tenant.id, command.id, CommandStatus.SENT, None, 0, None, None, 1
                    )
                await writer.write(batch)
                written += 1

        async def bulks(lane: CommandLane) -> None:
            use_case = BulkCommands(stage.database, stage.realtime, lane, lambda: NOW, 60)
            for _ in range(ROUNDS):
                request = BulkCommandRequest(CommandName.RELOAD_PLAYLIST)
                accepted = await use_case.queue(stage.tenant.admin, request, None)
                await use_case.cancel(stage.tenant.admin, accepted.bulk_id)

        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(journal)
                async with trio.open_nursery() as operators:
                    for lane in lanes:
                        operators.start_soon(bulks, lane)
                over = True
    # What a connection counted is known to all when it is gone.
    with trio.fail_after(10):
        while stage.rows(OTHERS):
            await trio.lowlevel.checkpoint()
    deadlocks = stage.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert deadlocks == [(0,)]
    assert stage.rows("SELECT DISTINCT playlist_version FROM devices") == [(2 * ROUNDS,)]
