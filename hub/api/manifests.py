"""Manifests: the screen fetches its own by its token; operators see where each screen stands."""

from __future__ import annotations

from typing import Final

from msgspec import Raw, Struct

from hub.api.queries import PageQuery
from hub.api.route import Answer, route
from hub.operator import Operator
from hub.use_cases.manifests import DeviceCaller
from hub.use_cases.wiring import UseCases
from protocol.api import Page
from protocol.manifest import DeviceManifest, DeviceManifestNumber, DevicePlaylist


class EncodedManifest(Struct, frozen=True):
    """A `DeviceManifest` whose manifest is encoded already, once for all screens that share it."""

    version: int
    manifest: Raw


async def my_manifest(use_cases: UseCases, device: DeviceCaller, if_none_match: str | None) -> Answer:
    known = None if if_none_match is None else if_none_match.strip().removeprefix("W/").strip('"')
    fetched = await use_cases.manifests.fetch(device, known)
    headers = {"ETag": f'"{fetched.tag}"', "Cache-Control": "private, no-cache"}
    if fetched.manifest is None:
        return Answer(None, 304, headers)
    return Answer(EncodedManifest(fetched.version, Raw(fetched.manifest)), 200, headers)


async def device_playlist(use_cases: UseCases, operator: Operator, device_id: str) -> DevicePlaylist:
    return await use_cases.manifests.standing(operator, device_id)


async def device_manifests(
    use_cases: UseCases, operator: Operator, device_id: str, query: PageQuery
) -> Page[DeviceManifestNumber]:
    return await use_cases.manifests.numbers(operator, device_id, query.cursor, query.limit)


_NONE: Final = {404: "Your tenant has no such device."}

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/devices/me/manifest",
        my_manifest,
        tag="manifests",
        summary="What this screen must play in the days to come, with everything that it needs for it",
        answers={
            200: (DeviceManifest, "The manifest and its number, with an ETag."),
            304: (None, "The screen has it already: If-None-Match names it."),
        },
    ),
    route(
        "GET",
        "/api/v1/devices/{device_id}/playlist",
        device_playlist,
        tag="manifests",
        summary="What a screen should play, what it says that it plays, and since when they differ",
        answers={200: (DevicePlaylist, "Where the screen stands.")},
        problems=_NONE,
    ),
    route(
        "GET",
        "/api/v1/devices/{device_id}/manifests",
        device_manifests,
        tag="manifests",
        summary="What each number of a screen's manifest meant, the newest first",
        answers={200: (Page[DeviceManifestNumber], "One page.")},
        problems=_NONE,
    ),
)
