"""What was done is written with what was done, and stays written."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
import trio

from hub.audit_files import AuditArchives
from hub.use_cases.audit import Done
from hub.use_cases.audit_archiving import archive_tenant
from hub.use_cases.audit_verification import verify_tenant
from persistence.database import Database
from persistence.transaction import Connection, Transaction
from protocol.vocabulary import ActorKind
from tests.hub.tenants import Tenant, make_tenant


@pytest.fixture
def tenant(database_url: str) -> Tenant:
    return make_tenant(database_url, "Ours")


def write(tx: Transaction) -> None:
    tx.audit.add(
        [
            Done(
                datetime.now(UTC),
                ActorKind.USER,
                None,
                "somebody@example",
                "test.done",
                "test",
                None,
                {"n": 1},
                ip_address="192.0.2.7",
            )
        ]
    )


def write_many(tx: Transaction) -> None:
    for _ in range(400):
        write(tx)


def rows(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM audit_log").fetchone()
    return int(row[0]) if row else 0


async def test_an_action_that_is_rolled_back_takes_its_audit_row_with_it(
    database_url: str, tenant: Tenant
) -> None:
    def act_and_fail(tx: Transaction) -> None:
        tx.user_groups.add("Main")
        write(tx)
        raise LookupError

    async with Database(database_url, pool_size=1) as database:
        with pytest.raises(LookupError):
            await database.transact(tenant.id, act_and_fail)
        assert rows(database_url) == 0
        await database.transact(tenant.id, write)
        assert rows(database_url) == 1


_FORGED = "(tenant_id, seq, user_email, action, target_type, previous_hash, hash)"


@pytest.mark.parametrize(
    "change",
    [
        f"INSERT INTO audit_log {_FORGED} SELECT tenant_id, 2, 'me', 'a.b', 'c', hash, hash FROM audit_log",
        "UPDATE audit_heads SET seq = 0",
        "DELETE FROM audit_heads",
        "INSERT INTO audit_heads (tenant_id) VALUES (clarion_tenant())",
        "INSERT INTO audit_archives VALUES (clarion_tenant(), 1, 1, 'x', 'x')",
        "DELETE FROM audit_archives",
    ],
)
async def test_the_hub_cannot_forge_an_entry_a_head_or_an_archive(
    database_url: str, hub_database_url: str, tenant: Tenant, change: str
) -> None:
    def try_it(connection: Connection) -> None:
        connection.execute("SELECT set_config('clarion.audit_is_archived', 'yes', true)")
        connection.execute(change.encode())

    async with Database(hub_database_url, pool_size=1) as database:
        await database.transact(tenant.id, write)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await database.run(try_it, tenant_id=tenant.id)
    assert rows(database_url) == 1


def drop_archived(tx: Transaction, last: int, last_hash: str) -> int:
    return tx.audit_log.drop_archived(last, last_hash, "file")


async def test_only_what_was_archived_as_it_is_can_be_dropped(
    database_url: str, hub_database_url: str, tenant: Tenant
) -> None:
    async with Database(hub_database_url, pool_size=1) as database:
        await database.transact(tenant.id, write)
        for last, last_hash in ((1, "00" * 32), (2, "00" * 32)):
            drop = partial(drop_archived, last=last, last_hash=last_hash)
            assert await database.transact(tenant.id, drop) == 0
    assert rows(database_url) == 1


async def test_transactions_at_the_same_moment_make_one_unbroken_chain(
    hub_database_url: str, tenant: Tenant, tmp_path: Path
) -> None:
    def act(tx: Transaction) -> None:
        write(tx)
        write(tx)

    async def acts(database: Database) -> None:
        for _ in range(25):
            await database.transact(tenant.id, act)

    async with (
        Database(hub_database_url, pool_size=4) as one,
        Database(hub_database_url, pool_size=4) as other,
    ):
        async with trio.open_nursery() as nursery:
            for database in (one, other) * 4:
                nursery.start_soon(acts, database)
        verdict = await verify_tenant(one, AuditArchives(tmp_path), tenant.id)
    assert (verdict.entries, verdict.last_seq, verdict.faults) == (400, 400, [])


async def test_nobody_waits_for_the_log_while_another_transaction_is_under_way(
    hub_database_url: str, tenant: Tenant
) -> None:
    has_written, may_go_on = trio.Event(), threading.Event()

    def act_for_long(tx: Transaction) -> None:
        write(tx)
        trio.from_thread.run_sync(has_written.set)
        assert may_go_on.wait(10)

    async with Database(hub_database_url, pool_size=2) as database, trio.open_nursery() as nursery:
        nursery.start_soon(database.transact, tenant.id, act_for_long)
        try:
            await has_written.wait()
            with trio.fail_after(5):
                await database.transact(tenant.id, write, urgent=True)
                assert await database.transact(tenant.id, lambda tx: tx.audit_log.last()) == 1
        finally:
            may_go_on.set()


async def test_what_happens_while_it_is_verified_is_no_fault(
    hub_database_url: str, tenant: Tenant, tmp_path: Path
) -> None:
    folder = AuditArchives(tmp_path)
    later = datetime.now(UTC) + timedelta(days=1)
    async with Database(hub_database_url, pool_size=4) as database:
        for _ in range(3):
            await database.transact(tenant.id, write_many)
        done = trio.Event()

        async def go_on() -> None:
            while not done.is_set():
                await database.transact(tenant.id, write)
                await archive_tenant(database, folder, tenant.id, later, later)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(go_on)
            verdicts = [await verify_tenant(database, folder, tenant.id) for _ in range(3)]
            done.set()
    assert [verdict.faults for verdict in verdicts] == [[], [], []]


@pytest.mark.parametrize(
    "change", ["UPDATE audit_log SET action = 'nothing'", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
async def test_nobody_edits_the_audit_log(database_url: str, tenant: Tenant, change: str) -> None:
    def try_it(connection: Connection) -> None:
        connection.execute(change.encode())

    async with Database(database_url, pool_size=1) as database:
        await database.transact(tenant.id, write)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await database.run(try_it, tenant_id=tenant.id)
    with (
        psycopg.connect(database_url) as owner,
        pytest.raises(psycopg.errors.RaiseException, match="append-only"),
    ):
        owner.execute(change.encode())
    assert rows(database_url) == 1
