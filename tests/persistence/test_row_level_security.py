"""Tenants are kept apart by PostgreSQL itself, whatever a query forgets. Table by table: tests/isolation."""

from __future__ import annotations

import psycopg
import pytest

from persistence.database import Database
from persistence.transaction import Connection
from tests.hub.tenants import make_tenant


async def test_the_hub_cannot_write_a_row_of_another_tenant(database_url: str) -> None:
    ours, theirs = make_tenant(database_url, "Ours"), make_tenant(database_url, "Theirs")

    def intrude(connection: Connection) -> None:
        connection.execute("INSERT INTO sites (tenant_id, name) VALUES (%s, 'Mine now')", (theirs.id,))

    def steal(connection: Connection) -> int:
        return connection.execute("UPDATE users SET is_active = false").rowcount

    async with Database(database_url, pool_size=1) as database:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            await database.run(intrude, tenant_id=ours.id)
        assert await database.run(steal, tenant_id=ours.id) == 1
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT is_active FROM users WHERE tenant_id = %s", (theirs.id,)).fetchone()
    assert row == (True,)


async def test_a_connection_carries_no_tenant_to_the_next_transaction(database_url: str) -> None:
    ours = make_tenant(database_url, "Ours")

    def tenant(connection: Connection) -> str | None:
        row = connection.execute("SELECT clarion_tenant()").fetchone()
        return row[0] if row else None

    def fail(connection: Connection) -> None:
        raise LookupError

    async with Database(database_url, pool_size=1) as database:
        assert await database.run(tenant, tenant_id=ours.id) == ours.id
        assert await database.run(tenant) is None
        with pytest.raises(LookupError):
            await database.run(fail, tenant_id=ours.id)
        assert await database.run(tenant) is None


async def test_the_questions_before_a_tenant_is_known_answer_only_for_active_tenants(
    database_url: str,
) -> None:
    from hub.use_cases.device_secrets import hash_token

    ours = make_tenant(database_url, "Ours")
    key = hash_token(ours.enrolment_key)
    async with Database(database_url, pool_size=1) as database:
        assert await database.ask(lambda questions: questions.tenant_of_enrolment_key(key)) == ours.id
        assert [tenant.name for tenant in await database.ask(lambda questions: questions.tenants())] == [
            "Ours"
        ]
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE tenants SET status = 'SUSPENDED'")
        assert await database.ask(lambda questions: questions.tenant_of_enrolment_key(key)) is None
