"""What was published of a playlist: versions, the difference between two, a version tried on some screens."""

from __future__ import annotations

from typing import Final

from hub.api.queries import DiffQuery, PageQuery
from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.api import Page
from protocol.playlists import Playlist, PlaylistDiff, PlaylistVersion, PublishRequest, RollbackRequest


async def publish_playlist(
    use_cases: UseCases,
    operator: Operator,
    playlist_id: str,
    body: PublishRequest | None,
    if_match: int | None,
) -> PlaylistVersion:
    return await use_cases.publishing.publish(operator, playlist_id, if_match, body or PublishRequest())


async def list_versions(
    use_cases: UseCases, operator: Operator, playlist_id: str, query: PageQuery
) -> Page[PlaylistVersion]:
    return await use_cases.publishing.versions(operator, playlist_id, query.cursor, query.limit)


async def get_version(
    use_cases: UseCases, operator: Operator, playlist_id: str, number: int
) -> PlaylistVersion:
    return await use_cases.publishing.version(operator, playlist_id, number)


async def roll_back_playlist(
    use_cases: UseCases,
    operator: Operator,
    playlist_id: str,
    number: int,
    body: RollbackRequest | None,
    if_match: int | None,
) -> PlaylistVersion:
    note = (body or RollbackRequest()).note
    return await use_cases.publishing.roll_back(operator, playlist_id, number, if_match, note)


async def compare_versions(
    use_cases: UseCases, operator: Operator, playlist_id: str, query: DiffQuery
) -> PlaylistDiff:
    return await use_cases.comparing.diff(operator, playlist_id, query.before, query.after)


async def promote_canary(use_cases: UseCases, operator: Operator, playlist_id: str) -> Playlist:
    return await use_cases.publishing.promote(operator, playlist_id)


async def withdraw_canary(use_cases: UseCases, operator: Operator, playlist_id: str) -> Playlist:
    return await use_cases.publishing.withdraw(operator, playlist_id)


_NO_PLAYLIST: Final = {404: "Your tenant has no such playlist."}
_NO_VERSION: Final = {404: "Your tenant has no such playlist, or the playlist no version of this number."}
_STALE: Final = {412: "The draft was changed since the revision that If-Match names: look at it again."}
_NO_CANARY: Final = {409: "No version is tried on some screens now."}

ROUTES: Final = (
    route(
        "POST",
        "/api/v1/playlists/{playlist_id}/publish",
        publish_playlist,
        tag="playlists",
        summary="Make the draft a numbered version that screens play; with a canary, some of them first",
        answers={201: (PlaylistVersion, "The version, and what of the draft does not play.")},
        problems=_NO_PLAYLIST | _STALE | {409: "Something in it may not be shown, or nothing would play."},
    ),
    route(
        "GET",
        "/api/v1/playlists/{playlist_id}/versions",
        list_versions,
        tag="playlists",
        summary="The versions of a playlist, the newest first",
        answers={200: (Page[PlaylistVersion], "One page, without their items.")},
        problems=_NO_PLAYLIST,
    ),
    route(
        "GET",
        "/api/v1/playlists/{playlist_id}/versions/{number}",
        get_version,
        tag="playlists",
        summary="One version, with its items",
        answers={200: (PlaylistVersion, "The version.")},
        problems=_NO_VERSION,
    ),
    route(
        "POST",
        "/api/v1/playlists/{playlist_id}/versions/{number}/rollback",
        roll_back_playlist,
        tag="playlists",
        summary="A new version with the draft of an older one, as things are now",
        answers={201: (PlaylistVersion, "The new version, and what of the older one may not be shown now.")},
        problems=_NO_VERSION | _STALE | {409: "Nothing of it may be shown now."},
    ),
    route(
        "GET",
        "/api/v1/playlists/{playlist_id}/diff",
        compare_versions,
        tag="playlists",
        summary="What differs between two versions, or between a version and the draft",
        answers={200: (PlaylistDiff, "The changes, in words.")},
        problems=_NO_VERSION,
    ),
    route(
        "POST",
        "/api/v1/playlists/{playlist_id}/canary/promote",
        promote_canary,
        tag="playlists",
        summary="Let all screens play the version that some tried",
        answers={200: (Playlist, "The playlist as it is now.")},
        problems=_NO_PLAYLIST | _NO_CANARY,
    ),
    route(
        "POST",
        "/api/v1/playlists/{playlist_id}/canary/withdraw",
        withdraw_canary,
        tag="playlists",
        summary="Let those that tried a version play again what all others do",
        answers={200: (Playlist, "The playlist as it is now.")},
        problems=_NO_PLAYLIST | _NO_CANARY,
    ),
)
