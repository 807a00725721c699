"""A file comes in over a real socket, by a tus client that is not ours, and over connections that break."""

from __future__ import annotations

import hashlib
import io
import socket
import time
from pathlib import Path

import httpx
import pytest
from tusclient.client import TusClient

from tests.hub.hub_process import HubProcess, running_hub
from tests.patience import PATIENCE_S

MIB = 1024 * 1024
CONTENT = bytes(range(251)) * (20 * MIB // 251)


def on_disk(folder: Path) -> Path:
    (file,) = (folder / "data" / "uploads").glob("*/*")
    return file


def test_a_client_of_tus_uploads_a_file_checked_piece_by_piece_and_goes_on_after_its_connection_broke(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    with running_hub(database_url, hub_database_url, tmp_path) as hub, hub.sign_in() as signed_in:
        bearer = {"Authorization": signed_in.headers["Authorization"]}
        client = TusClient(f"{hub.url}/api/v1/uploads", headers=bearer)
        uploader = client.uploader(
            file_stream=io.BytesIO(CONTENT),
            chunk_size=6 * MIB,
            metadata={"filename": "A film.mp4"},
            upload_checksum=True,
        )
        uploader.upload(stop_at=6 * MIB)
        assert uploader.offset == on_disk(tmp_path).stat().st_size == 6 * MIB
        place = str(uploader.url)
        break_off(hub, place, bearer["Authorization"], 6 * MIB, CONTENT[6 * MIB : 6 * MIB + 3_000_001])
        # The hub notices the end of the connection by itself, and keeps what came.
        wait_for_size(tmp_path, 6 * MIB + 3_000_001)
        again = client.uploader(file_stream=io.BytesIO(CONTENT), chunk_size=100 * MIB, url=place)
        assert again.offset == 6 * MIB + 3_000_001
        again.upload()
        assert hashlib.sha256(on_disk(tmp_path).read_bytes()).digest() == hashlib.sha256(CONTENT).digest()


def test_a_connection_that_hangs_is_ended_by_asking_where_to_go_on_and_an_upload_outlives_the_hub(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    with running_hub(database_url, hub_database_url, tmp_path) as hub, hub.sign_in() as client:
        client.headers["Tus-Resumable"] = "1.0.0"
        begun = client.post("/api/v1/uploads", headers={"Upload-Length": str(len(CONTENT))})
        place = hub.url + begun.headers["Location"]
        hung = begin_patch(hub, place, client.headers["Authorization"], 0, CONTENT[: 2 * MIB])
        wait_for_size(tmp_path, MIB)
        offset = int(client.head(place).headers["Upload-Offset"])
        assert MIB <= offset <= 2 * MIB
        hung.close()
        hub.kill()
        hub.start()
        assert int(client.head(place).headers["Upload-Offset"]) == offset
        rest = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        sent = client.patch(place, content=CONTENT[offset:], headers=rest)
        assert sent.status_code == 204, sent.text
        assert on_disk(tmp_path).read_bytes() == CONTENT


@pytest.mark.alone
def test_a_slow_upload_does_not_hold_back_an_emergency_and_what_is_refused_is_not_read(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    with running_hub(database_url, hub_database_url, tmp_path) as hub, hub.sign_in() as client:
        client.headers["Tus-Resumable"] = "1.0.0"
        begun = client.post("/api/v1/uploads", headers={"Upload-Length": str(len(CONTENT))})
        place = hub.url + begun.headers["Location"]
        hung = begin_patch(hub, place, client.headers["Authorization"], 0, CONTENT[: 2 * MIB])
        wait_for_size(tmp_path, MIB)
        alert = {"title": "Fire", "message": "Leave", "severity": "extreme"}
        before = time.monotonic()
        assert client.post("/api/v1/emergencies", json=alert).status_code in (200, 201, 202)
        assert time.monotonic() - before < 1.0
        stranger = begin_patch(hub, place, "Bearer nobody", 0, CONTENT[:1000])
        stranger.settimeout(5)
        assert stranger.recv(100).startswith(b"HTTP/1.1 401 ")
        for sock in (hung, stranger):
            sock.close()


def begin_patch(hub: HubProcess, place: str, bearer: str, offset: int, begun: bytes) -> socket.socket:
    """A request that says that it brings all the rest, and has sent this much of it."""
    head = (
        f"PATCH {httpx.URL(place).path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {bearer}\r\n"
        f"Tus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\nContent-Length: {len(CONTENT) - offset}\r\n"
        "Content-Type: application/offset+octet-stream\r\n\r\n"
    )
    sock = socket.create_connection(("127.0.0.1", hub.port), timeout=PATIENCE_S)
    sock.sendall(head.encode() + begun)
    return sock


def break_off(hub: HubProcess, place: str, bearer: str, offset: int, begun: bytes) -> None:
    begin_patch(hub, place, bearer, offset, begun).close()


def wait_for_size(folder: Path, at_least: int) -> None:
    deadline = time.monotonic() + 10
    while on_disk(folder).stat().st_size < at_least:
        assert time.monotonic() < deadline, on_disk(folder).stat().st_size
        time.sleep(0.01)
