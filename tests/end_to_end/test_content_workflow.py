"""The workflow of the documents, from a file on somebody's disk to the bytes on a screen, on a real hub."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import pytest
import trio
from trio_websocket import WebSocketConnection, open_websocket_url

from hub.operator import Operator
from protocol.codec import decode_downlink, encode
from protocol.frames import Downlink, Heartbeat, Hello, ManifestFrame, PlaylistFrame, Welcome
from protocol.vocabulary import RoleName
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import PASSWORD, Tenant, add_person
from tests.media_files import package, picture, video
from tests.patience import PATIENCE_S

PIECE_BYTES = 1500
FILES = {
    "welcome.jpg": picture(size=(1280, 720)),
    "today.png": picture("PNG", colour=(160, 30, 30)),
    "film.mp4": video(seconds=1.0),
    "menu.zip": package(),
}


class House(NamedTuple):
    """A hub, who makes things, who approves them, and one screen's token by its hardware id."""

    hub: HubProcess
    creator: httpx.AsyncClient
    approver: httpx.AsyncClient
    tokens: dict[str, str]


@asynccontextmanager
async def signed_in(hub: HubProcess, email: str, password: str | None) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{hub.url}/api/v1", timeout=PATIENCE_S, trust_env=False) as client:
        body = {"tenant_id": hub.people.tenant_id, "email": email, "password": password}
        answer = await client.post("/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


@pytest.fixture
async def house(hub: HubProcess, database_url: str) -> AsyncIterator[House]:
    tokens = hub.provision(2, "lobby")
    people = hub.people
    tenant = Tenant(people.tenant_id, "Default", Operator("", people.tenant_id, "", "", ()), "")
    person = add_person(database_url, tenant, RoleName.CONTENT_ADMIN)
    async with (
        signed_in(hub, people.operator_email, people.operator_password) as creator,
        signed_in(hub, person.email, PASSWORD) as approver,
    ):
        yield House(hub, creator, approver, tokens)


async def uploaded(client: httpx.AsyncClient, name: str, content: bytes) -> str:
    """Bring a file in piece by piece, as a client of tus does; the id of the upload."""
    metadata = f"filename {base64.b64encode(name.encode()).decode()}"
    begun = await client.post(
        "/uploads",
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(len(content)),
            "Upload-Metadata": metadata,
        },
    )
    assert begun.status_code == 201, begun.text
    place = begun.headers["Location"]
    for offset in range(0, len(content), PIECE_BYTES):
        piece = content[offset : offset + PIECE_BYTES]
        answer = await client.patch(
            httpx.URL(str(client.base_url)).join(place),
            content=piece,
            headers={
                "Tus-Resumable": "1.0.0",
                "Upload-Offset": str(offset),
                "Content-Type": "application/offset+octet-stream",
            },
        )
        assert answer.status_code == 204, answer.text
        assert answer.headers["Upload-Offset"] == str(offset + len(piece))
    return place.rstrip("/").rpartition("/")[2]


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any], **headers: str) -> Any:
    answer = await client.post(path, json=body, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def approved_media(house: House, name: str, content: bytes) -> dict[str, Any]:
    """A content of this name whose first version is this file, looked at and approved."""
    upload_id = await uploaded(house.creator, name, content)
    made_content = await made(house.creator, "/contents", {"name": name, "tags": ["lobby"]})
    media = await made(house.creator, f"/contents/{made_content['id']}/media", {"upload_id": upload_id})
    path = f"/media/{media['id']}"
    with trio.fail_after(PATIENCE_S):
        while (media := (await house.creator.get(path)).json())["processing"] in ("waiting", "working"):
            await trio.sleep(0.05)
    assert media["processing"] == "ready", media
    await made(house.creator, f"{path}/submit", {})
    return dict(await made(house.approver, f"{path}/approve", {}))


async def playlist_of(house: House, name: str, media: list[dict[str, Any]]) -> dict[str, Any]:
    """A published playlist with these, one after the other."""
    playlist = await made(house.creator, "/playlists", {"name": name})
    for number, each in enumerate(media):
        items = await house.creator.get(f"/playlists/{playlist['id']}/items")
        body = {"media_id": each["id"], "duration_s": 5.0 + number, "transition": "fade"}
        await made(
            house.creator, f"/playlists/{playlist['id']}/items", body, **{"If-Match": items.headers["ETag"]}
        )
    await made(house.creator, f"/playlists/{playlist['id']}/publish", {"note": "for the lobby"})
    return dict(playlist)


def device_client(house: House, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=house.hub.url,
        timeout=PATIENCE_S,
        trust_env=False,
        headers={"Authorization": f"Bearer {token}"},
    )


async def manifest_where(screen: httpx.AsyncClient, holds: Any) -> httpx.Response:
    """The screen's manifest, as soon as it is so."""
    with trio.fail_after(PATIENCE_S):
        while True:
            answer = await screen.get("/api/v1/devices/me/manifest")
            assert answer.status_code == 200, answer.text
            if holds(answer.json()["manifest"]):
                return answer
            await trio.sleep(0.05)


def names_of(manifest: dict[str, Any]) -> list[str]:
    """What plays now, by name."""
    return [item["name"] for playlist in manifest["playlists"] for item in playlist["items"]]


async def test_from_upload_to_the_bytes_on_the_screen_every_hash_agrees(house: House) -> None:
    media = [await approved_media(house, name, content) for name, content in FILES.items()]
    playlist = await playlist_of(house, "Lobby", media)
    (device, token), _ = house.tokens.items()
    assigned = await house.creator.put(f"/devices/{device}/playlist", json={"playlist_id": playlist["id"]})
    assert assigned.status_code in (200, 201), assigned.text

    async with device_client(house, token) as screen:
        answer = await manifest_where(screen, lambda manifest: names_of(manifest) == list(FILES))
        manifest = answer.json()["manifest"]
        (played,) = manifest["playlists"]
        assert (played["name"], played["number"]) == ("Lobby", 1)
        assert [item["duration_s"] for item in played["items"]] == [5.0, 6.0, 7.0, 8.0]
        assert {item["transition"] for item in played["items"]} == {"fade"}
        for item in played["items"]:
            # The address alone opens it: no token is needed, and none is in it.
            assert token not in item["url"]
            if item["kind"] == "html":
                await fetch_package(house, item)
                continue
            got = await httpx.AsyncClient(trust_env=False).get(house.hub.url + item["url"])
            assert got.status_code == 200
            assert got.content == FILES[item["name"]]
            assert hashlib.sha256(got.content).hexdigest() == item["sha256"]
            assert hashlib.md5(got.content, usedforsecurity=False).hexdigest() == item["md5"]

        unchanged = await screen.get(
            "/api/v1/devices/me/manifest", headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert (unchanged.status_code, unchanged.content) == (304, b"")

        now = await house.creator.get(f"/devices/{device}/explain")
        assert (now.json()["playlist_name"], now.json()["number"]) == ("Lobby", 1)

        # Withdrawn means gone: the version stays, the screen does not show it any more.
        retired = await house.approver.post(
            f"/media/{media[1]['id']}/retire", json={"reason": "over", "even_if_used": True}
        )
        assert retired.status_code == 200, retired.text
        await manifest_where(screen, lambda now: names_of(now) == ["welcome.jpg", "film.mp4", "menu.zip"])


async def fetch_package(house: House, item: dict[str, Any]) -> None:
    """Every file of an HTML package, by the links in it."""
    async with httpx.AsyncClient(trust_env=False, base_url=house.hub.url) as browser:
        page = await browser.get(item["url"])
        assert page.status_code == 200
        assert "sandbox" in page.headers["Content-Security-Policy"]
        style = await browser.get(httpx.URL(house.hub.url + item["url"]).join("style/menu.css"))
        assert (style.status_code, style.text) == (200, "h1 { color: teal }")
        listed = (await browser.get(item["files_url"])).json()
        assert {each["path"] for each in listed} == {"index.html", "style/menu.css"}
        for each in listed:
            got = await browser.get(httpx.URL(house.hub.url + item["url"]).join(each["path"]))
            assert hashlib.sha256(got.content).hexdigest() == each["sha256"]


async def test_a_screen_that_is_on_is_told_what_it_plays_and_says_so(house: House) -> None:
    media = [await approved_media(house, name, FILES[name]) for name in ("welcome.jpg", "today.png")]
    (device, token), _ = house.tokens.items()
    address = f"{house.hub.websocket_url}/api/v1/ws/device"
    headers = [(b"Authorization", f"Bearer {token}".encode())]
    with trio.fail_after(PATIENCE_S):
        async with open_websocket_url(address, extra_headers=headers, subprotocols=["clarion.v1"]) as socket:
            await socket.send_message(encode(Hello()).decode())
            welcome = await heard(socket)
            assert isinstance(welcome, Welcome)

            playlist = await playlist_of(house, "Lobby", media[:1])
            await made(
                house.creator, "/schedule", {"playlist_id": playlist["id"], "target": {"device_id": device}}
            )
            first = await told(socket)
            assert names_of(first[0]) == ["welcome.jpg"]
            await socket.send_message(encode(Heartbeat(1, playlist_version=first[1])).decode())
            with trio.fail_after(PATIENCE_S):
                while (now := (await house.creator.get(f"/devices/{device}/playlist")).json())[
                    "reported_version"
                ] != first[1]:
                    await trio.sleep(0.05)
            assert now["plays"]["number"] == 1

            items = await house.creator.get(f"/playlists/{playlist['id']}/items")
            await made(
                house.creator,
                f"/playlists/{playlist['id']}/items",
                {"media_id": media[1]["id"]},
                **{"If-Match": items.headers["ETag"]},
            )
            await made(house.creator, f"/playlists/{playlist['id']}/publish", {"note": "and today"})
            second = await told(socket)
            assert second[1] > first[1]
            assert names_of(second[0]) == ["welcome.jpg", "today.png"]


async def heard(socket: WebSocketConnection) -> Downlink:
    message = await socket.get_message()
    return decode_downlink(message.encode() if isinstance(message, str) else message)


async def told(socket: WebSocketConnection) -> tuple[dict[str, Any], int]:
    """The next manifest that the screen is told is its own, and its number for it."""
    manifests: dict[str, Any] = {}
    while True:
        frame = await heard(socket)
        match frame:
            case ManifestFrame(manifest=manifest):
                manifests[manifest.digest] = {
                    "playlists": [
                        {"items": [{"name": item.name} for item in each.items]} for each in manifest.playlists
                    ]
                }
            case PlaylistFrame(playlist_version=version, digest=digest) if digest in manifests:
                return manifests[digest], version
            case _:
                pass
