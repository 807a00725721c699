"""Somebody limited to a site: every route about the screens of another one, and what is theirs to do."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from hub.api.app import ROUTES
from hub.operator import Operator
from hub.use_cases import command_batch
from hub.use_cases.site_limits import HERE_AND_ELSEWHERE
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api, Reply, running_api
from tests.hub.tenants import Tenant

FIRE: dict[str, Any] = {"title": "Fire", "message": "Leave", "severity": "extreme"}
PING = {"command": "ping"}


class Estate(NamedTuple):
    """A tenant with two screens here, two there and one at no site; h1 and t1 are in the group Doors.
    `local` may do everything, here."""

    api: Api
    tenant: Tenant
    local: Operator
    here: str
    there: str
    doors: str
    h1: str
    h2: str
    t1: str
    t2: str
    nowhere: str

    async def post(self, path: str, body: Any = None, by: Operator | None = None) -> Reply:
        return await self.api.post(f"/api/v1{path}", body, by or self.local)

    async def get(self, path: str, by: Operator | None = None) -> Reply:
        return await self.api.get(f"/api/v1{path}", by or self.local)

    def move(self, device_id: str, site_id: str | None) -> None:
        self.api.rows("UPDATE devices SET site_id = %s WHERE id = %s", site_id, device_id)
        self.api.realtime.sites[device_id] = site_id


@pytest.fixture
async def estate(database_url: str, tmp_path: Path) -> AsyncIterator[Estate]:
    async with running_api(database_url, tmp_path) as api:
        tenant = api.tenant("Hospital")
        (h1,) = await api.provision(tenant, "own-1", site="Here", group="Doors")
        (h2,) = await api.provision(tenant, "own-2", site="Here")
        (t1,) = await api.provision(
            tenant, "foreign-1", site="Elsewhere", group="Doors", tags={"foreign": "foreign"}
        )
        (t2,) = await api.provision(tenant, "foreign-2", site="Elsewhere")
        (nowhere,) = await api.provision(tenant, "foreign-3")
        sites = dict(api.rows("SELECT name, id::text FROM sites"))
        ((doors,),) = api.rows("SELECT id::text FROM device_groups")
        here, there = sites["Here"], sites["Elsewhere"]
        api.realtime.sites = {h1: here, h2: here, t1: there, t2: there, nowhere: None}
        local = api.person(tenant, RoleName.TENANT_ADMIN, sites=[here])
        yield Estate(api, tenant, local, here, there, doors, h1, h2, t1, t2, nowhere)


def said(reply: Reply) -> str:
    """Everything that the answer says, but for what is of the request itself."""
    if isinstance(reply.body, bytes):
        return reply.body.decode()
    body = {k: v for k, v in reply.body.items() if k not in ("instance",)}
    return msgspec.json.encode(body).decode()


# ---- the matrix: every route × a screen of another site ----

ABOUT_A_SCREEN = {"device_id", "command_id", "bulk_id", "emergency_id"}
ASKED = [route for route in ROUTES if ABOUT_A_SCREEN.intersection(route.path_parameters)]


async def test_what_is_about_a_screen_of_another_site_is_not_there(estate: Estate) -> None:
    admin = estate.tenant.admin
    command = (await estate.post(f"/devices/{estate.t1}/command", PING, admin)).body["command_id"]
    scope = {"kind": "devices", "ids": [estate.t1, estate.nowhere]}
    bulk = (await estate.post("/commands", {**PING, "scope": scope}, admin)).body["bulk_id"]
    emergency = (await estate.post("/emergencies", {**FIRE, "scope": scope}, admin)).body["id"]
    keep_ledger(estate, emergency, estate.t1, estate.nowhere)
    theirs = {"command_id": command, "bulk_id": bulk, "emergency_id": emergency}
    before = traces(estate)
    assert len(ASKED) >= 17
    for route, device_id in itertools.product(ASKED, (estate.t1, estate.nowhere)):
        foreign = unknown = route.path
        for name in route.path_parameters:
            foreign = foreign.replace(f"{{{name}}}", {**theirs, "device_id": device_id}[name])
            unknown = unknown.replace(f"{{{name}}}", str(uuid.uuid4()))
        body = {"location": "Roof"} if route.method == "PATCH" else None
        body = {} if route.method == "PUT" else body
        body = PING if foreign.endswith("/command") else body
        body = {"playlist_id": str(uuid.uuid4())} if foreign.endswith("/playlist") else body
        reply = await estate.api.call(route.method, foreign, body, estate.local)
        nobody = await estate.api.call(route.method, unknown, body, estate.local)
        assert (reply.status, nobody.status) == (404, 404), (route.method, route.path, reply.body)
        assert said(reply) == said(nobody), "it is answered as what does not exist"
    assert traces(estate) == before, "and nothing was done"


def traces(estate: Estate) -> list[Any]:
    """What an action would have left."""
    return [
        estate.api.rows("SELECT id, status, location, site_id FROM devices ORDER BY id"),
        estate.api.rows("SELECT id, status FROM commands ORDER BY seq"),
        estate.api.rows("SELECT id, status FROM emergencies ORDER BY id"),
        estate.api.rows("SELECT id, playlist_id FROM schedule_entries ORDER BY id"),
        estate.api.rows("SELECT action FROM audit_log WHERE outcome = 'done' ORDER BY id"),
        list(estate.api.realtime.cuts),
        list(estate.api.realtime.cleared),
        list(estate.api.realtime.ended),
    ]


def keep_play(estate: Estate, device_id: str, name: str) -> None:
    """It was on the screen today."""
    estate.api.rows(
        "INSERT INTO play_days (tenant_id, day, device_id, what, name, plays, completed, shown_ms, first_at,"
        " last_at) VALUES (%s, current_date, %s, %s, %s, 1, 1, 1000, now(), now())",
        *(estate.tenant.id, device_id, name, name),
    )


def keep_ledger(estate: Estate, emergency_id: str, *device_ids: str) -> None:
    """These screens are targeted by it; each is a hundred milliseconds later than the one before."""
    for number, device_id in enumerate(device_ids, 1):
        estate.api.rows(
            "INSERT INTO emergency_ledger (tenant_id, emergency_id, device_id, state, targeted_at, sent_at,"
            " received_at, rendered_at)"
            " SELECT tenant_id, id, %s, 'rendered', issued_at, issued_at, issued_at,"
            " issued_at + %s * interval '100 ms' FROM emergencies WHERE id = %s",
            device_id,
            number,
            emergency_id,
        )


LISTS = [
    "/devices?status=approved",
    "/devices?q=foreign",
    "/devices?status=pending",
    "/devices?tag=foreign",
    "/commands?open=true",
    "/emergencies?open=true",
    *(
        route.path.removeprefix("/api/v1")
        for route in ROUTES
        if route.method == "GET" and not route.path_parameters and route.signed_in
    ),
]


async def test_no_list_names_a_screen_of_another_site(estate: Estate) -> None:
    admin = estate.tenant.admin
    for scope in (
        {"kind": "devices", "ids": [estate.t1, estate.nowhere]},
        {"kind": "devices", "ids": [estate.h1, estate.t1, estate.nowhere]},
        {"kind": "sites", "ids": [estate.here, estate.there]},
        {"kind": "all", "within": [estate.here, estate.there]},
        {"kind": "groups", "ids": [estate.doors], "within": [estate.there]},
    ):
        assert (await estate.post("/commands", {**PING, "scope": scope}, admin)).status == 202
        created = (await estate.post("/emergencies", {**FIRE, "scope": scope}, admin)).body["id"]
        keep_ledger(estate, created, estate.h1, estate.t1)
    assert (await estate.post(f"/devices/{estate.t2}/command", PING, admin)).status == 202
    await estate.api.register(estate.tenant, "foreign-4")
    for device_id, name in ((estate.h1, "own"), (estate.t1, "foreign"), (estate.nowhere, "foreign")):
        keep_play(estate, device_id, name)
    assert "own" in said(await estate.get("/reports/proof-of-play.csv"))
    for path in (*LISTS, f"/groups/{estate.doors}"):
        reply = await estate.get(path)
        # What is of the whole tenant, such as people and keys, is not for them; an export wants a format.
        assert reply.status in (200, 403, 422), (path, reply.body)
        for foreign in (estate.t1, estate.t2, estate.nowhere, estate.there, "foreign", "Elsewhere"):
            assert foreign not in said(reply), (path, foreign)


async def test_a_group_and_a_tag_query_reach_what_is_here(estate: Estate) -> None:
    assert (await estate.get(f"/groups/{estate.doors}")).body["devices"] == 1
    found = await estate.post("/groups/preview", {"tag_query": "foreign"})
    assert (found.status, found.body) == (200, {"devices": 0, "first": []})
    assert (await estate.get(f"/sites/{estate.there}")).status == 404


async def test_what_is_here_is_listed_and_counted_and_nothing_else(estate: Estate) -> None:
    admin = estate.tenant.admin
    assert [row["id"] for row in (await estate.get("/devices")).body["items"]] == [estate.h1, estate.h2]
    bulk = (await estate.post("/commands", PING, admin)).body
    assert bulk["targeted"] == 5
    commands = (await estate.get("/commands")).body["items"]
    assert {row["device_id"] for row in commands} == {estate.h1, estate.h2}
    await estate.post(f"/commands/{commands[0]['id']}/cancel")
    seen = (await estate.get(f"/bulk-commands/{bulk['bulk_id']}")).body
    assert (seen["targeted"], seen["refused"], seen["finished"]) == (2, 0, 1)
    assert seen["counts"] == {"queued": 1, "cancelled": 1} and seen["scope_text"] == "all screens"
    whole = (await estate.get(f"/bulk-commands/{bulk['bulk_id']}", admin)).body
    assert (whole["targeted"], whole["counts"]) == (5, {"queued": 4, "cancelled": 1})


async def test_taking_back_a_command_to_many_takes_back_what_is_here(estate: Estate) -> None:
    admin = estate.tenant.admin
    bulk = (await estate.post("/commands", PING, admin)).body["bulk_id"]
    reply = await estate.post(f"/bulk-commands/{bulk}/cancel")
    assert (reply.status, reply.body["counts"]) == (200, {"cancelled": 2})
    assert {ended.device_id for ended in estate.api.realtime.ended} == {estate.h1, estate.h2}
    assert estate.api.audited("bulk_command.cancelled")[0][3] == {"cancelled": 2}
    whole = (await estate.get(f"/bulk-commands/{bulk}", admin)).body
    assert whole["counts"] == {"cancelled": 2, "queued": 3}


@pytest.mark.parametrize(
    ("kind", "reached"),
    [("all", ["h1", "h2"]), ("groups", ["h1"]), ("sites", ["h1", "h2"]), ("devices", ["h2"])],
)
async def test_a_command_to_many_goes_to_the_screens_here_whatever_it_names(
    estate: Estate, kind: str, reached: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_batch, "OPEN_COMMANDS_AT_MOST", 1)
    await estate.post(f"/devices/{estate.h1}/command", PING)  # it is full
    ids = {"all": [], "groups": [estate.doors], "sites": [estate.here], "devices": [estate.h2]}[kind]
    body = {"command": "reload_playlist", "scope": {"kind": kind, "ids": ids}}
    reply = await estate.post("/commands", body)
    wanted = {getattr(estate, name) for name in reached}
    assert (reply.status, reply.body["targeted"]) == (202, len(wanted))
    told = {command.device_id for command in estate.api.realtime.commands[1:]}
    assert told == wanted - {estate.h1}
    bulk = (await estate.get(f"/bulk-commands/{reply.body['bulk_id']}")).body
    assert (bulk["targeted"], bulk["refused"]) == (len(wanted), int(estate.h1 in wanted))
    assert bulk["scope"]["within"] == [estate.here] and bulk["created_by"] == estate.local.email


@pytest.mark.parametrize("path", ["/commands", "/emergencies", "/emergencies/preview"])
async def test_a_scope_that_names_another_site_is_refused_by_field(estate: Estate, path: str) -> None:
    unknown = str(uuid.uuid4())
    for kind, foreign in (
        ("sites", estate.there),
        ("devices", estate.t1),
        ("devices", estate.nowhere),
        ("devices", unknown),
    ):
        body = {**FIRE, "scope": {"kind": kind, "ids": [foreign]}}
        if path == "/commands":
            body = {**PING, "scope": body["scope"]}
        if path.endswith("preview"):
            body = {"scope": body["scope"]}
        reply = await estate.post(path, body)
        assert (reply.status, reply.body["fields"]) == (
            422,
            {"scope.ids": f"not {kind} of your tenant: {foreign}"},
        )
        body["scope"] = {"kind": "all", "within": [estate.here, estate.there]}
        reply = await estate.post(path, body)
        assert (reply.status, list(reply.body["fields"])) == (422, ["scope.within"])
    assert estate.api.realtime.activated == [] and estate.api.realtime.commands == []


async def test_a_command_to_a_screen_here_is_sent_and_one_to_a_screen_that_has_moved_is_not(
    estate: Estate,
) -> None:
    assert (await estate.post(f"/devices/{estate.h1}/command", PING)).status == 202
    estate.move(estate.h1, estate.there)
    assert (await estate.post(f"/devices/{estate.h1}/command", PING)).status == 404
    estate.move(estate.t1, estate.here)
    reply = await estate.post(f"/devices/{estate.t1}/command", PING)
    assert reply.status == 202
    row = (await estate.get(f"/commands/{reply.body['command_id']}")).body
    assert (row["created_by"], row["device_id"]) == (estate.local.email, estate.t1)


# ---- emergencies ----


async def test_an_emergency_is_within_the_sites_of_whoever_triggers_it(estate: Estate) -> None:
    for scope, words in (
        ({}, "all screens of 1 site"),
        ({"kind": "groups", "ids": [estate.doors]}, "group Doors in 1 site"),
        ({"kind": "devices", "ids": [estate.h1]}, "screen own-1"),
        ({"kind": "sites", "ids": [estate.here]}, "site Here"),
    ):
        reply = await estate.post("/emergencies", {**FIRE, "scope": scope})
        assert reply.status == 201
        live = estate.api.realtime.activated[-1]
        assert (live.scope.within, live.scope_text) == ([estate.here], words)
        assert (live.issued_by, live.issued_by_id) == (estate.local.email, estate.local.user_id)
    (details,) = {str(row[3]["scope"]["within"]) for row in estate.api.audited("emergency.created")}
    assert details == str([estate.here])


async def test_an_emergency_is_seen_by_those_whose_screens_it_is_for_and_counted_over_them(
    estate: Estate,
) -> None:
    created = (await estate.post("/emergencies", FIRE, estate.tenant.admin)).body["id"]
    assert (await estate.get(f"/emergencies/{created}")).status == 404, "it is for no screen here yet"
    keep_ledger(estate, created, estate.h1, estate.t1, estate.h2, estate.nowhere)
    seen = (await estate.get(f"/emergencies/{created}")).body
    tallies = {key: seen[key] for key in ("targeted", "rendered", "p50_ms", "slowest_ms", "still_showing")}
    assert tallies == {
        "targeted": 2,
        "rendered": 2,
        "p50_ms": 100,
        "slowest_ms": 300,
        "still_showing": 2,
    }
    assert (seen["scope_text"], seen["issued_by"]) == ("all screens", estate.tenant.admin.email)
    foreign = (await estate.post("/emergencies", FIRE, estate.tenant.admin)).body["id"]
    keep_ledger(estate, foreign, estate.t1, estate.nowhere)
    for query in ("", "?open=true"):
        assert (await estate.get(f"/emergencies{query}")).body["items"] == [seen]
    rows = (await estate.get(f"/emergencies/{created}/ledger")).body["items"]
    assert [row["device_id"] for row in rows] == [estate.h1, estate.h2]
    whole = (await estate.get(f"/emergencies/{created}", estate.tenant.admin)).body
    assert (whole["targeted"], whole["slowest_ms"]) == (4, 400)


async def test_what_an_emergency_for_others_too_names_is_what_of_it_is_here(estate: Estate) -> None:
    scope = {"kind": "devices", "ids": [estate.h1, estate.t1]}
    created = (await estate.post("/emergencies", {**FIRE, "scope": scope}, estate.tenant.admin)).body["id"]
    keep_ledger(estate, created, estate.h1, estate.t1)
    seen = (await estate.get(f"/emergencies/{created}")).body
    assert seen["scope"] == {"kind": "devices", "ids": [estate.h1], "within": None}
    assert seen["scope_text"] == HERE_AND_ELSEWHERE
    whole = (await estate.get(f"/emergencies/{created}", estate.tenant.admin)).body
    assert (whole["scope"]["ids"], whole["scope_text"]) == (scope["ids"], "screens own-1 and foreign-1")


async def test_only_an_emergency_that_is_for_nobody_else_can_be_ended(estate: Estate) -> None:
    for_all = (await estate.post("/emergencies", FIRE, estate.tenant.admin)).body["id"]
    keep_ledger(estate, for_all, estate.h1, estate.t1)
    for action in ("clear", "sign-off"):
        reply = await estate.post(f"/emergencies/{for_all}/{action}")
        assert reply.status == 403
        assert estate.tenant.admin.email in reply.body["detail"]
    assert estate.api.realtime.cleared == []
    for by, scope in (
        (estate.tenant.admin, {"kind": "sites", "ids": [estate.here]}),
        (estate.tenant.admin, {"kind": "devices", "ids": [estate.h1, estate.h2]}),
        (estate.tenant.admin, {"kind": "all", "within": [estate.here]}),
        (estate.local, {}),
    ):
        created = (await estate.post("/emergencies", {**FIRE, "scope": scope}, by)).body["id"]
        keep_ledger(estate, created, estate.h1)
        reply = await estate.post(f"/emergencies/{created}/clear")
        assert (reply.status, reply.body["cleared_by"]) == (200, estate.local.email)
        assert (await estate.post(f"/emergencies/{created}/sign-off")).status == 200


async def test_a_screen_that_left_the_site_counts_for_its_new_one(estate: Estate) -> None:
    created = (await estate.post("/emergencies", FIRE)).body["id"]
    keep_ledger(estate, created, estate.h1, estate.h2)
    other = estate.api.person(estate.tenant, RoleName.EMERGENCY_OPERATOR, sites=[estate.there])
    assert (await estate.get(f"/emergencies/{created}", other)).status == 404
    estate.move(estate.h2, estate.there)
    assert (await estate.get(f"/emergencies/{created}", other)).body["targeted"] == 1
    assert (await estate.get(f"/emergencies/{created}")).body["targeted"] == 1
    assert (await estate.post(f"/emergencies/{created}/clear", None, other)).status == 403
    estate.move(estate.h1, estate.there)
    mine = (await estate.get(f"/emergencies/{created}")).body
    assert mine["targeted"] == 0, "they triggered it: it stays theirs to end"
    reply = await estate.post(f"/emergencies/{created}/clear")
    assert reply.status == 200
    ((_, _, _, details),) = estate.api.audited("emergency.cleared")
    assert details == {}


async def test_whoever_is_limited_to_no_site_sees_nothing_and_triggers_nothing(estate: Estate) -> None:
    nobody = estate.api.person(estate.tenant, RoleName.TENANT_ADMIN, sites=[])
    for path in ("/devices", "/commands", "/bulk-commands", "/emergencies", "/sites", "/inspect"):
        reply = await estate.get(path, nobody)
        assert reply.status == 200 and not any(reply.body.get("items", ()))
    for path, body in (("/emergencies", FIRE), ("/commands", PING), ("/emergencies/preview", {"scope": {}})):
        assert (await estate.post(path, body, nobody)).status == 403


# ---- changing and letting in ----


@pytest.mark.parametrize("where", ["there", "none", "unknown"])
async def test_nobody_puts_a_screen_where_they_could_not_see_it(estate: Estate, where: str) -> None:
    site_id = {"there": estate.there, "none": None, "unknown": str(uuid.uuid4())}[where]
    path = f"/api/v1/devices/{estate.h1}"
    reply = await estate.api.patch(path, {"site_id": site_id, "name": "Gone"}, estate.local)
    assert (reply.status, list(reply.body["fields"])) == (422, ["site_id"])
    assert estate.api.audited("device.changed") == []
    reply = await estate.api.patch(path, {"site_id": estate.here, "name": "Hall"}, estate.local)
    assert (reply.status, reply.body["name"]) == (200, "Hall")
    assert estate.api.audited("device.changed")[0][3] == {
        "before": {"name": "own-1"},
        "after": {"name": "Hall"},
    }


async def test_a_screen_without_a_site_is_let_in_by_somebody_who_is_not_limited(estate: Estate) -> None:
    waiting = (await estate.api.register(estate.tenant, "new")).body["device_id"]
    for action in ("approve", "reject", "revoke", "rotate-token"):
        assert (await estate.post(f"/devices/{waiting}/{action}")).status == 404
    assert (await estate.get("/devices?status=pending")).body["items"] == []
    body = {"devices": [{"hardware_id": "own-9", "site": "Here"}]}
    assert (await estate.post("/devices/provision", body)).status == 403
    assert (await estate.post(f"/devices/{waiting}/approve", None, estate.tenant.admin)).status == 200


async def test_a_screen_here_that_pairs_again_is_let_in_here(estate: Estate) -> None:
    await estate.api.register(estate.tenant, "own-1")
    await estate.api.register(estate.tenant, "foreign-1")
    waiting = (await estate.get("/devices?status=pending")).body["items"]
    assert [row["id"] for row in waiting] == [estate.h1]
    assert (await estate.post(f"/devices/{estate.h1}/approve")).status == 200
    assert (await estate.post(f"/devices/{estate.t1}/approve")).status == 404
    assert (await estate.post(f"/devices/{estate.h2}/rotate-token")).status == 200
    assert (await estate.post(f"/devices/{estate.h2}/revoke")).status == 200


async def test_who_did_it_keeps_the_name_when_the_person_is_gone(estate: Estate) -> None:
    command = (await estate.post(f"/devices/{estate.h1}/command", PING)).body["command_id"]
    bulk = (await estate.post("/commands", PING)).body["bulk_id"]
    fire = (await estate.post("/emergencies", FIRE)).body["id"]
    await estate.post(f"/emergencies/{fire}/clear")
    estate.api.rows("DELETE FROM users WHERE id = %s", estate.local.user_id)
    admin, name = estate.tenant.admin, estate.local.email
    for path, field in (
        (f"/commands/{command}", "created_by"),
        (f"/bulk-commands/{bulk}", "created_by"),
        (f"/emergencies/{fire}", "issued_by"),
        (f"/emergencies/{fire}", "cleared_by"),
    ):
        assert (await estate.get(path, admin)).body[field] == name
