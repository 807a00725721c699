"""Room on the pages: what is written again and again leaves the indexes alone. A ledger keeps its walls."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hub.journal_records import Batch
from persistence import migrate as module
from persistence.database import Database
from persistence.embedded import EmbeddedPostgres
from persistence.journal import Written, _write
from persistence.migrate import migrate
from persistence.repositories.base import Connection
from protocol.vocabulary import LedgerState
from tests.persistence.journal_records import ledger, playback, presence
from tests.persistence.premises import Premises

BEFORE = ["0001-foundation", "0002-the-hub-keeps-its-word"]
THIS = "0003-room-for-what-changes"
LATER = sorted(path.stem for path in module.FOLDER.glob("*.sql") if path.stem > THIS)
TABLES = ("devices", "emergency_ledger")
SCREENS = 200


@pytest.fixture
def old(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Premises]:
    """A database of the release before, lived in."""
    for name in BEFORE:
        shutil.copy(module.FOLDER / f"{name}.sql", tmp_path)
    postgres.create_database("lived_in")
    assert migrate(postgres.url("lived_in"), tmp_path) == BEFORE
    home = Premises(postgres.url("lived_in"), "ours", devices=3)
    for device_id in home.devices:
        home.run(
            "INSERT INTO emergency_ledger (tenant_id, emergency_id, device_id, targeted_at)"
            " VALUES (%s, %s, %s, now())",
            *(home.id, home.emergency_id, device_id),
        )
    yield home
    postgres.drop_database("lived_in")


def test_nothing_is_lost_and_the_room_is_left_from_now_on(old: Premises) -> None:
    before = [old.rows(f"SELECT to_jsonb(t) FROM {table} t ORDER BY 1") for table in TABLES]
    assert migrate(old.database_url) == [THIS, *LATER]
    after = [old.rows(f"SELECT to_jsonb(t) FROM {table} t ORDER BY 1") for table in TABLES]
    # Later migrations add columns; what there was is as it was.
    for rows, rows_before in zip(after, before, strict=True):
        assert [
            {name: row[name] for name in was} for (row,), (was,) in zip(rows, rows_before, strict=True)
        ] == [was for (was,) in rows_before]
    room = (
        "SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL AND relkind = 'r' ORDER BY 1"
    )
    assert old.rows(room) == [("devices", ["fillfactor=30"]), ("emergency_ledger", ["fillfactor=50"])]


@pytest.mark.parametrize("stranger", ["tenant_id", "emergency_id", "device_id"])
def test_an_entry_still_needs_an_emergency_and_a_device_of_its_own_tenant(
    ours: Premises, theirs: Premises, stranger: str
) -> None:
    entry = {"tenant_id": ours.id, "emergency_id": ours.emergency_id, "device_id": ours.devices[0]}
    entry[stranger] = {
        "tenant_id": theirs.id,
        "emergency_id": theirs.emergency_id,
        "device_id": theirs.devices[0],
    }[stranger]
    insert = (
        "INSERT INTO emergency_ledger (tenant_id, emergency_id, device_id, targeted_at)"
        " VALUES (%s, %s, %s, now())"
    )
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        ours.run(insert, *entry.values())


async def test_what_the_journal_writes_again_and_again_leaves_the_indexes_alone(
    database_url: str, hub_database_url: str
) -> None:
    home = Premises(database_url, "many", devices=SCREENS)

    def updates(connection: Connection, state: LedgerState) -> tuple[tuple[int, int], ...]:
        """(updates of the transaction, those that touched no index) of devices, and of the ledger."""
        batch = Batch(
            presence={device_id: presence(home, device_id) for device_id in home.devices},
            playback={device_id: playback(home, device_id) for device_id in home.devices},
            ledger={
                (home.emergency_id, device_id): ledger(home, device_id, state) for device_id in home.devices
            },
        )
        assert _write(connection, batch) == Written(0, frozenset())
        found = [
            connection.execute(
                "SELECT pg_stat_get_xact_tuples_updated(oid), pg_stat_get_xact_tuples_hot_updated(oid)"
                " FROM pg_class WHERE relname = %s",
                (table,),
            ).fetchall()
            for table in ("devices", "emergency_ledger")
        ]
        return tuple(rows[0] for rows in found)

    async with Database(hub_database_url, pool_size=1) as database:
        devices, entries = await database.run(lambda connection: updates(connection, LedgerState.SENT))
        assert devices[0] == 2 * SCREENS and devices[1] > 0.8 * devices[0]
        assert entries == (0, 0)
        devices, entries = await database.run(lambda connection: updates(connection, LedgerState.RENDERED))
        assert devices[0] == 2 * SCREENS and devices[1] > 0.8 * devices[0]
        assert entries[0] == SCREENS and entries[1] > 0.8 * entries[0]
