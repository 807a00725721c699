"""Denials are on record, bounded, and whoever is denied waits for no record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import trio
import trio.testing

from hub.operator import THE_HUB, Operator
from hub.use_cases.denials import KINDS_AT_MOST, OPERATORS_AT_MOST, Denials
from persistence.database import Database
from persistence.errors import DatabaseUnavailable
from persistence.owner import connect_as_owner
from tests.hub.tenants import Tenant, make_tenant

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def tenant(database_url: str) -> Tenant:
    return make_tenant(database_url, "Ours")


@pytest.fixture
async def database(hub_database_url: str) -> AsyncIterator[Database]:
    async with Database(hub_database_url, pool_size=1, wait_s=0.5) as database:
        yield database


def entries(database_url: str) -> list[tuple[Any, ...]]:
    with connect_as_owner(database_url) as connection:
        return connection.execute(
            "SELECT target_id, outcome, details, user_email FROM audit_log"
            " WHERE action = 'request.denied' ORDER BY seq"
        ).fetchall()


async def test_the_same_denial_again_and_again_is_one_entry_that_counts(
    database_url: str, tenant: Tenant, database: Database
) -> None:
    denials = Denials(database, lambda: NOW)
    for _ in range(1000):
        denials.note(tenant.admin, "POST", "/api/v1/x/{id}", "/api/v1/x/7", "No.")
    await denials.write()
    await denials.write()
    details = {"path": "/api/v1/x/7", "reason": "No.", "times": 1000}
    assert entries(database_url) == [("POST /api/v1/x/{id}", "denied", details, tenant.admin.email)]


async def test_somebody_who_tries_everything_fills_neither_memory_nor_log(
    database_url: str, tenant: Tenant, database: Database
) -> None:
    denials = Denials(database, lambda: NOW)
    for number in range(500):
        denials.note(tenant.admin, "GET", "/api/v1/x/{id}", f"/api/v1/x/{number}", "No.")
    for number in range(OPERATORS_AT_MOST + 10):
        somebody = Operator(f"user {number}", tenant.id, "", "", ())
        denials.note(somebody, "GET", "/api/v1/x", "/api/v1/x", "No.")
    assert len(denials._waiting) == OPERATORS_AT_MOST
    denials._waiting = {
        key: value for key, value in denials._waiting.items() if key[1] == tenant.admin.user_id
    }
    await denials.write()
    found = entries(database_url)
    assert len(found) == KINDS_AT_MOST + 1
    assert (found[-1][0], found[-1][2]["times"]) == ("others", 500 - KINDS_AT_MOST)


async def test_what_postgresql_does_not_take_is_written_when_it_is_back(
    database_url: str, tenant: Tenant, database: Database
) -> None:
    away = True

    class Sometimes:
        async def transact(self, *args: Any, **more: Any) -> Any:
            if away:
                raise DatabaseUnavailable("is away")
            return await database.transact(*args, **more)

        ask = database.ask

    denials = Denials(Sometimes(), lambda: NOW)
    denials.note(tenant.admin, "GET", "/a", "/a", "No.")
    await denials.write()
    denials.note(tenant.admin, "GET", "/b", "/b", "No.")
    away = False
    await denials.write()
    assert [entry[0] for entry in entries(database_url)] == ["GET /a", "GET /b"]


async def test_one_that_postgresql_can_never_take_keeps_no_other_from_the_record(
    database_url: str, tenant: Tenant, database: Database
) -> None:
    denials = Denials(database, lambda: NOW)
    nobody = Operator("no UUID", tenant.id, "", "", ())
    denials.note(nobody, "GET", "/a", "/a", "No.")
    denials.note(tenant.admin, "GET", "/b", "/b", "No.")
    await denials.write()
    assert [entry[0] for entry in entries(database_url)] == ["GET /b"]
    assert denials._waiting == {}


async def test_a_hub_that_stops_in_order_writes_what_is_left(
    database_url: str, tenant: Tenant, database: Database
) -> None:
    denials = Denials(database, lambda: NOW)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(denials.run)
        await trio.testing.wait_all_tasks_blocked()
        denials.note(tenant.admin, "GET", "/a", "/a", "No.")
        denials.note(THE_HUB, "GET", "/a", "/a", "No.")
        nursery.cancel_scope.cancel()
    assert [entry[0] for entry in entries(database_url)] == ["GET /a"]
