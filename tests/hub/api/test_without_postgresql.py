"""PostgreSQL is away: no command is accepted, no screen hears of one, and who asks is told when to return."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from hub.api.app import ROUTES
from hub.operator import Operator
from persistence.embedded import EmbeddedPostgres
from persistence.migrate import migrate
from tests.hub.api.conftest import Api, running_api

NOWHERE = "00000000-0000-4000-8000-000000000000"
BODIES = {
    "/api/v1/devices/{device_id}/command": {"command": "ping"},
    "/api/v1/commands": {"command": "ping"},
}


@pytest.fixture
def server(scratch_folder: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(scratch_folder / "away", durable=False)


async def test_commands_are_refused_with_a_time_to_come_back_and_accepted_when_it_is_back(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    with server:
        server.create_database("clarion_away")
        migrate(server.url("clarion_away"))
        async with running_api(server.url("clarion_away"), tmp_path, wait_s=0.3) as api:
            tenant = api.tenant("Hospital")
            (device_id,) = await api.provision(tenant, "hw-1")
            path = f"/api/v1/devices/{device_id}/command"
            await trio.to_thread.run_sync(server.stop)
            try:
                statuses = await _all_routes_of_commands(api, tenant.admin, device_id)
                assert statuses == {503}
                # Many at once: each has its answer, and none of them is forgotten in the lane.
                answers: list[int] = []

                async def send() -> None:
                    answers.append((await api.post(path, {"command": "ping"}, tenant.admin)).status)

                with trio.fail_after(30):
                    async with trio.open_nursery() as nursery:
                        for _ in range(50):
                            nursery.start_soon(send)
                assert answers == [503] * 50
            finally:
                await trio.to_thread.run_sync(server.start)
            assert api.realtime.commands == []
            assert api.rows("SELECT count(*) FROM commands") == [(0,)]
            with trio.fail_after(20):
                while (reply := await api.post(path, {"command": "ping"}, tenant.admin)).status == 503:
                    await trio.lowlevel.checkpoint()
            assert reply.status == 202
            assert [command.id for command in api.realtime.commands] == [reply.body["command_id"]]


async def _all_routes_of_commands(api: Api, by: Operator, device_id: str) -> set[int]:
    statuses = set()
    for route in ROUTES:
        if route.tag != "commands":
            continue
        path = route.path.replace("{device_id}", device_id)
        for name in ("command_id", "bulk_id"):
            path = path.replace(f"{{{name}}}", NOWHERE)
        reply = await api.call(route.method, path, BODIES.get(route.path), by)
        statuses.add(reply.status)
        assert int(reply.headers["Retry-After"]) >= 1, route
    return statuses
