"""What plays on a screen, for days and at an instant, and why: over the API."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from protocol.frames import Alert
from protocol.vocabulary import Severity
from tests.hub.api.conftest import Api
from tests.hub.api.schedule_steps import SCHEDULE, explain, playlist, resolved, schedule
from tests.hub.tenants import Tenant

MONDAY_NOON = "2026-06-01T12:00:00+02:00"


@pytest.fixture
async def device_id(api: Api, tenant: Tenant) -> str:
    """A screen in Berlin, in the group Lobby."""
    (device_id,) = await api.provision(
        tenant, "hw-1", name="Lobby 1", site="Main", group="Lobby", tags={"floor": "2"}
    )
    api.rows("UPDATE sites SET time_zone = 'Europe/Berlin' WHERE tenant_id = %s", tenant.id)
    return device_id


def group_of(api: Api, device_id: str) -> str:
    ((group_id,),) = api.rows(
        "SELECT group_id::text FROM device_group_members WHERE device_id = %s", device_id
    )
    return str(group_id)


def verdicts(explanation: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (candidate["playlist_name"], candidate["state"], candidate["verdict"])
        for candidate in explanation["candidates"]
    ]


async def test_a_screen_without_a_schedule_plays_nothing_or_the_default_playlist(
    api: Api, tenant: Tenant, device_id: str
) -> None:
    nothing = await explain(api, tenant.admin, device_id)
    assert (nothing["because"], nothing["playlist_id"], nothing["candidates"]) == ("nothing", None, [])
    assert nothing["sentence"] == (
        "Nothing plays: no entry of the schedule would, and no default playlist was published."
    )
    welcome = playlist(api, tenant, "Welcome", default=True)
    found = await explain(api, tenant.admin, device_id, MONDAY_NOON)
    assert (found["because"], found["playlist_id"], found["number"]) == ("default", welcome, 1)
    assert (found["local_time"], found["time_zone"]) == ("2026-06-01 12:00:00", "Europe/Berlin")
    assert (found["begins_at"], found["ends_at"]) == (None, None)
    assert found["sentence"] == (
        "“Welcome” plays: no entry of the schedule would, and it is the default playlist."
    )


async def test_every_entry_for_the_screen_is_told_why_it_plays_or_does_not(
    api: Api, tenant: Tenant, device_id: str
) -> None:
    group = {"group_id": group_of(api, device_id)}
    own, by = {"device_id": device_id}, tenant.admin
    await schedule(api, by, playlist(api, tenant, "Everybody"))
    await schedule(api, by, playlist(api, tenant, "Lobby"), target=group)
    await schedule(api, by, playlist(api, tenant, "Older"), target=own, priority=3)
    await schedule(
        api,
        by,
        playlist(api, tenant, "Menu"),
        target=own,
        name="Lunch",
        priority=3,
        dayparts=[["11:00", "14:00"]],
        first_day="2026-01-01",
        recurrence="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    )
    await schedule(api, by, playlist(api, tenant, "Off"), target=own, priority=9, enabled=False)
    await schedule(api, by, playlist(api, tenant, "Secret", published=False), target=own, priority=9)
    await schedule(
        api,
        by,
        playlist(api, tenant, "Night"),
        target={"tag_query": "floor=2"},
        dayparts=[["22:00", "02:00"]],
    )
    await schedule(
        api, by, playlist(api, tenant, "Past"), is_takeover=True, valid_until="2026-05-01T10:00:00Z"
    )
    await schedule(
        api, by, playlist(api, tenant, "Future"), is_takeover=True, valid_from="2026-07-01T10:00:00Z"
    )
    await schedule(api, by, playlist(api, tenant, "Elsewhere"), target={"tag_query": "floor=3"})

    found = await explain(api, by, device_id, MONDAY_NOON)
    assert verdicts(found) == [
        ("Menu", "plays", "plays: it is newer than “Older”"),
        ("Older", "beaten", "beaten: “Lunch” is newer"),
        ("Lobby", "beaten", "beaten: “Lunch” has priority 3, this has 0"),
        ("Everybody", "beaten", "beaten: “Lunch” has priority 3, this has 0"),
        ("Future", "not_now", "not then: it is valid from 1 Jul 2026 12:00 on"),
        ("Past", "not_now", "not then: it was valid until 1 May 2026 12:00"),
        ("Night", "not_now", "not then: it plays next on 1 Jun 2026 22:00"),
        ("Secret", "not_now", "not then: the playlist “Secret” was never published"),
        ("Off", "disabled", "switched off: it plays at no time"),
    ]
    assert (found["because"], found["playlist_name"], found["number"]) == ("newest", "Menu", 1)
    assert (found["begins_at"], found["ends_at"]) == ("2026-06-01T09:00:00Z", "2026-06-01T12:00:00Z")
    assert found["sentence"] == (
        "“Menu” plays by the entry “Lunch” for the screen Lobby 1 (Mondays to Fridays 11:00–14:00, local time"
        " of the screen, from 1 Jan 2026): it is newer than “Older”."
    )
    night = await explain(api, by, device_id, "2026-06-01T23:30:00+02:00")
    assert (night["playlist_name"], night["because"]) == ("Older", "priority")
    assert night["candidates"][0]["verdict"] == "plays: its priority is 3, that of “Lobby” 0"


async def test_who_is_beaten_by_a_takeover_or_by_a_narrower_target_is_told_so(
    api: Api, tenant: Tenant, device_id: str
) -> None:
    by = tenant.admin
    await schedule(api, by, playlist(api, tenant, "Everybody"))
    await schedule(api, by, playlist(api, tenant, "Lobby"), target={"group_id": group_of(api, device_id)})
    found = await explain(api, by, device_id)
    assert verdicts(found) == [
        ("Lobby", "plays", "plays: it names a group, “Everybody” every screen"),
        ("Everybody", "beaten", "beaten: “Lobby” names a group, this names every screen"),
    ]
    await schedule(api, by, playlist(api, tenant, "Visit"), is_takeover=True)
    found = await explain(api, by, device_id)
    assert found["because"] == "takeover"
    assert [verdict for _, _, verdict in verdicts(found)][:2] == [
        "plays: it takes over, “Lobby” does not",
        "beaten: “Visit” takes over",
    ]


async def test_an_emergency_comes_before_everything_since_it_was_triggered(
    api: Api, tenant: Tenant, device_id: str
) -> None:
    menu = playlist(api, tenant, "Menu")
    await schedule(api, tenant.admin, menu)
    issued = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    issued_ms = int(issued.timestamp() * 1000)
    api.realtime.alerts[device_id] = [Alert("id", "Fire", "Leave", Severity.EXTREME, issued_ms, "hash")]
    now = await explain(api, tenant.admin, device_id)
    assert (now["because"], now["playlist_id"], now["entry_id"]) == ("emergency", None, None)
    assert now["sentence"].startswith(
        "The emergency “Fire” is shown, before everything else. Without it: “Menu”"
    )
    assert verdicts(now) == [("Menu", "beaten", "beaten: the emergency “Fire” is shown")]
    assert datetime.fromisoformat(now["begins_at"]) == issued
    for minutes, because in ((-6, "only_one"), (-4, "emergency"), (60, "only_one")):
        at = datetime.now(UTC) + timedelta(minutes=minutes)
        assert (await explain(api, tenant.admin, device_id, at.isoformat()))["because"] == because


async def test_days_are_resolved_by_the_clock_of_the_screen_without_a_gap(
    api: Api, tenant: Tenant, device_id: str
) -> None:
    menu, welcome = playlist(api, tenant, "Menu"), playlist(api, tenant, "Welcome", default=True)
    entry = await schedule(api, tenant.admin, menu, dayparts=[["02:00", "03:00"]])
    reply = await resolved(
        api, tenant.admin, f"devices/{device_id}", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"
    )
    assert (reply.body["device_id"], reply.body["time_zone"]) == (device_id, "Europe/Berlin")
    assert reply.body["segments"] == [
        {
            "begins_at": begins,
            "ends_at": ends,
            "playlist_id": what,
            "playlist_name": name,
            "entry_id": entry["id"] if what == menu else None,
            "because": "only_one" if what == menu else "default",
        }
        for begins, ends, what, name in [
            ("2026-10-24T22:00:00Z", "2026-10-25T00:00:00Z", welcome, "Welcome"),
            ("2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z", menu, "Menu"),
            ("2026-10-25T02:00:00Z", "2026-10-25T23:00:00Z", welcome, "Welcome"),
        ]
    ]


async def test_a_group_has_a_calendar_of_the_entries_that_name_it(
    api: Api, tenant: Tenant, device_id: str
) -> None:
    group_id = group_of(api, device_id)
    await schedule(api, tenant.admin, playlist(api, tenant, "Everybody"))
    menu = playlist(api, tenant, "Menu")
    await schedule(api, tenant.admin, menu, target={"group_id": group_id}, dayparts=[["08:00", "09:00"]])
    span = ("2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z")
    reply = await resolved(api, tenant.admin, f"groups/{group_id}", *span, time_zone="Europe/Berlin")
    assert (reply.body["group_id"], reply.body["device_id"]) == (group_id, None)
    assert [(each["begins_at"], each["playlist_id"]) for each in reply.body["segments"]] == [
        ("2026-06-01T00:00:00Z", None),
        ("2026-06-01T06:00:00Z", menu),
        ("2026-06-01T07:00:00Z", None),
    ]
    assert (await resolved(api, tenant.admin, f"groups/{uuid.uuid4()}", *span)).status == 404
    wrong = await resolved(api, tenant.admin, f"groups/{group_id}", *span, time_zone="Moon")
    assert (wrong.status, list(wrong.body["fields"])) == (422, ["time_zone"])


async def test_spans_and_instants_that_cannot_be_meant_are_refused(
    api: Api, tenant: Tenant, device_id: str
) -> None:
    for begins, ends, field in (
        ("2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z", "until"),
        ("2026-06-01T00:00:00Z", "2026-07-04T00:00:00Z", "until"),
        ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z", "from"),
        ("9999-12-31T23:59:59-10:00", "9999-12-31T23:59:59-11:00", "from"),
        ("2026-06-01T00:00:00", "2026-06-02T00:00:00Z", "from"),
    ):
        reply = await resolved(api, tenant.admin, f"devices/{device_id}", begins, ends)
        assert (reply.status, list(reply.body["fields"])) == (422, [field])
    for at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-11:00", "2026-06-01T00:00:00"):
        reply = await api.get(f"/api/v1/devices/{device_id}/explain?at={at}", tenant.admin)
        assert (reply.status, list(reply.body["fields"])) == (422, ["at"])


async def test_a_trial_is_what_its_screens_play_and_nothing_to_the_others(
    api: Api, tenant: Tenant, device_id: str
) -> None:
    (other,) = await api.provision(tenant, "hw-2")
    menu = playlist(api, tenant, "Menu")
    trial = "UPDATE playlists SET canary_number = 1, active_number = NULL, canary = %s WHERE id = %s"
    api.rows(trial, f'{{"group_id": "{group_of(api, device_id)}"}}', menu)
    await schedule(api, tenant.admin, menu)
    assert (await explain(api, tenant.admin, device_id))["number"] == 1
    found = await explain(api, tenant.admin, other)
    assert (found["because"], found["playlist_id"]) == ("nothing", None)
    assert verdicts(found) == [
        ("Menu", "not_now", "not then: the playlist “Menu” is tried on other screens first")
    ]


async def test_entries_of_another_tenant_play_nowhere_here(
    api: Api, tenant: Tenant, neighbour: Tenant, device_id: str
) -> None:
    theirs = await schedule(api, neighbour.admin, playlist(api, neighbour, "Theirs", default=True))
    assert (await explain(api, tenant.admin, device_id))["because"] == "nothing"
    assert (await api.get(f"{SCHEDULE}/{theirs['id']}", tenant.admin)).status == 404
