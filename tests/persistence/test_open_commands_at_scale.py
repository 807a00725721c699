"""Thousands of commands become open at once, where PostgreSQL last counted none: what reads the open commands
of each screen does not read those of all the others with them."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from persistence.database import Database
from persistence.live_state import LiveState
from persistence.owner import connect_as_owner
from persistence.transaction import Transaction
from protocol.api import Scope
from protocol.vocabulary import CommandName
from tests.hub.tenants import Tenant, make_tenant

SCREENS = 8_000
STATEMENT_S = 2.5
"""Several times what a statement needs, and a third of what it took when it read all for each."""


@pytest.fixture
def tenant(database_url: str) -> Tenant:
    """Its screens have carried out what there was, and PostgreSQL has counted that."""
    tenant = make_tenant(database_url, "Hospital")
    with connect_as_owner(database_url) as connection:
        connection.execute(
            "INSERT INTO devices (tenant_id, hardware_id, name, status)"
            " SELECT %s, 'hw-' || n, 'Screen ' || n, 'approved' FROM generate_series(1, %s) n",
            (tenant.id, SCREENS),
        )
        connection.execute(
            "INSERT INTO commands (id, tenant_id, device_id, command, expires_at)"
            " SELECT gen_random_uuid(), tenant_id, id, 'ping', now() + interval '1 hour' FROM devices"
        )
        connection.execute("UPDATE commands SET status = 'succeeded', finished_at = now()")
        connection.commit()
        connection.execute("ANALYZE commands, devices")
    return tenant


@pytest.fixture
async def database(hub_database_url: str) -> AsyncIterator[Database]:
    async with Database(hub_database_url, pool_size=2, statement_s=STATEMENT_S) as database:
        yield database


async def test_bulks_their_replacing_the_start_of_a_hub_and_single_commands_stay_quick(
    database: Database, tenant: Tenant
) -> None:
    replaced = [await database.transact(tenant.id, lambda tx: _reload_all(tx, tenant)) for _ in range(3)]
    assert replaced == [0, SCREENS, SCREENS]

    screens = await LiveState(database).screens(tenant.id)
    assert {screen.open_commands for screen in screens} == {1} and len(screens) == SCREENS

    def room(tx: Transaction) -> set[int]:
        ids = [screen.id for screen in screens[:1000]]
        return {room.open_commands for room in tx.command_queue.room(ids, 1000).values()}

    assert await database.transact(tenant.id, room) == {1}


def _reload_all(tx: Transaction, tenant: Tenant) -> int:
    """How many older ones this replaced."""
    bulk_id, now = str(uuid.uuid4()), datetime.now(UTC)
    tx.bulk_commands.add(
        id=bulk_id,
        command=CommandName.RELOAD_PLAYLIST,
        args={},
        scope=Scope(),
        scope_text="all screens",
        idempotency_key=None,
        created_by_name="op",
        created_by=tenant.admin.user_id,
        created_at=now,
        expires_at=now + timedelta(hours=1),
    )
    filled = tx.bulk_commands.fill(bulk_id, Scope(), 1000)
    newest = {
        (device_id, CommandName.RELOAD_PLAYLIST): command_id for command_id, device_id in filled.commands
    }
    return len(tx.command_queue.supersede(newest, now))
