"""Contents that are approved and playlists that are published, for those who look at what plays."""

from __future__ import annotations

import httpx

from tests.dashboard.houses import add


def approve_own(api: httpx.Client) -> None:
    """One person is enough in this tenant."""
    api.put("/content-rules", json={"approve_own": True}).raise_for_status()


def approved_page(api: httpx.Client, name: str) -> str:
    """A web page whose first version is approved: the version's id."""
    content_id = add(api, "/contents", name=name)
    media_id = add(api, f"/contents/{content_id}/media", url="https://example.org/")
    for step in ("submit", "approve"):
        api.post(f"/media/{media_id}/{step}").raise_for_status()
    return media_id


def put_in(api: httpx.Client, into: str, /, **item: object) -> None:
    """One more item in the draft of the playlist, as it is now."""
    seen = {"If-Match": api.get(f"/playlists/{into}/items").headers["ETag"]}
    api.post(f"/playlists/{into}/items", json=item, headers=seen).raise_for_status()


def published_playlist(api: httpx.Client, name: str, **facts: object) -> str:
    """A playlist of one page, in its first version."""
    playlist_id = add(api, "/playlists", name=name, **facts)
    put_in(api, playlist_id, media_id=approved_page(api, f"Page of {name}"), duration_s=10)
    api.post(f"/playlists/{playlist_id}/publish", json={}).raise_for_status()
    return playlist_id
