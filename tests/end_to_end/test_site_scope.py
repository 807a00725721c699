"""People limited to a site, on a real hub with real screens: what reaches their page, and whom they reach."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import pytest
import trio
from trio_websocket import open_websocket_url

from hub.operator import Operator
from protocol.codec import decode_operator_downlink
from protocol.live import Delta, Snapshot
from protocol.vocabulary import EmergencyStatus, RoleName
from tests.guarantees.obedient_screens import ObedientScreen, many_screens
from tests.guarantees.witness import until
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import PASSWORD, Tenant, add_person
from tests.patience import PATIENCE_S

FIRE: dict[str, Any] = {"title": "Fire", "message": "Leave", "severity": "extreme"}
LATE_S = 20.0


class Estate(NamedTuple):
    """Two screens here (h1 is in the group Doors), two elsewhere (t1 is in it too), and who asks: an
    administrator of the tenant, and somebody who may do everything here."""

    hub: HubProcess
    admin: httpx.AsyncClient
    local: httpx.AsyncClient
    person: Operator
    screens: dict[str, ObedientScreen]
    sites: dict[str, str]
    doors: str

    async def move(self, name: str, site: str | None) -> None:
        site_id = None if site is None else self.sites[site]
        path = f"/api/v1/devices/{self.screens[name].device_id}"
        assert (await self.admin.patch(path, json={"site_id": site_id})).status_code == 200

    async def shows(self, emergency_id: str, *names: str) -> None:
        """Wait until these screens, and no others, have shown it."""
        with trio.fail_after(LATE_S):
            await until(lambda: all(emergency_id in self.screens[name].shown_s for name in names))
        shown = {name for name, screen in self.screens.items() if emergency_id in screen.shown_s}
        assert shown == set(names)


@asynccontextmanager
async def signed_in(hub: HubProcess, email: str, password: str | None) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=hub.url, timeout=PATIENCE_S, trust_env=False) as client:
        body = {"tenant_id": hub.people.tenant_id, "email": email, "password": password}
        answer = await client.post("/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


@pytest.fixture
async def estate(hub: HubProcess, database_url: str) -> AsyncIterator[Estate]:
    tokens: dict[str, str] = {}
    for prefix, site, group in (("h1", "Here", "Doors"), ("h2", "Here", None)):
        tokens |= hub.provision(1, prefix, site=site, group=group)
    for prefix, site, group in (("t1", "Elsewhere", "Doors"), ("t2", "Elsewhere", None)):
        tokens |= hub.provision(1, prefix, site=site, group=group)
    people = hub.people
    async with signed_in(hub, people.operator_email, people.operator_password) as admin:
        sites = {row["name"]: row["id"] for row in (await admin.get("/api/v1/sites")).json()["items"]}
        (doors,) = (row["id"] for row in (await admin.get("/api/v1/groups")).json()["items"])
        tenant = Tenant(people.tenant_id, "Default", Operator("", people.tenant_id, "", "", ()), "")
        person = add_person(database_url, tenant, RoleName.TENANT_ADMIN, sites=[sites["Here"]])
        with trio.fail_after(PATIENCE_S):
            async with signed_in(hub, person.email, PASSWORD) as local:
                async with many_screens(hub.websocket_url, tokens) as screens:
                    await until(lambda: all(screen.is_here for screen in screens))
                    named = dict(zip(("h1", "h2", "t1", "t2"), screens, strict=True))
                    yield Estate(hub, admin, local, person, named, sites, doors)


class Page:
    """Everything that came over one operator's live socket."""

    def __init__(self) -> None:
        self.raw: list[str] = []

    @property
    def snapshot(self) -> Snapshot:
        first = decode_operator_downlink(self.raw[0].encode())
        assert isinstance(first, Snapshot)
        return first

    @property
    def deltas(self) -> list[Delta]:
        frames = [decode_operator_downlink(each.encode()) for each in self.raw[1:]]
        return [frame for frame in frames if isinstance(frame, Delta)]

    def says(self, *words: str) -> bool:
        return any(word in frame for frame in self.raw for word in words)

    async def listen(self, hub: HubProcess, client: httpx.AsyncClient) -> None:
        token = client.headers["Authorization"].encode()
        async with open_websocket_url(
            f"{hub.websocket_url}/api/v1/ws/admin",
            subprotocols=["clarion.v1"],
            extra_headers=[(b"Authorization", token)],
            max_message_size=2**20,
        ) as websocket:
            await websocket.send_message('{"type":"resume"}')
            while True:
                message = await websocket.get_message()
                self.raw.append(message if isinstance(message, str) else message.decode())


@asynccontextmanager
async def open_page(estate: Estate, client: httpx.AsyncClient) -> AsyncIterator[Page]:
    page = Page()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(page.listen, estate.hub, client)
        await until(lambda: page.raw)
        yield page
        nursery.cancel_scope.cancel()


async def test_nothing_of_another_site_reaches_the_page_of_somebody_limited_to_one(estate: Estate) -> None:
    there = [estate.screens[name] for name in ("t1", "t2")]
    foreign = [screen.device_id for screen in there]
    # What is under way when the page opens, and what comes while it is open.
    earlier = await estate.admin.post(
        "/api/v1/emergencies", json={**FIRE, "title": "Secret", "scope": {"kind": "devices", "ids": foreign}}
    )
    assert earlier.status_code == 201
    async with open_page(estate, estate.local) as page, open_page(estate, estate.admin) as everything:
        assert {row.name for row in page.snapshot.screens} == {"h1-0000", "h2-0000"}
        assert page.snapshot.emergencies == []
        path = f"/api/v1/emergencies/{earlier.json()['id']}"
        for ask in (
            estate.local.get(path),
            estate.local.get(f"{path}/ledger"),
            estate.local.post(f"{path}/clear"),
            estate.local.post(f"{path}/sign-off"),
        ):
            assert (await ask).status_code == 404
        assert (await estate.local.get("/api/v1/emergencies")).json()["items"] == []
        for screen in there:
            await estate.admin.post(f"/api/v1/devices/{screen.device_id}/command", json={"command": "ping"})
            await screen.report(f"report of {screen.device_id}")
        bulk = {"command": "pause", "scope": {"kind": "sites", "ids": [estate.sites["Elsewhere"]]}}
        assert (await estate.admin.post("/api/v1/commands", json=bulk)).status_code == 202
        assert (await estate.admin.post(f"/api/v1/emergencies/{earlier.json()['id']}/clear")).is_success
        await there[0].leave()
        await until(lambda: everything.says("went offline"))
        there[0].come_back()
        # Last of all something here: when it is told, everything before it has been told.
        own = estate.screens["h1"]
        await own.report("fence")
        await until(lambda: page.says("fence") and everything.says("fence"))
        assert not page.says(*foreign, "t1-0000", "t2-0000", "Elsewhere", "Secret", earlier.json()["id"])
        assert everything.says(foreign[0]) and everything.says("Secret")
        told = {entry.device_id for delta in page.deltas for entry in delta.timeline}
        assert told == {own.device_id}


async def test_an_emergency_for_all_is_counted_on_each_page_over_its_own_screens(estate: Estate) -> None:
    async with open_page(estate, estate.local) as page:
        created = (await estate.admin.post("/api/v1/emergencies", json=FIRE)).json()
        assert created["targeted"] == 4

        def rendered() -> list[int]:
            return [each.rendered for delta in page.deltas for each in delta.emergencies]

        await until(lambda: rendered() and rendered()[-1] == 2)
        progress = page.deltas[-1].emergencies[-1]
        assert (progress.targeted, progress.online, progress.waiting, progress.missing) == (2, 2, 0, {})
        assert progress.slowest_screen in ("h1-0000", "h2-0000")
        whole = (await estate.admin.get(f"/api/v1/emergencies/{created['id']}")).json()
        mine = (await estate.local.get(f"/api/v1/emergencies/{created['id']}")).json()
        assert (whole["targeted"], mine["targeted"]) == (4, 2)
        ledger = (await estate.local.get(f"/api/v1/emergencies/{created['id']}/ledger")).json()["items"]
        assert [row["name"] for row in ledger] == ["h1-0000", "h2-0000"]
        path = f"/api/v1/emergencies/{created['id']}/clear"
        assert (await estate.local.post(path)).status_code == 403
        assert (await estate.admin.post(path)).status_code == 200
        await until(lambda: page.deltas[-1].emergencies[-1:] and _is_cleared(page))
        assert not page.says(*(estate.screens[name].device_id for name in ("t1", "t2")))


def _is_cleared(page: Page) -> bool:
    return any(each.status is EmergencyStatus.CLEARED for delta in page.deltas for each in delta.emergencies)


@pytest.mark.parametrize("kind", ["all", "groups", "devices"])
async def test_an_emergency_of_somebody_limited_reaches_the_screens_here_now_and_later(
    estate: Estate, kind: str
) -> None:
    own = estate.screens["h1"]
    ids = {"all": [], "groups": [estate.doors], "devices": [own.device_id]}[kind]
    # One is away when it begins.
    await own.leave()
    created = await estate.local.post(
        "/api/v1/emergencies", json={**FIRE, "scope": {"kind": kind, "ids": ids}}
    )
    assert created.status_code == 201, created.text
    fire = created.json()["id"]
    others = ("h2",) if kind == "all" else ()
    await estate.shows(fire, *others)
    own.come_back()
    await estate.shows(fire, "h1", *others)
    # One elsewhere that comes back is told what it must show: not this one. One that moves here joins.
    away = estate.screens["t1"]
    links = away.links
    await away.leave()
    away.come_back()
    await until(lambda: away.links > links)
    if kind != "devices":
        await estate.move("t1", "Here")
        await estate.shows(fire, "h1", "t1", *others)
    await estate.move("h2", "Elsewhere")
    await estate.shows(fire, "h1", *others, *(() if kind == "devices" else ("t1",)))
    assert (await estate.local.post(f"/api/v1/emergencies/{fire}/clear")).status_code == 200
    whole = (await estate.admin.get(f"/api/v1/emergencies/{fire}")).json()
    assert whole["scope"]["within"] == [estate.sites["Here"]]
    assert "t2" not in {name for name, screen in estate.screens.items() if fire in screen.shown_s}


async def test_a_screen_that_moves_leaves_one_page_and_comes_to_another(
    estate: Estate, database_url: str
) -> None:
    people = estate.hub.people
    tenant = Tenant(people.tenant_id, "Default", Operator("", people.tenant_id, "", "", ()), "")
    person = add_person(database_url, tenant, RoleName.VIEWER, sites=[estate.sites["Elsewhere"]])
    moving = estate.screens["h1"].device_id
    created = (await estate.local.post("/api/v1/emergencies", json=FIRE)).json()
    await estate.shows(created["id"], "h1", "h2")
    async with (
        signed_in(estate.hub, person.email, PASSWORD) as other,
        open_page(estate, other) as elsewhere,
        open_page(estate, estate.local) as here,
    ):
        assert elsewhere.snapshot.emergencies == []
        assert [each.targeted for each in here.snapshot.emergencies] == [2]
        await estate.move("h1", "Elsewhere")
        await until(lambda: any(moving in delta.removed for delta in here.deltas))
        await until(lambda: any(row.id == moving for delta in elsewhere.deltas for row in delta.screens))
        # The alert that it shows goes with it, and is counted where it is.
        await until(lambda: any(delta.emergencies for delta in elsewhere.deltas))
        await until(lambda: any(delta.emergencies for delta in here.deltas))
        assert [each.targeted for delta in elsewhere.deltas for each in delta.emergencies][-1] == 1
        assert [each.targeted for delta in here.deltas for each in delta.emergencies][-1] == 1
        told = len(here.raw)
        await estate.screens["h1"].report("of the moved one")
        await until(lambda: elsewhere.says("of the moved one"))
        await estate.screens["h2"].report("fence")
        await until(lambda: here.says("fence"))
        assert not any("of the moved one" in frame for frame in here.raw[told:])
