"""What tests about manifests do again and again: screens with their tokens, a schedule, making."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hub.manifests.making import ManifestMaking
from persistence.errors import DatabaseUnavailable
from protocol.manifest import Manifest
from tests.hub.api.conftest import Api, Reply
from tests.hub.tenants import Tenant

MINE = "/api/v1/devices/me/manifest"


class ScreenWithToken(NamedTuple):
    """A screen that was let in."""

    id: str
    token: str


@dataclass
class RecordingLive:
    """Fulfils `hub.manifests.making.Live`."""

    told: list[tuple[str, dict[str, tuple[int, str]]]] = field(default_factory=list)
    manifests: Mapping[str, tuple[Manifest, int]] = field(default_factory=dict)

    async def manifests_made(
        self,
        tenant_id: str,
        manifests: Mapping[str, tuple[Manifest, int]],
        wanted: Mapping[str, tuple[int, str]],
    ) -> None:
        self.told.append((tenant_id, dict(wanted)))
        self.manifests = manifests


class Maker:
    """Makes manifests as the service of a hub does. `now`: its clock, to be set."""

    def __init__(self, api: Api) -> None:
        self.live = RecordingLive()
        self.now = datetime.now(UTC)
        self.making = ManifestMaking(api.database, self.live, DatabaseUnavailable, lambda: self.now)

    async def make(self, tenant: Tenant) -> dict[str, tuple[int, str]]:
        """Number and digest by device id, of those that have a manifest."""
        await self.making.make(tenant.id)
        return self.live.told[-1][1]


async def screens(api: Api, tenant: Tenant, *hardware_ids: str, **more: Any) -> list[ScreenWithToken]:
    items = [{"hardware_id": hardware_id, **more} for hardware_id in hardware_ids]
    reply = await api.post("/api/v1/devices/provision", {"devices": items}, tenant.admin)
    assert reply.status == 200, reply.body
    return [ScreenWithToken(each["device_id"], each["device_token"]) for each in reply.body["devices"]]


async def schedule(api: Api, tenant: Tenant, playlist_id: str, **entry: Any) -> str:
    """An entry, for every screen and always unless it says otherwise; its id."""
    reply = await api.post("/api/v1/schedule", {"playlist_id": playlist_id, **entry}, tenant.admin)
    assert reply.status == 201, reply.body
    return str(reply.body["id"])


async def fetch(api: Api, screen: ScreenWithToken, known: str | None = None) -> Reply:
    """As the screen does; `known`: the ETag of what it has."""
    headers = {} if known is None else {"If_None_Match": known}
    return await api.get(MINE, None, Authorization=f"Bearer {screen.token}", **headers)


def names(manifest: Any) -> list[list[str]]:
    """What the items of each playlist are called."""
    return [[item["name"] for item in playlist["items"]] for playlist in manifest["playlists"]]
