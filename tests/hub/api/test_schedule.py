"""The schedule's entries over the API: made, found, changed, deleted, assigned; whose they are."""

from __future__ import annotations

import uuid
from typing import Any

import trio

from hub.operator import Operator
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api
from tests.hub.api.schedule_steps import SCHEDULE, playlist, resolved, schedule
from tests.hub.tenants import Tenant

WEEKLY: dict[str, Any] = {
    "name": " Lunch ",
    "priority": 10,
    "first_day": "2026-01-01",
    "recurrence": "freq=weekly;byday=mo,fr;until=20261224",
    "except_days": ["2026-12-04", "2026-12-04"],
    "dayparts": [["13:00", "14:00"], ["11:00", "12:00"]],
    "time_zone": "Europe/Berlin",
    "valid_from": "2026-01-01T00:00:00+01:00",
}


async def screen(api: Api, tenant: Tenant, name: str, **more: Any) -> str:
    (device_id,) = await api.provision(tenant, name, name=name, **more)
    return device_id


async def delete(api: Api, by: Operator, entry_id: str) -> int:
    return (await api.call("DELETE", f"{SCHEDULE}/{entry_id}", None, by)).status


async def test_an_entry_is_kept_as_it_was_meant_and_said_in_words(api: Api, tenant: Tenant) -> None:
    menu = playlist(api, tenant, "Menu")
    device_id = await screen(api, tenant, "Canteen 1")
    made = await schedule(api, tenant.admin, menu, target={"device_id": device_id.upper()}, **WEEKLY)
    assert made["name"] == "Lunch" and made["playlist_name"] == "Menu"
    assert made["target"] == {"device_id": device_id} and made["target_text"] == "the screen Canteen 1"
    assert made["recurrence"] == "FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20261224"
    assert made["except_days"] == ["2026-12-04"]
    assert made["dayparts"] == [["11:00", "12:00"], ["13:00", "14:00"]]
    assert made["when_text"] == (
        "Mondays and Fridays 11:00–12:00 and 13:00–14:00, time of Europe/Berlin, from 1 Jan 2026,"
        " until 24 Dec 2026, except 4 Dec 2026, valid from 1 Jan 2026 00:00"
    )
    reply = await api.get(f"{SCHEDULE}/{made['id']}", tenant.admin)
    assert (reply.body, reply.headers["ETag"]) == (made, '"1"')
    ((_, email, target, details),) = api.audited("schedule.created")
    assert (email, target) == (tenant.admin.email, made["id"])
    assert (details["playlist"], details["target"]) == ("Menu", "the screen Canteen 1")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"recurrence": "FREQ=HOURLY", "first_day": "2026-01-01"}, "recurrence"),
    ({"recurrence": "FREQ=DAILY"}, "first_day"),
    ({"recurrence": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "first_day": "2026-01-01"}, "recurrence"),
    ({"recurrence": "FREQ=YEARLY;COUNT=5000", "first_day": "2026-01-01"}, "recurrence"),
    ({"first_day": "0001-01-01"}, "first_day"),
    ({"dayparts": [["08:00", "12:00"], ["11:00", "13:00"]]}, "dayparts"),
    ({"dayparts": [["8:00", "12:00"]]}, "dayparts[0][0]"),
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"valid_from": "2026-01-02T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"}, "valid_until"),
    ({"valid_from": "2026-01-02T00:00:00"}, "valid_from"),
    ({"valid_until": "9999-12-31T23:59:59-11:00"}, "valid_until"),
    ({"priority": 101}, "priority"),
    ({"name": "two\nlines"}, "name"),
    ({"target": {"tag_query": "a=b=c"}}, "target.tag_query"),
    ({"target": {"tag_query": "a", "site_id": str(uuid.UUID(int=1))}}, "target"),
    ({"target": {"device_id": str(uuid.UUID(int=1))}}, "target.device_id"),
    ({"target": {"group_id": str(uuid.UUID(int=1))}}, "target.group_id"),
    ({"target": {"site_id": str(uuid.UUID(int=1))}}, "target.site_id"),
    ({"playlist_id": str(uuid.UUID(int=1))}, "playlist_id"),
]


async def test_what_cannot_be_meant_is_refused_by_field_and_nothing_is_kept(api: Api, tenant: Tenant) -> None:
    menu = playlist(api, tenant, "Menu")
    entry = await schedule(api, tenant.admin, menu)
    for facts, field in REFUSED:
        made = await api.post(SCHEDULE, {"playlist_id": menu, **facts}, tenant.admin)
        patched = await api.patch(f"{SCHEDULE}/{entry['id']}", facts, tenant.admin)
        for reply in (made, patched):
            assert (reply.status, list(reply.body["fields"])) == (422, [field]), (facts, reply.body)
    assert (await api.get(SCHEDULE, tenant.admin)).body["items"] == [entry]


async def test_a_change_names_what_it_saw_or_is_made_whatever_is_there(api: Api, tenant: Tenant) -> None:
    menu, offers = playlist(api, tenant, "Menu"), playlist(api, tenant, "Offers", published=False)
    entry = await schedule(api, tenant.admin, menu, **WEEKLY)
    path = f"{SCHEDULE}/{entry['id']}"
    patch: dict[str, Any] = {
        "playlist_id": offers,
        "recurrence": None,
        "first_day": None,
        "except_days": [],
        "dayparts": [],
    }
    changed = await api.call("PATCH", path, patch, tenant.admin, If_Match='"1"')
    assert (changed.status, changed.headers["ETag"]) == (200, '"2"')
    assert (changed.body["playlist_name"], changed.body["when_text"]) == (
        "Offers",
        "always, valid from 1 Jan 2026 00:00",
    )
    late = await api.call("PATCH", path, {"priority": 3}, tenant.admin, If_Match='"1"')
    assert late.status == 412
    assert (await api.patch(path, {"priority": 3}, tenant.admin)).body["revision"] == 3
    assert (await api.patch(path, {"priority": 3}, tenant.admin)).body["revision"] == 3, "no change"
    first, second = api.audited("schedule.changed")
    assert second[3]["before"] == {"priority": 10} and second[3]["after"] == {"priority": 3}
    assert first[3]["before"]["recurrence"] == WEEKLY["recurrence"].upper()

    assert await delete(api, tenant.admin, entry["id"]) == 204
    assert await delete(api, tenant.admin, entry["id"]) == 404
    assert (await api.get(path, tenant.admin)).status == 404
    assert api.audited("schedule.deleted")[0][3]["playlist"] == "Offers"


async def test_entries_are_found_by_screen_group_playlist_and_kind_of_target(
    api: Api, tenant: Tenant
) -> None:
    menu, offers = playlist(api, tenant, "Menu"), playlist(api, tenant, "Offers")
    first = await screen(api, tenant, "one", site="Main", group="Lobby", tags={"floor": "2"})
    other = await screen(api, tenant, "two", site="Annex", group="Canteen")
    ((site_id,),) = api.rows("SELECT site_id::text FROM devices WHERE id = %s", first)
    ((group_id,),) = api.rows("SELECT group_id::text FROM device_group_members WHERE device_id = %s", first)
    targets: dict[str, dict[str, str]] = {
        "device": {"device_id": first},
        "group": {"group_id": group_id},
        "site": {"site_id": site_id},
        "tag": {"tag_query": "floor = 2"},
        "all": {},
    }
    made = {
        kind: (await schedule(api, tenant.admin, menu, target=target))["id"]
        for kind, target in targets.items()
    }
    elsewhere = (await schedule(api, tenant.admin, offers, target={"device_id": other}))["id"]

    async def found(query: str) -> list[str]:
        reply = await api.get(f"{SCHEDULE}?{query}", tenant.admin)
        assert reply.status == 200, reply.body
        return [entry["id"] for entry in reply.body["items"]]

    newest_first = [*reversed(made.values())]
    assert await found("") == [elsewhere, *newest_first]
    assert await found(f"device={first}") == newest_first
    assert await found(f"device={other}") == [elsewhere, made["all"]]
    assert await found(f"device={first}&target=site") == [made["site"]]
    assert await found(f"group={group_id}") == [made["group"]]
    assert await found(f"playlist={offers}") == [elsewhere]
    assert await found("target=device") == [elsewhere, made["device"]]
    for kind in ("group", "site", "tag", "all"):
        assert await found(f"target={kind}") == [made[kind]]
    assert (await api.get(f"{SCHEDULE}?target=planet", tenant.admin)).status == 422
    assert (await api.get(f"{SCHEDULE}?device={uuid.uuid4()}", tenant.admin)).status == 404

    page = (await api.get(f"{SCHEDULE}?limit=4", tenant.admin)).body
    rest = (await api.get(f"{SCHEDULE}?limit=4&cursor={page['next_cursor']}", tenant.admin)).body
    assert [entry["id"] for entry in page["items"] + rest["items"]] == [elsewhere, *newest_first]
    assert rest["next_cursor"] is None


async def test_assigning_changes_the_one_entry_without_times_and_leaves_those_with_times(
    api: Api, tenant: Tenant
) -> None:
    menu, offers = playlist(api, tenant, "Menu"), playlist(api, tenant, "Offers")
    device_id = await screen(api, tenant, "one")
    path = f"/api/v1/devices/{device_id}/playlist"
    timed = await schedule(
        api, tenant.admin, menu, target={"device_id": device_id}, dayparts=[["08:00", "09:00"]]
    )
    assigned = await api.call("PUT", path, {"playlist_id": menu}, tenant.admin)
    assert (assigned.status, assigned.body["when_text"]) == (200, "always")
    again = await api.call("PUT", path, {"playlist_id": offers}, tenant.admin)
    assert (again.body["id"], again.body["playlist_name"]) == (assigned.body["id"], "Offers")
    await api.patch(f"{SCHEDULE}/{assigned.body['id']}", {"enabled": False, "priority": 4}, tenant.admin)
    on = (await api.call("PUT", path, {"playlist_id": offers}, tenant.admin)).body
    assert (on["enabled"], on["priority"]) == (True, 4)
    entries = (await api.get(SCHEDULE, tenant.admin)).body["items"]
    assert [entry["id"] for entry in entries] == [assigned.body["id"], timed["id"]]
    missing = {"playlist_id": str(uuid.uuid4())}
    refused = await api.call("PUT", path, missing, tenant.admin)
    assert (refused.status, list(refused.body["fields"])) == (422, ["playlist_id"])
    unknown = f"/api/v1/devices/{uuid.uuid4()}/playlist"
    assert (await api.call("PUT", unknown, {"playlist_id": menu}, tenant.admin)).status == 404


async def test_two_who_assign_at_once_make_one_entry(api: Api, tenant: Tenant) -> None:
    device_id = await screen(api, tenant, "one")
    playlists = [playlist(api, tenant, f"List {number}") for number in range(4)]

    async def assign(playlist_id: str) -> None:
        path = f"/api/v1/devices/{device_id}/playlist"
        reply = await api.call("PUT", path, {"playlist_id": playlist_id}, tenant.admin)
        assert reply.status == 200, reply.body

    async with trio.open_nursery() as nursery:
        for playlist_id in playlists:
            nursery.start_soon(assign, playlist_id)
    assert len((await api.get(SCHEDULE, tenant.admin)).body["items"]) == 1


async def test_who_is_limited_to_a_site_schedules_there_and_reads_what_may_concern_it(
    api: Api, tenant: Tenant
) -> None:
    menu = playlist(api, tenant, "Menu")
    here = await screen(api, tenant, "here", site="Main")
    there = await screen(api, tenant, "there", site="Annex", group="Lobby")
    main, annex = (
        api.rows("SELECT site_id::text FROM devices WHERE id = %s", id)[0][0] for id in (here, there)
    )
    local = api.person(tenant, RoleName.CONTENT_ADMIN, sites=[main])
    everywhere = await schedule(api, tenant.admin, menu)
    foreign = [
        await schedule(api, tenant.admin, menu, target=target)
        for target in ({"device_id": there}, {"site_id": annex})
    ]
    own = await schedule(api, local, menu, target={"site_id": main})
    also = await schedule(api, local, menu, target={"device_id": here})
    seen = (await api.get(SCHEDULE, local)).body["items"]
    assert [entry["id"] for entry in seen] == [also["id"], own["id"], everywhere["id"]]

    for target, status, field in (
        ({"device_id": there}, 422, "target.device_id"),
        ({"site_id": annex}, 422, "target.site_id"),
        ({"tag_query": "floor"}, 403, None),
        ({}, 403, None),
    ):
        body = {"playlist_id": menu, "target": target}
        for reply in (
            await api.post(SCHEDULE, body, local),
            await api.patch(f"{SCHEDULE}/{own['id']}", {"target": target}, local),
        ):
            assert reply.status == status, reply.body
            assert field is None or list(reply.body["fields"]) == [field]
    for entry in foreign:
        path = f"{SCHEDULE}/{entry['id']}"
        assert (await api.get(path, local)).status == 404
        assert (await api.patch(path, {"priority": 1}, local)).status == 404
        assert await delete(api, local, entry["id"]) == 404
    assert (await api.get(f"{SCHEDULE}/{everywhere['id']}", local)).status == 200
    assert (await api.patch(f"{SCHEDULE}/{everywhere['id']}", {"priority": 1}, local)).status == 403
    assert await delete(api, local, everywhere["id"]) == 403
    assert (await api.patch(f"{SCHEDULE}/{own['id']}", {"priority": 1}, local)).status == 200
    assert await delete(api, local, own["id"]) == 204

    put = f"/api/v1/devices/{there}/playlist"
    assert (await api.call("PUT", put, {"playlist_id": menu}, local)).status == 404
    span = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    assert (await resolved(api, local, f"devices/{there}", *span)).status == 404
    assert (await api.get(f"/api/v1/devices/{there}/explain", local)).status == 404
    assert (await resolved(api, local, f"devices/{here}", *span)).status == 200


async def test_what_was_scheduled_for_a_group_or_a_site_goes_with_it_and_the_audit_says_so(
    api: Api, tenant: Tenant
) -> None:
    menu = playlist(api, tenant, "Menu")
    group_id = (await api.post("/api/v1/groups", {"name": "Lobby"}, tenant.admin)).body["id"]
    site_id = (await api.post("/api/v1/sites", {"name": "Main"}, tenant.admin)).body["id"]
    for name, place_id in (("group", group_id), ("site", site_id)):
        entry = await schedule(api, tenant.admin, menu, target={f"{name}_id": place_id})
        gone = await api.call("DELETE", f"/api/v1/{name}s/{place_id}", None, tenant.admin)
        assert gone.status == 204
        assert (await api.get(f"{SCHEDULE}/{entry['id']}", tenant.admin)).status == 404
        assert api.audited(f"{name}.deleted")[0][3]["schedule_entries"] == [entry["id"]]


async def test_who_may_not_publish_reads_the_schedule_and_changes_nothing(api: Api, tenant: Tenant) -> None:
    menu = playlist(api, tenant, "Menu")
    device_id = await screen(api, tenant, "one")
    entry = await schedule(api, tenant.admin, menu)
    creator = api.person(tenant, RoleName.CONTENT_CREATOR)
    assert (await api.get(f"{SCHEDULE}/{entry['id']}", creator)).status == 200
    assert (await api.post(SCHEDULE, {"playlist_id": menu}, creator)).status == 403
    assert (await api.patch(f"{SCHEDULE}/{entry['id']}", {"priority": 1}, creator)).status == 403
    assert await delete(api, creator, entry["id"]) == 403
    put = f"/api/v1/devices/{device_id}/playlist"
    assert (await api.call("PUT", put, {"playlist_id": menu}, creator)).status == 403
    blind = api.person(tenant, RoleName.EMERGENCY_OPERATOR)
    assert (await api.get(SCHEDULE, blind)).status == 403
    assert (await api.get(f"/api/v1/devices/{device_id}/explain", blind)).status == 403
