"""What was done is written with what was done, and stays written."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from hub.use_cases.audit import Done
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
