"""A tenant with a row in every table, each of which can be told by its name, to see who else sees it."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from persistence.owner import connect_as_owner
from persistence.transaction import Connection
from tests.hub.tenants import Tenant, make_tenant
from tests.isolation.occupied_contents import fill_contents, fill_playlists

TABLES_OF_TENANTS = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
   AND a.attname = 'tenant_id' ORDER BY 1
"""


@dataclass
class Occupied:
    """`ids`: of one thing of each kind, by the name that parameters of routes and repositories give it.
    `marker` is in every text of the tenant's, and in nobody else's."""

    tenant: Tenant
    marker: str
    ids: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, bytes] = field(default_factory=dict)


def occupy(database_url: str, name: str) -> Occupied:
    """The tenant, made in the database."""
    tenant = make_tenant(database_url, name)
    it = Occupied(tenant, f"{name}-{secrets.token_hex(4)}")
    with connect_as_owner(database_url) as connection:
        connection.execute("SELECT set_config('clarion.tenant_id', %s, true)", (tenant.id,))
        _fill(connection, it)
    return it


def nobodys(like: Occupied) -> Occupied:
    """The same things, of a tenant that there is not."""
    admin = like.tenant.admin._replace(user_id=str(uuid.uuid4()), email="nobody@nowhere.example")
    tenant = like.tenant._replace(id=str(uuid.uuid4()), name="Nobody", admin=admin)
    it = Occupied(tenant, f"nobody-{secrets.token_hex(4)}")
    it.ids = {name: str(uuid.uuid4()) for name in like.ids}
    it.hashes = {name: secrets.token_bytes(32) for name in like.hashes}
    return it


def rows_of(database_url: str, tenant_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the tenant has, table by table, to see that nothing of it was changed."""
    with connect_as_owner(database_url) as connection:
        return everything_of(connection, tenant_id)


def everything_of(connection: Connection, tenant_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """The same, by a connection that sees every tenant."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for (table,) in connection.execute(TABLES_OF_TENANTS).fetchall():
        query = sql.SQL("SELECT t::text FROM {} t WHERE tenant_id = %s ORDER BY 1").format(
            sql.Identifier(table)
        )
        found[table] = connection.execute(query, (tenant_id,)).fetchall()
    of_itself = connection.execute("SELECT t::text FROM tenants t WHERE id = %s", (tenant_id,))
    found["tenants"] = of_itself.fetchall()
    return found


def _fill(connection: Connection, it: Occupied) -> None:
    def put(table: str, **values: Any) -> None:
        values = {"tenant_id": it.tenant.id, **values}
        connection.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(sql.Placeholder() * len(values)),
            ),
            list(values.values()),
        )

    def new(name: str) -> str:
        it.ids[name] = str(uuid.uuid4())
        return it.ids[name]

    def digest(name: str) -> bytes:
        it.hashes[name] = hashlib.sha256(f"{it.marker} {name}".encode()).digest()
        return it.hashes[name]

    user = it.ids["user_id"] = it.tenant.admin.user_id
    connection.execute(
        "UPDATE users SET full_name = %s, totp_secret = %s WHERE id = %s",
        (f"{it.marker} person", b"sealed", user),
    )
    device = new("device_id")
    it.ids["pairing_code"] = secrets.token_hex(3).upper()
    put("sites", id=new("site_id"), name=f"{it.marker} site", address=f"{it.marker} street")
    query = {"tag_query": f"owner={it.marker}", "tag_terms": Jsonb([["is", "owner", it.marker]])}
    put("device_groups", id=new("group_id"), name=f"{it.marker} group", **query)
    put(
        "devices",
        id=device,
        hardware_id=f"{it.marker}-hw",
        name=f"{it.marker} screen",
        site_id=it.ids["site_id"],
        status="approved",
        tags=Jsonb({"owner": it.marker}),
        token_hash=digest("device_token"),
        pairing_code=it.ids["pairing_code"],
        pairing_state="waiting",
        pairing_expires_at="tomorrow",
        location=f"{it.marker} hall",
        settings=Jsonb({"player": {"own_hours": {}, "of": it.marker}}),
    )
    put("device_group_members", group_id=it.ids["group_id"], device_id=device)
    put("device_heartbeats", device_id=device, at="now", emergency_version=1)
    put("device_logs", device_id=device, log=f"{it.marker} log", kept=1)
    played = {"plays": 1, "completed": 1, "shown_ms": 1, "name": f"{it.marker} play"}
    put(
        "plays",
        **played,
        device_id=device,
        kept_at="now",
        number=1,
        day="today",
        started_at="now",
        ended_at="now",
    )
    put(
        "play_days",
        **played,
        device_id=device,
        day="today",
        what=f"{it.marker} play",
        first_at="now",
        last_at="now",
    )
    put("device_events", device_id=device, at="now", kind="test", text=f"{it.marker} happened")
    put(
        "bulk_commands",
        id=new("bulk_id"),
        command="ping",
        scope=Jsonb({"kind": "all", "ids": []}),
        scope_text=f"{it.marker} screens",
        idempotency_key=f"{it.marker} once",
        targeted=1,
        created_by=user,
        created_by_name=it.tenant.admin.email,
        expires_at="tomorrow",
    )
    put(
        "commands",
        id=new("command_id"),
        device_id=device,
        command="ping",
        idempotency_key=f"{it.marker} once",
        bulk_id=it.ids["bulk_id"],
        created_by=user,
        created_by_name=it.tenant.admin.email,
        expires_at="tomorrow",
    )
    put(
        "commands",
        id=new("picture_order_id"),
        device_id=device,
        command="screenshot",
        created_by=user,
        created_by_name=it.tenant.admin.email,
        expires_at="tomorrow",
    )
    put(
        "screenshots",
        id=new("screenshot_id"),
        device_id=device,
        command_id=it.ids["picture_order_id"],
        taken_at="now",
        kept_at="now",
        note=it.marker,
        mime_type="image/png",
        width=1,
        height=1,
        picture=it.marker.encode(),
    )
    put(
        "emergencies",
        id=new("emergency_id"),
        title=f"{it.marker} fire",
        message=f"{it.marker} burns",
        severity="extreme",
        scope=Jsonb({"kind": "all", "ids": []}),
        scope_text="all screens",
        content_hash="hash",
        issued_at="now",
        issued_by=user,
        issued_by_name=it.tenant.admin.email,
    )
    put("emergency_ledger", emergency_id=it.ids["emergency_id"], device_id=device, targeted_at="now")
    _fill_people(put, new, digest, it)
    fill_contents(put, new, digest, it)
    fill_playlists(put, new, it)
    connection.execute("UPDATE playlists SET active_number = 1 WHERE id = %s", (it.ids["playlist_id"],))
    connection.execute(
        "UPDATE devices SET manifest_digest = %s WHERE id = %s", (f"digest-{it.marker}", device)
    )
    connection.execute(
        "SELECT audit_append(%s)",
        (
            Jsonb(
                [
                    {
                        "at": "2026-01-01T00:00:00Z",
                        "user_email": it.tenant.admin.email,
                        "action": "test.done",
                        "target_type": "test",
                        "target_id": it.marker,
                    }
                ]
            ),
        ),
    )


def _fill_people(put: Any, new: Any, digest: Any, it: Occupied) -> None:
    user = it.ids["user_id"]
    put("recovery_codes", user_id=user, code_hash=digest("recovery_code"))
    put("user_sites", user_id=user, site_id=it.ids["site_id"])
    put("roles", id=new("role_id"), name=f"{it.marker} role", is_custom=True, permissions=["screens:view"])
    put("user_groups", id=new("user_group_id"), name=f"{it.marker} people")
    put("user_group_members", group_id=it.ids["user_group_id"], user_id=user)
    put("features", id=new("feature_id"), key=f"f.{it.marker.lower()}", description=it.marker)
    put("user_group_features", group_id=it.ids["user_group_id"], feature_id=it.ids["feature_id"])
    put(
        "one_time_links",
        id=new("link_id"),
        user_id=user,
        purpose="reset",
        token_hash=digest("link"),
        expires_at="tomorrow",
    )
    put(
        "sessions",
        id=new("session_id"),
        user_id=user,
        created_at="now",
        last_used_at="now",
        expires_at="tomorrow",
        user_agent=it.marker,
    )
    put(
        "refresh_tokens",
        session_id=it.ids["session_id"],
        token_hash=digest("refresh_token"),
        issued_at="now",
        expires_at="tomorrow",
    )
    put(
        "api_keys",
        id=new("key_id"),
        name=f"{it.marker} key",
        prefix="clk_",
        key_hash=digest("api_key"),
        permissions=["screens:view"],
    )
    put("enrolment_keys", id=new("enrolment_key_id"), key_hash=digest("enrolment_key"))
    put("api_key_sites", key_id=it.ids["key_id"], site_id=it.ids["site_id"])
    put("audit_archives", first_seq=0, last_seq=0, last_hash=digest("archive"), file=f"{it.marker}.gz")
