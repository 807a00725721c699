"""Tenants are kept apart by PostgreSQL itself, whatever a query forgets."""

from __future__ import annotations

import psycopg
import pytest

from persistence.database import Database
from persistence.transaction import Connection
from tests.hub.tenants import make_tenant

# Partitions are reached through their table alone: see below.
_TABLES_WITH_A_TENANT = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND c.relnamespace = 'public'::regnamespace AND a.attname = 'tenant_id' ORDER BY 1
"""


def tables_with_a_tenant(database_url: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        return [row[0] for row in connection.execute(_TABLES_WITH_A_TENANT)]


def test_every_table_of_a_tenant_forces_a_policy_on_the_hub(database_url: str) -> None:
    names = tables_with_a_tenant(database_url)
    assert len(names) >= 15 and {"device_heartbeats", "bulk_commands"} <= set(names)
    with psycopg.connect(database_url) as connection:
        for name in [*names, "tenants"]:
            forced = connection.execute(
                "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::regclass",
                (name,),
            ).fetchone()
            assert forced == (True,), name
            policies = connection.execute(
                "SELECT qual FROM pg_policies WHERE tablename = %s AND 'clarion_hub' = ANY (roles)", (name,)
            ).fetchall()
            column = "id" if name == "tenants" else "tenant_id"
            assert policies == [(f"({column} = clarion_tenant())",)], name


async def test_a_query_that_names_no_tenant_sees_only_its_own(database_url: str) -> None:
    ours, theirs = make_tenant(database_url, "Ours"), make_tenant(database_url, "Theirs")

    def emails(connection: Connection) -> list[str]:
        return [row[0] for row in connection.execute("SELECT email FROM users ORDER BY email")]

    async with Database(database_url, pool_size=1) as database:
        assert await database.run(emails, tenant_id=ours.id) == [ours.admin.email]
        assert await database.run(emails, tenant_id=theirs.id) == [theirs.admin.email]


async def test_without_a_tenant_the_hub_sees_nothing(database_url: str) -> None:
    make_tenant(database_url, "Ours")
    names = tables_with_a_tenant(database_url)

    def count(connection: Connection) -> int:
        total = 0
        for name in [*names, "tenants"]:
            row = connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()
            total += row[0] if row else 0
        return total

    async with Database(database_url, pool_size=1) as database:
        assert await database.run(count) == 0


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
