"""Every table of a tenant's is behind a policy that PostgreSQL forces on the hub, and none was forgotten."""

from __future__ import annotations

import psycopg

from persistence.database import Database
from persistence.owner import connect_as_owner
from persistence.transaction import Connection
from tests.isolation.occupied import TABLES_OF_TENANTS, Occupied, rows_of

# What belongs to nobody, and says nothing of anybody.
_OF_NOBODY = {"schema_migrations", "command_transitions", "tenants"}


def tables(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute(TABLES_OF_TENANTS)]


def missing_policies(connection: Connection) -> list[str]:
    """What is wrong with the walls between tenants, table by table; nothing, if they stand."""
    wrong = []
    for table in [*tables(connection), "tenants"]:
        column = "id" if table == "tenants" else "tenant_id"
        forced = connection.execute(
            "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", (table,)
        ).fetchone()
        if forced != (True,):
            wrong.append(f"{table}: row-level security is not forced")
        policies = connection.execute(
            "SELECT qual, with_check, cmd FROM pg_policies"
            " WHERE tablename = %s AND 'clarion_hub' = ANY (roles)",
            (table,),
        ).fetchall()
        if policies != [(f"({column} = clarion_tenant())", f"({column} = clarion_tenant())", "ALL")]:
            wrong.append(f"{table}: the policy of the hub is not that of the tenant: {policies}")
    return wrong


def test_every_table_is_a_tenants_or_nobodys(database_url: str) -> None:
    with connect_as_owner(database_url) as connection:
        every = connection.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND c.relnamespace = 'public'::regnamespace"
        ).fetchall()
        assert {name for (name,) in every} - set(tables(connection)) == _OF_NOBODY


def test_every_table_of_a_tenant_forces_its_policy_on_the_hub(database_url: str) -> None:
    with connect_as_owner(database_url) as connection:
        assert len(tables(connection)) >= 29
        assert missing_policies(connection) == []


def test_a_policy_that_is_gone_or_softened_is_found(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        for table in tables(connection):
            for harm in (
                f"DROP POLICY tenant ON {table}",
                f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
                f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
                f"ALTER POLICY tenant ON {table} USING (true)",
                f"ALTER POLICY tenant ON {table} WITH CHECK (true)",
                f"CREATE POLICY more ON {table} TO clarion_hub USING (true)",
            ):
                with connection.transaction(force_rollback=True):
                    connection.execute(harm.encode())
                    (found,) = missing_policies(connection)
                    assert found.startswith(f"{table}: "), harm


def test_every_table_has_a_row_of_each_tenant_in_these_tests(
    database_url: str, ours: Occupied, theirs: Occupied
) -> None:
    for it in (ours, theirs):
        empty = [table for table, rows in rows_of(database_url, it.tenant.id).items() if not rows]
        assert empty == [], "a table that nobody fills is a table that nobody tests: see occupied.py"


async def test_the_hub_sees_only_the_rows_of_the_tenant_that_its_transaction_names(
    database_url: str, hub_database_url: str, ours: Occupied, theirs: Occupied
) -> None:
    with connect_as_owner(database_url) as connection:
        names = tables(connection)

    def seen(connection: Connection) -> dict[str, set[str]]:
        return {
            name: {row[0] for row in connection.execute(f"SELECT tenant_id FROM {name}".encode())}
            for name in names
        }

    async with Database(hub_database_url, pool_size=1) as database:
        for it in (ours, theirs):
            assert await database.run(seen, tenant_id=it.tenant.id) == {
                name: {it.tenant.id} for name in names
            }
        assert await database.run(seen) == {name: set() for name in names}, "the pool carried a tenant over"


async def test_the_hub_changes_no_row_of_another_tenant_whatever_it_forgets(
    database_url: str, hub_database_url: str, ours: Occupied, theirs: Occupied
) -> None:
    with connect_as_owner(database_url) as connection:
        names = tables(connection)
    before = rows_of(database_url, theirs.tenant.id)

    async with Database(hub_database_url, pool_size=1) as database:
        for name in names:
            for statement in ("DELETE FROM {}", "UPDATE {} SET tenant_id = tenant_id"):

                def work(connection: Connection, text: str = statement.format(name)) -> None:
                    with connection.transaction(force_rollback=True):
                        connection.execute(text.encode())

                try:
                    await database.run(work, tenant_id=ours.tenant.id)
                except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ForeignKeyViolation):
                    continue
    assert rows_of(database_url, theirs.tenant.id) == before


def test_the_hubs_role_owns_nothing_and_can_bypass_nothing(database_url: str) -> None:
    with connect_as_owner(database_url) as connection:
        flags = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = 'clarion_hub'"
        ).fetchone()
        owned = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = 'clarion_hub'::regrole"
        ).fetchone()
        functions = connection.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
            " AND (proconfig IS NULL OR NOT proconfig::text LIKE '%search_path=pg_catalog, public, pg_temp%')"
        ).fetchall()
        members = connection.execute(
            "SELECT count(*) FROM pg_auth_members WHERE member = 'clarion_hub'::regrole"
        ).fetchone()
    assert (flags, owned, members) == ((False,) * 4, (0,), (0,))
    assert functions == [], "what runs as the owner names where it looks"
