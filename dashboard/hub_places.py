"""Sites, groups of screens and tags, as the hub's API has them."""

from __future__ import annotations

from dashboard.hub_http import HubHttp, Ignored
from protocol.api import Page
from protocol.places import (
    Group,
    GroupDevices,
    GroupPatch,
    GroupRequest,
    Site,
    SitePatch,
    SitePeople,
    SiteRequest,
    TagInUse,
    TagQueryPreview,
    TagQueryRequest,
)


class HubPlaces:
    """Every method raises HubError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http

    async def sites(self) -> list[Site]:
        """By name; of somebody limited to sites, theirs."""
        return (await self._http.get("/sites", Page[Site])).items

    async def add_site(self, request: SiteRequest) -> Site:
        return await self._http.post("/sites", Site, request)

    async def change_site(self, site_id: str, patch: SitePatch) -> Site:
        return await self._http.ask("PATCH", f"/sites/{site_id}", Site, patch)

    async def remove_site(self, site_id: str) -> None:
        await self._http.ask("DELETE", f"/sites/{site_id}", Ignored)

    async def people_of_site(self, site_id: str) -> list[str]:
        """The ids of those who are limited to sites and have this one."""
        return (await self._http.get(f"/sites/{site_id}/people", SitePeople)).user_ids

    async def put_people_of_site(self, site_id: str, user_ids: list[str]) -> None:
        await self._http.ask("PUT", f"/sites/{site_id}/people", SitePeople, SitePeople(user_ids))

    # ---- groups ----

    async def groups(self) -> list[Group]:
        return (await self._http.get("/groups", Page[Group])).items

    async def add_group(self, request: GroupRequest) -> Group:
        return await self._http.post("/groups", Group, request)

    async def change_group(self, group_id: str, patch: GroupPatch) -> Group:
        return await self._http.ask("PATCH", f"/groups/{group_id}", Group, patch)

    async def remove_group(self, group_id: str) -> None:
        await self._http.ask("DELETE", f"/groups/{group_id}", Ignored)

    async def screens_of_group(self, group_id: str) -> list[str]:
        """The ids of those that were put into it by hand."""
        return (await self._http.get(f"/groups/{group_id}/devices", GroupDevices)).device_ids

    async def put_screens_of_group(self, group_id: str, device_ids: list[str]) -> None:
        await self._http.ask("PUT", f"/groups/{group_id}/devices", GroupDevices, GroupDevices(device_ids))

    async def preview_query(self, tag_query: str) -> TagQueryPreview:
        return await self._http.post("/groups/preview", TagQueryPreview, TagQueryRequest(tag_query))

    # ---- tags ----

    async def tags(self) -> list[TagInUse]:
        """The most frequent first."""
        return (await self._http.get("/tags", Page[TagInUse])).items
