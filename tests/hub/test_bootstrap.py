"""The hub as it is wired, in this process, on a real database and without a port."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio

from hub import bootstrap
from hub.bootstrap import Hub
from hub.gateway.connection import Connection
from hub.operator import THE_HUB
from hub.settings import Settings
from persistence.database import Database
from persistence.owner import connect_as_owner
from protocol.vocabulary import Presence
from tests.hub.gateway.client import MemoryTransport, upgrade
from tests.hub.tenants import Tenant, add_person, make_tenant


@pytest.fixture
def tenant(database_url: str) -> Tenant:
    return make_tenant(database_url, "Hospital")


@pytest.fixture
async def hub(hub_database_url: str, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub that has taken the truth from PostgreSQL; none of its tasks runs."""
    async with Database(hub_database_url, pool_size=2) as database, trio.open_nursery() as queries:
        made = Hub(Settings(data_dir=tmp_path, jwt_secret="s" * 32), database, queries)
        await made.fill()
        yield made
        queries.cancel_scope.cancel()


def knock(hub: Hub, token: str) -> MemoryTransport:
    """The operators' socket, opened with this token."""
    transport = MemoryTransport()
    connection = Connection(transport, hub.gateway)
    hub.gateway.arrived(connection)
    connection.received(upgrade("/api/v1/ws/admin", f"Authorization: Bearer {token}"))
    return transport


def status_of(transport: MemoryTransport) -> bytes:
    return bytes(transport.written)[9:12]


@pytest.mark.parametrize(("roles", "status"), [(("VIEWER",), b"101"), ((), b"403"), (("CLEANER",), b"403")])
async def test_the_operators_socket_is_for_those_who_may_see_screens(
    hub: Hub, tenant: Tenant, database_url: str, roles: tuple[str, ...], status: bytes
) -> None:
    person = add_person(database_url, tenant, *roles)
    await hub.access.refresh(tenant.id)
    assert status_of(knock(hub, hub.tokens.issue(person, datetime.now(UTC)))) == status


async def test_the_operators_socket_is_not_for_the_hubs_own_token(hub: Hub) -> None:
    assert status_of(knock(hub, hub.tokens.issue(THE_HUB, datetime.now(UTC)))) == b"403"


async def test_a_session_of_another_hub_opens_the_operators_socket_at_the_second_attempt(
    hub: Hub, tenant: Tenant, database_url: str
) -> None:
    person = add_person(database_url, tenant, "VIEWER")
    token = hub.tokens.issue(person, datetime.now(UTC))
    with trio.fail_after(10):
        assert status_of(knock(hub, token)) == b"503"
        while status_of(opened := knock(hub, token)) == b"503":
            await trio.sleep(0.01)
    assert status_of(opened) == b"101"
    ended = hub.tokens.issue(person._replace(session_id=str(uuid.uuid4())), datetime.now(UTC))
    with trio.fail_after(10):
        while status_of(refused := knock(hub, ended)) == b"503":
            await trio.sleep(0.01)
    assert status_of(refused) == b"401"


async def test_a_tenant_made_while_the_hub_runs_is_known_after_the_next_look(
    hub: Hub, database_url: str
) -> None:
    later = make_tenant(database_url, "Made later")
    assert later.id not in hub.tenant_names
    await hub.access.look()
    assert hub.tenant_names[later.id] == "Made later"
    assert "tenants" in {service.name for service in hub.services.states()}


async def test_a_command_expires_a_second_late_so_that_an_answer_in_time_comes_before_it(
    hub: Hub, tenant: Tenant, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "EXPIRE_COMMANDS_EVERY_S", 0.0)
    monkeypatch.setattr(bootstrap, "EXPIRE_UNLESS_BEHIND_S", 60.0)
    with connect_as_owner(database_url) as connection:
        connection.execute(
            "WITH d AS (INSERT INTO devices (tenant_id, hardware_id, name, status)"
            " VALUES (%s, 'hw', 'Lobby', 'approved') RETURNING id)"
            " INSERT INTO commands (id, tenant_id, device_id, command, expires_at)"
            " SELECT gen_random_uuid(), %s, d.id, 'ping', now() - n * interval '50 seconds'"
            " FROM d, generate_series(1, 2) n",
            (tenant.id, tenant.id),
        )

    def statuses() -> list[str]:
        with connect_as_owner(database_url) as connection:
            return [row[0] for row in connection.execute("SELECT status FROM commands ORDER BY expires_at")]

    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.services.run)
            while statuses()[0] != "expired":
                await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
    assert statuses() == ["expired", "queued"]


async def test_a_device_that_was_never_let_in_leaves_the_roster_when_it_is_deleted(
    hub: Hub, tenant: Tenant, database_url: str
) -> None:
    with connect_as_owner(database_url) as connection:
        row = connection.execute(
            "INSERT INTO devices (tenant_id, hardware_id, name, pairing_state, pairing_expires_at)"
            " VALUES (%s, 'hw', 'Nobody', 'waiting', now() - interval '25 hours') RETURNING id",
            (tenant.id,),
        ).fetchone()
    assert row is not None
    await hub.live.refresh_devices(tenant.id, [row[0]])
    assert hub.roster.get(row[0]) is not None
    with trio.fail_after(10):
        assert await hub.retention.sweep()
    assert hub.roster.get(row[0]) is None
    assert b"clarion_devices_deleted_total 1.0" in hub.metrics.text()
    assert "retention" in {service.name for service in hub.services.states()}


async def test_connected_screens_that_do_not_play_yet_what_they_must_are_counted(
    hub: Hub, tenant: Tenant, database_url: str
) -> None:
    with connect_as_owner(database_url) as connection:
        rows = connection.execute(
            "INSERT INTO devices (tenant_id, hardware_id, name, status)"
            " SELECT %s, 'hw ' || n, 'Screen ' || n, 'approved' FROM generate_series(1, 3) n RETURNING id",
            (tenant.id,),
        ).fetchall()
    await hub.live.refresh_devices(tenant.id, [row[0] for row in rows])
    assert b"clarion_screens_behind 0.0" in hub.metrics.text()
    behind, _, away = (hub.roster.get(row[0]) for row in rows)
    assert behind is not None and away is not None
    behind.presence = Presence.ONLINE
    for screen in (behind, away):
        screen.must_play(1, "a" * 64)
        hub.playlists.compare(screen)
    assert b"clarion_screens_behind 1.0" in hub.metrics.text()
