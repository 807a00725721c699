"""What the schedule says of a screen is what its manifest says: two ways to find the entries, one answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hub.manifests.building import midnight_of
from protocol.manifest import SCHEDULE_DAYS, Manifest
from tests.hub.api.conftest import Api
from tests.hub.api.manifest_steps import Maker
from tests.hub.api.schedule_steps import playlist, resolved, schedule
from tests.hub.tenants import Tenant

NOW = datetime(2026, 10, 23, 12, tzinfo=UTC)
"""Two days before the clocks of Berlin go back."""
SCREENS: tuple[dict[str, Any], ...] = (
    {"name": "one", "site": "Berlin", "group": "Lobby", "tags": {"floor": "2"}},
    {"name": "two", "site": "Berlin", "group": "Canteen", "tags": {"floor": "3", "quiet": ""}},
    {"name": "three", "site": "Kathmandu", "group": "Lobby", "tags": {}},
    {"name": "four", "tags": {"floor": "2", "quiet": "yes"}},
    {"name": "five"},
)


def by_manifest(manifest: Manifest, begins: datetime, ends: datetime) -> list[tuple[datetime, str | None]]:
    """When which playlist begins."""
    turns = []
    for segment in manifest.schedule:
        since = begins if segment.from_ms is None else datetime.fromtimestamp(segment.from_ms / 1000, UTC)
        plays = None if segment.playlist is None else manifest.playlists[segment.playlist].playlist_id
        if since < ends:
            turns.append((max(since, begins), plays))
    return turns


def by_schedule(segments: list[dict[str, Any]]) -> list[tuple[datetime, str | None]]:
    turns: list[tuple[datetime, str | None]] = []
    for segment in segments:
        if not turns or turns[-1][1] != segment["playlist_id"]:
            turns.append((datetime.fromisoformat(segment["begins_at"]), segment["playlist_id"]))
    return turns


async def test_every_screen_is_told_what_the_schedule_says(api: Api, tenant: Tenant) -> None:
    ids = [(await api.provision(tenant, str(each["name"]), **each))[0] for each in SCREENS]
    for zone in ("Europe/Berlin", "Asia/Kathmandu"):
        api.rows("UPDATE sites SET time_zone = %s WHERE name = %s", zone, zone.split("/")[1])
    groups = dict(api.rows("SELECT name, id::text FROM device_groups WHERE tenant_id = %s", tenant.id))
    sites = dict(api.rows("SELECT name, id::text FROM sites WHERE tenant_id = %s", tenant.id))
    api.rows("UPDATE device_groups SET parent_id = %s WHERE name = 'Canteen'", groups["Lobby"])

    playlist(api, tenant, "Welcome", default=True)
    trial = playlist(api, tenant, "Trial")
    api.rows(
        "UPDATE playlists SET canary_number = 1, active_number = NULL, canary = %s WHERE id = %s",
        f'{{"group_id": "{groups["Canteen"]}"}}',
        trial,
    )
    nights = {"dayparts": [["22:00", "02:30"]], "first_day": "2026-01-02"}
    entries: dict[str, dict[str, Any]] = {
        "Everybody": {"dayparts": [["06:00", "20:00"]], "valid_until": "2026-10-27T10:00:00Z"},
        "Berlin": {"target": {"site_id": sites["Berlin"]}, "dayparts": [["08:00", "09:00"]]},
        "Lobby": {
            "target": {"group_id": groups["Lobby"]},
            **nights,
            "recurrence": "FREQ=WEEKLY;BYDAY=SA,SU",
        },
        "Floor": {"target": {"tag_query": "floor=2, !quiet"}, "dayparts": [["12:00", "13:00"]]},
        "Quiet": {"target": {"tag_query": "quiet, quiet!=yes"}, "dayparts": [["12:00", "13:00"]]},
        "Own": {"target": {"device_id": ids[2]}, "priority": 5, "dayparts": [["23:00", "00:30"]]},
        "New York": {"time_zone": "America/New_York", "dayparts": [["20:00", "21:00"]], "priority": 1},
        "Off": {"enabled": False, "is_takeover": True},
    }
    for name, facts in entries.items():
        await schedule(api, tenant.admin, playlist(api, tenant, name), **facts)
    await schedule(api, tenant.admin, trial, priority=2, dayparts=[["03:00", "04:00"]])
    await schedule(api, tenant.admin, playlist(api, tenant, "Never", published=False), is_takeover=True)

    maker = Maker(api)
    maker.now = NOW
    wanted = await maker.make(tenant)
    begins = midnight_of(NOW)
    ends = begins + timedelta(days=SCHEDULE_DAYS)
    different = set()
    for device_id in ids:
        reply = await resolved(
            api, tenant.admin, f"devices/{device_id}", begins.isoformat(), ends.isoformat()
        )
        said = by_schedule(reply.body["segments"])
        manifest, _ = maker.live.manifests[wanted[device_id][1]]
        assert said == by_manifest(manifest, begins, ends)
        assert len(said) > SCHEDULE_DAYS
        different.add(tuple(said))
    assert len(different) == len(ids) - 1, "for four and five there is what is for everybody, and no more"
