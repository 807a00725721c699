"""Inspecting a hub: in this process with faults made on purpose, and a real one by the command."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import trio
from trio.testing import wait_all_tasks_blocked
from websockets.frames import Opcode

from hub.api.app import ROUTES
from hub.bootstrap import Hub
from hub.inspection import ANSWER_WITHIN_S
from hub.jwt_keys import KeptKeys
from hub.live.audience import Audience
from hub.live.roster import Screen
from hub.operator import THE_HUB, Operator
from hub.settings import Settings
from hub.tokens import AccessTokens
from hub.use_cases.errors import NotAllowed
from persistence.database import Database
from persistence.owner import connect_as_owner
from protocol.close_codes import CloseCode
from protocol.codec import encode
from protocol.frames import Heartbeat, Hello
from protocol.inspection import Inspection
from protocol.live import Delta, Snapshot
from protocol.vocabulary import PresenceReason
from tests.actors.device.world import RecordingLink
from tests.hub.gateway.client import frame, upgrade
from tests.hub.hub_process import HubProcess, free_port, running_hub
from tests.hub.tenants import Tenant, make_tenant
from tests.patience import PATIENCE_S

# What every route that takes a body can read.
ANY_BODY = {
    "name": "Lobby",
    "command": "ping",
    "title": "Fire",
    "message": "Leave",
    "severity": "extreme",
    "scope": {"kind": "all"},
    "devices": [{"hardware_id": "hw"}],
    "email": "ann@hospital.example",
    "admin_email": "ann@hospital.example",
    "password": "a long walk on the quay",
    "old_password": "a long walk on the quay",
    "new_password": "a longer walk on the quay",
    "one_time_code": "123456",
    "roles": [],
    "user_ids": [],
    "device_ids": [],
    "features": [],
    "permissions": ["screens:view"],
    "key": "commands.bulk",
    "tag_query": "floor=2",
    "reason": "ticket 4711",
    "item_ids": [],
    "playlist_id": str(uuid.UUID(int=0)),
}
ANY_HEADERS = {
    "Tus-Resumable": "1.0.0",
    "Upload-Length": "1",
    "Upload-Offset": "0",
    "Content-Type": "application/offset+octet-stream",
}
"""What those routes ask for that speak tus."""
ANY_QUERY = {"/api/v1/audit/export": {"format": "csv"}}
_ROOT = Path(__file__).parents[2]


# ---- in this process ----


class Page:
    """An operator's page: every frame that the feed sent it."""

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None
        self.deltas: list[Delta] = []

    def send_encoded(self, frame: bytes) -> None:
        payload = frame[frame.index(b"{") :]
        decoded = msgspec.json.decode(payload, type=Snapshot | Delta)
        if isinstance(decoded, Delta):
            self.deltas.append(decoded)
        else:
            self.snapshot = decoded


class Running:
    """A wired hub with one approved screen of one tenant; its services run."""

    def __init__(self, hub: Hub, tenant: Tenant, device_id: str) -> None:
        self.hub, self.tenant, self.device_id = hub, tenant, device_id

    async def hello(self) -> RecordingLink:
        link = RecordingLink(epoch=1_000)
        self.hub.fleet.connected(
            self.device_id,
            "Lobby",
            link,
            Hello(),
            has_open_commands=False,
            looked_up_s=trio.current_time(),
        )
        await wait_all_tasks_blocked()
        return link

    async def heartbeat(self, link: RecordingLink) -> None:
        self.hub.fleet.heard(self.device_id, link, Heartbeat(1))
        await wait_all_tasks_blocked()

    async def inspect(self, operator: Operator) -> Inspection:
        with trio.fail_after(PATIENCE_S):
            return await self.hub.use_cases.inspection.inspect(operator)


@pytest.fixture
async def running(database_url: str, hub_database_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    tenant = make_tenant(database_url, "Hospital")
    with connect_as_owner(database_url) as connection:
        row = connection.execute(
            "INSERT INTO devices (tenant_id, hardware_id, name, status)"
            " VALUES (%s, 'hw', 'Lobby', 'approved') RETURNING id",
            (tenant.id,),
        ).fetchone()
    assert row is not None
    settings = Settings(data_dir=tmp_path, jwt_secret="s" * 32)
    async with Database(hub_database_url, pool_size=2) as database, trio.open_nursery() as nursery:
        hub = Hub(settings, database, nursery)
        await hub.fill()
        nursery.start_soon(hub.services.run)
        yield Running(hub, tenant, str(row[0]))
        nursery.cancel_scope.cancel()


async def test_an_actor_that_fails_again_and_again_is_quarantined_and_operators_see_it(
    running: Running,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("made on purpose")

    hub, page = running.hub, Page()
    hub.feed.subscribe(Audience(running.tenant.id), page, None, 0)
    hub.fleet.supervisor.intensity, hub.fleet.supervisor.backoff_s = 1, 0.0
    monkeypatch.setattr(hub.effects, "heartbeat_sampled", broken)
    with trio.fail_after(PATIENCE_S):
        for _ in range(2):
            link = await running.hello()
            await running.heartbeat(link)
        assert link.closed == [(CloseCode.HUB_FAULT, 300.0)]

        # On the live feed: the row says why, and a line tells it.
        def told() -> list[str]:
            return [entry.kind for delta in page.deltas for entry in delta.timeline]

        while "quarantined" not in told():
            await trio.sleep(0.01)
        rows = [row for delta in page.deltas for row in delta.screens]
        assert rows[-1].reason is PresenceReason.QUARANTINED
        text = "kept out for 5 minutes: the hub failed again and again to serve it (KeyError)"
        assert f"the screen 'Lobby' ({running.device_id}) is {text}" in caplog.text

        # In its history, for ever.
        while hub.journal.waiting:
            await trio.sleep(0.01)
    with connect_as_owner(database_url) as connection:
        kept = connection.execute(
            "SELECT text FROM device_events WHERE device_id = %s AND kind = 'quarantined'",
            (running.device_id,),
        ).fetchall()
        presence = connection.execute(
            "SELECT presence, presence_reason FROM devices WHERE id = %s", (running.device_id,)
        ).fetchone()
    assert kept == [(text,)] and presence == ("offline", "quarantined")

    # And to whoever inspects the hub.
    inspection = await running.inspect(running.tenant.admin)
    (failed,) = inspection.failed
    assert (failed.name, failed.faults, failed.quarantined) == ("Lobby", 2, True)
    assert failed.last_fault == "KeyError: 'made on purpose'"
    assert failed.kept_out_until is not None
    assert timedelta(minutes=4) < failed.kept_out_until - inspection.at <= timedelta(minutes=5)
    assert (await running.hello()).closed[0][0] is CloseCode.HUB_FAULT


async def test_an_operator_sees_the_own_screens_only_and_the_hub_itself_sees_all(
    running: Running, database_url: str
) -> None:
    link = await running.hello()
    link.stalled, link.backlog_bytes = True, 5_000
    screen = running.hub.roster.get(running.device_id)
    assert screen is not None
    screen.unstable_since_ms = 1_767_355_200_000
    neighbour = make_tenant(database_url, "Neighbour")
    own, other, whole = [
        await running.inspect(operator) for operator in (running.tenant.admin, neighbour.admin, THE_HUB)
    ]
    assert [(row.name, row.backlog_bytes) for row in own.slow] == [("Lobby", 5_000)]
    assert [row.name for row in own.unstable] == ["Lobby"]
    assert own.hub is None
    assert (other.mailboxes, other.slow, other.failed, other.unstable, other.hub) == ([], [], [], [], None)
    # Somebody limited to sites sees the screens there.
    annex = running.tenant.admin._replace(sites=frozenset({"annex"}))
    limited = await running.inspect(annex)
    assert (limited.slow, limited.unstable) == ([], [])
    moved = Screen(running.device_id, running.tenant.id)
    moved.name, moved.site_id, moved.status = "Lobby", "annex", screen.status
    running.hub.roster.put(moved)
    limited = await running.inspect(annex)
    assert (limited.slow, limited.unstable) == (own.slow, own.unstable)
    assert whole.slow == own.slow and whole.hub is not None
    assert (whole.hub.screens, whole.hub.connected) == (1, 1)
    assert {service.name for service in whole.hub.services if service.running} >= {"journal", "dispatcher"}


@pytest.mark.parametrize(
    "operator",
    [
        Operator("u", "t", "", "", ("VIEWER",)),
        Operator("u", "t", "", "", ("HUB",)),
        Operator("", "", "", "", ()),
    ],
)
async def test_whoever_is_neither_an_administrator_nor_the_hub_is_refused(
    running: Running, operator: Operator
) -> None:
    with pytest.raises(NotAllowed):
        await running.inspect(operator)


async def test_a_screens_own_line_comes_from_its_actor_and_a_stuck_one_is_listed_as_such(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, link = running.hub, await running.hello()
    link.stalled, link.backlog_bytes = True, 70_000
    (slow,) = (await running.inspect(running.tenant.admin)).slow
    assert slow.status.startswith("<DeviceActor 'Lobby' online")

    # Nobody takes turns any more: mailboxes fill, and the inspection says so, in time.
    monkeypatch.setattr(hub.fleet.dispatcher, "run_slice", lambda: 0)
    while hub.fleet.heard(running.device_id, link, Heartbeat(1)):
        pass
    (mailbox,) = (await running.inspect(running.tenant.admin)).mailboxes
    assert (mailbox.name, mailbox.urgent, mailbox.normal, mailbox.refused) == ("Lobby", 0, 256, 1)
    assert mailbox.status == f"{running.device_id} has 256 messages waiting already"


async def test_an_actor_that_does_not_answer_in_time_is_listed_so(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, link = running.hub, await running.hello()
    monkeypatch.setattr(hub.fleet.dispatcher, "run_slice", lambda: 0)
    hub.fleet.heard(running.device_id, link, Heartbeat(1))
    (mailbox,) = (await running.inspect(running.tenant.admin)).mailboxes
    assert mailbox.status == f"has not answered within {ANSWER_WITHIN_S:.0f} s"


# ---- a real hub, by the command ----


@pytest.fixture(scope="module")
def hub(postgres: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    from persistence.embedded import HUB_ROLE, EmbeddedPostgres

    assert isinstance(postgres, EmbeddedPostgres)
    postgres.create_database("inspected", template="clarion_template")
    owner_url = postgres.url("inspected")
    with running_hub(
        owner_url,
        owner_url.replace("clarion_owner@", f"{HUB_ROLE}@"),
        tmp_path_factory.mktemp("inspected"),
        {"CLARION_OUTBOX_LIMIT_BYTES": str(64 * 1024 * 1024)},
    ) as hub:
        yield hub
    postgres.drop_database("inspected")


def inspect(hub: HubProcess, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """`clarion inspect` as who runs this hub, unless `env` says otherwise."""
    settings = {"CLARION_DATA_DIR": str(hub.log.parent / "data"), "CLARION_PORT": str(hub.port), **env}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLARION_")}
    return subprocess.run(
        [sys.executable, "-m", "hub", "inspect", *arguments],
        cwd=hub.log.parent,
        env={**inherited, "PYTHONPATH": str(_ROOT), **settings},
        capture_output=True,
        text=True,
        timeout=30,
    )


def inspected(hub: HubProcess) -> Inspection:
    done = inspect(hub, "--json")
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(done.stdout, type=Inspection)


def wait_until(fact: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not fact():
        assert time.monotonic() < deadline, "it did not happen in time"


def test_a_screen_that_does_not_read_is_listed_with_what_waits_for_it(hub: HubProcess) -> None:
    (token,) = hub.provision(1, prefix="deaf").values()
    with socket.socket() as screen:
        screen.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        screen.connect(("127.0.0.1", hub.port))
        screen.sendall(upgrade("/api/v1/ws/device", f"Authorization: Bearer {token}"))
        assert screen.recv(64).startswith(b"HTTP/1.1 101 ")
        screen.sendall(frame(encode(Hello())))
        # Each ping is owed a pong of its size, which this screen never reads.
        pings = frame(b"x" * 125, Opcode.PING) * 10_000

        def is_listed() -> bool:
            screen.sendall(pings)
            return bool(inspected(hub).slow)

        wait_until(is_listed)
        (slow,) = inspected(hub).slow
        assert slow.name and slow.backlog_bytes > 0 and slow.ip_address == "127.0.0.1"
        assert slow.status.startswith("<DeviceActor ")
        printed = inspect(hub).stdout
        assert "Slow to read: 1" in printed and slow.name in printed
        assert "Kept out after faults: none" in printed
        assert "1 of 1 connected" in printed
        for service in ("dispatcher", "journal", "retention (not vital)"):
            assert service in printed
    wait_until(lambda: not inspected(hub).slow)


def test_an_administrator_may_ask_the_api_for_the_own_screens(hub: HubProcess) -> None:
    with hub.sign_in() as client:
        answer = client.get("/api/v1/inspect")
    assert answer.status_code == 200
    assert answer.json()["hub"] is None and answer.json()["failed"] == []


def test_the_hubs_own_token_opens_nothing_else(hub: HubProcess) -> None:
    keys = KeptKeys(hub.log.parent / "data")
    token = AccessTokens(keys, 60).issue(THE_HUB, datetime.now(UTC))
    with hub.sign_in() as client:
        client.headers["Authorization"] = f"Bearer {token}"
        assert client.get("/api/v1/inspect").json()["hub"]["screens"] >= 0
        for route in ROUTES:
            if not route.signed_in or route.path == "/api/v1/inspect":
                continue
            path = route.path
            for name in route.path_parameters:
                path = path.replace(f"{{{name}}}", "1" if name in route.numbers else str(uuid.uuid4()))
            query = ANY_QUERY.get(route.path)
            headers = ANY_HEADERS if route.tag == "uploads" else {}
            answer = client.request(route.method, path, json=ANY_BODY, params=query, headers=headers)
            # To whoever is not ROOT no tenant exists.
            refused = 404 if "tenant_id" in route.path_parameters else 403
            assert answer.status_code == refused, (route.method, route.path, answer.text)


def test_json_is_one_object_for_programs(hub: HubProcess) -> None:
    whole = json.loads(inspect(hub, "--json").stdout)
    assert whole["hub"]["journal"]["refused"] == 0 and whole["hub"]["urgent"] == 0


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"CLARION_JWT_SECRET": "gT4w8mQzPq2Lx7RvKc5NdYb9HsJf3UaE"}, "has another secret"),
        ({"CLARION_DATA_DIR": "nowhere"}, "No secret of a hub is in"),
        ({"CLARION_PORT": "1"}, "No hub answers at http://127.0.0.1:1 "),
    ],
)
def test_what_cannot_be_asked_is_one_line(hub: HubProcess, env: dict[str, str], said: str) -> None:
    done = inspect(hub, **env)
    assert done.returncode != 0 and done.stdout == ""
    assert said in done.stderr
    assert done.stderr.startswith("clarion: ") and len(done.stderr.splitlines()) == 1


def test_another_program_on_the_port_is_one_line(hub: HubProcess, tmp_path: Path) -> None:
    port = free_port()
    other = subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_until(listens)
        done = inspect(hub, CLARION_PORT=str(port))
    finally:
        other.kill()
        other.wait()
    assert "is not a hub of this version (status 404)" in done.stderr
    assert done.returncode != 0 and len(done.stderr.splitlines()) == 1
