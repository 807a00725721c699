"""The hub's way to PostgreSQL: whole transactions, bounded waits, and a role that no policy lets past."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import trio
from psycopg.errors import SerializationFailure

from persistence.database import AWAY_WAIT_S, Database
from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from persistence.errors import DatabaseUnavailable, UnsafeDatabaseRole
from persistence.migrate import migrate
from persistence.transaction import Connection, Transaction
from tests.hub.tenants import Tenant, make_tenant


@pytest.fixture
def tenant(database_url: str) -> Tenant:
    return make_tenant(database_url, "Ours")


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Set at the end whatever happens, so that no worker thread waits for ever."""
    event = threading.Event()
    yield event
    event.set()


def group_names(tx: Transaction) -> list[str]:
    return [group.name for group in tx.user_groups.all()]


async def test_work_is_committed_whole_or_not_at_all(database_url: str, tenant: Tenant) -> None:
    def fail(tx: Transaction) -> None:
        tx.user_groups.add("Never")
        raise LookupError("in the middle")

    async with Database(database_url, pool_size=1) as database:
        await database.transact(tenant.id, lambda tx: tx.user_groups.add("Main"))
        with pytest.raises(LookupError):
            await database.transact(tenant.id, fail)
        assert await database.transact(tenant.id, group_names) == ["Main"]


async def test_ids_come_back_as_text(database_url: str, tenant: Tenant) -> None:
    def ids(connection: Connection) -> list[object]:
        row = connection.execute("SELECT id, ARRAY[id] FROM tenants").fetchone()
        return list(row or ())

    async with Database(database_url, pool_size=1) as database:
        assert await database.run(ids, tenant_id=tenant.id) == [tenant.id, [tenant.id]]


async def test_a_cancelled_caller_leaves_a_finished_transaction_and_a_clean_connection(
    database_url: str, tenant: Tenant, release: threading.Event
) -> None:
    entered = trio.Event()
    token = trio.lowlevel.current_trio_token()

    def slow(tx: Transaction) -> None:
        tx.user_groups.add("Written")
        token.run_sync_soon(entered.set)
        assert release.wait(10)

    with trio.fail_after(20):
        async with Database(database_url, pool_size=1) as database:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(database.transact, tenant.id, slow)
                await entered.wait()
                nursery.cancel_scope.cancel()
                release.set()
            assert await database.transact(tenant.id, group_names) == ["Written"]


async def test_who_finds_every_connection_busy_waits_a_bounded_time_and_an_emergency_not_at_all(
    database_url: str, tenant: Tenant, release: threading.Event
) -> None:
    entered = trio.Event()
    token = trio.lowlevel.current_trio_token()

    def hold(tx: Transaction) -> None:
        token.run_sync_soon(entered.set)
        assert release.wait(10)

    with trio.fail_after(20):
        async with (
            Database(database_url, pool_size=1, wait_s=0.2) as database,
            trio.open_nursery() as nursery,
        ):
            nursery.start_soon(database.transact, tenant.id, hold)
            await entered.wait()
            with pytest.raises(DatabaseUnavailable, match="busy"):
                await database.transact(tenant.id, group_names)

            async def urgently() -> None:
                assert await database.transact(tenant.id, group_names, urgent=True) == []
                release.set()

            nursery.start_soon(urgently)
        assert release.is_set()


async def test_a_statement_that_takes_too_long_is_stopped(database_url: str, tenant: Tenant) -> None:
    async with Database(database_url, pool_size=1, statement_s=0.2) as database:
        with pytest.raises(DatabaseUnavailable, match="statement timeout"):
            await database.run(lambda connection: connection.execute("SELECT pg_sleep(10)"))
        assert await database.transact(tenant.id, group_names) == []


async def test_a_server_that_only_reads_is_unavailable_and_not_a_fault(
    database_url: str, tenant: Tenant
) -> None:
    def write(tx: Transaction) -> None:
        tx.connection.execute("SET TRANSACTION READ ONLY")
        tx.user_groups.add("Main")

    async with Database(database_url, pool_size=1) as database:
        with pytest.raises(DatabaseUnavailable, match="read-only"):
            await database.transact(tenant.id, write)


async def test_connections_that_died_are_replaced_unnoticed(database_url: str, tenant: Tenant) -> None:
    async with Database(database_url, pool_size=2) as database:
        assert await database.transact(tenant.id, group_names) == []
        with psycopg.connect(database_url) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert await database.transact(tenant.id, group_names) == []


@pytest.mark.alone
async def test_while_postgresql_is_known_to_be_away_nobody_waits_long_and_when_it_is_back_everybody_is_served(
    scratch_folder: Path,
) -> None:
    with EmbeddedPostgres(scratch_folder / "away", durable=False) as server:
        server.create_database("away")
        migrate(server.url("away"))
        tenant = make_tenant(server.url("away"), "Ours")
        async with Database(server.url("away", role=HUB_ROLE), pool_size=2, wait_s=1.0) as database:
            server.stop()
            took_s = []
            for _ in range(4):
                begun_s = trio.current_time()
                with pytest.raises(DatabaseUnavailable):
                    await database.transact(tenant.id, group_names)
                took_s.append(trio.current_time() - begun_s)
            assert took_s[0] < 1.5 and max(took_s[1:]) < AWAY_WAIT_S + 0.3
            server.start()
            with trio.fail_after(5):
                while True:
                    try:
                        assert await database.transact(tenant.id, group_names) == []
                        break
                    except DatabaseUnavailable:
                        await trio.sleep(0.05)


async def test_work_that_postgresql_asks_to_repeat_is_repeated(database_url: str, tenant: Tenant) -> None:
    runs = 0

    def unlucky(tx: Transaction) -> list[str]:
        nonlocal runs
        runs += 1
        tx.user_groups.add(f"Run {runs}")
        if runs == 1:
            raise SerializationFailure("could not serialize access")
        return group_names(tx)

    async with Database(database_url, pool_size=1) as database:
        assert await database.transact(tenant.id, unlucky) == ["Run 2"]


async def test_an_unreachable_database_is_one_clear_error_at_the_start() -> None:
    with pytest.raises(DatabaseUnavailable, match="refused"):
        async with Database("postgresql://nobody@127.0.0.1:1/nothing"):
            pass


async def test_the_hub_works_as_its_role_even_when_it_signs_in_as_the_owner(database_url: str) -> None:
    def who(connection: Connection) -> object:
        row = connection.execute("SELECT current_user, current_setting('timezone')").fetchone()
        return row

    async with Database(database_url, pool_size=1) as database:
        assert await database.run(who) == ("clarion_hub", "UTC")


async def test_a_role_that_could_look_past_the_policies_is_refused(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("ALTER ROLE clarion_hub BYPASSRLS")
        try:
            with pytest.raises(UnsafeDatabaseRole, match="without SUPERUSER and BYPASSRLS"):
                async with Database(database_url):
                    pass
        finally:
            owner.execute("ALTER ROLE clarion_hub NOBYPASSRLS")


async def test_a_login_that_may_not_take_the_role_is_told_what_to_grant(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("CREATE ROLE stranger LOGIN")
        try:
            with pytest.raises(UnsafeDatabaseRole, match="GRANT clarion_hub"):
                async with Database(database_url.replace("clarion_owner@", "stranger@")):
                    pass
        finally:
            owner.execute("DROP ROLE stranger")
