"""What plays where and when, as the hub's API has it."""

from __future__ import annotations

from datetime import datetime

from dashboard.hub_http import HubHttp, Ignored, if_still
from protocol.manifest import DevicePlaylist
from protocol.schedule import Assignment, Entry, EntryPatch, EntryRequest, Explanation, ResolvedSchedule


class HubSchedule:
    """Every method raises HubError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http

    # ---- entries ----

    async def entries(self, *, device_id: str | None = None, group_id: str | None = None) -> list[Entry]:
        """All that one may see, or those that can concern a screen, or those of a group."""
        query = {"device": device_id, "group": group_id}
        return await self._http.every("/schedule", Entry, {k: v for k, v in query.items() if v is not None})

    async def add(self, request: EntryRequest) -> Entry:
        return await self._http.post("/schedule", Entry, request)

    async def change(self, entry: Entry, patch: EntryPatch) -> Entry:
        """Refused where somebody changed it since `entry` was read."""
        path, seen = f"/schedule/{entry.id}", if_still(entry.revision)
        return await self._http.ask("PATCH", path, Entry, patch, headers=seen)

    async def remove(self, entry_id: str) -> None:
        await self._http.ask("DELETE", f"/schedule/{entry_id}", Ignored)

    async def assign(self, device_id: str, playlist_id: str) -> Entry:
        """Make or replace the screen's one entry without times."""
        return await self._http.ask("PUT", f"/devices/{device_id}/playlist", Entry, Assignment(playlist_id))

    # ---- what comes of them ----

    async def of_screen(self, device_id: str, begins: datetime, ends: datetime) -> ResolvedSchedule:
        query = {"from": begins.isoformat(), "until": ends.isoformat()}
        return await self._http.get(f"/devices/{device_id}/schedule", ResolvedSchedule, query)

    async def of_group(
        self, group_id: str, time_zone: str, begins: datetime, ends: datetime
    ) -> ResolvedSchedule:
        """The entries that name the group itself, by the clock of that zone."""
        query = {"from": begins.isoformat(), "until": ends.isoformat(), "time_zone": time_zone}
        return await self._http.get(f"/groups/{group_id}/schedule", ResolvedSchedule, query)

    async def explain(self, device_id: str, at: datetime | None = None) -> Explanation:
        """Why a screen plays what it plays; None for now."""
        query = {"at": at.isoformat()} if at is not None else None
        return await self._http.get(f"/devices/{device_id}/explain", Explanation, query)

    async def standing(self, device_id: str) -> DevicePlaylist:
        """What a screen should play, what it plays, and in which numbers."""
        return await self._http.get(f"/devices/{device_id}/playlist", DevicePlaylist)
