"""Files go out over a real socket: what HTTP clients are told, whole films, and clients that read slowly."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path

import httpx

from hub.media.files import MediaFiles
from hub.settings import Settings
from hub.use_cases.wiring import utc_now
from persistence.owner import Owner, connect_as_owner
from tests.hub.hub_process import running_hub
from tests.patience import PATIENCE_S

CONTENT = bytes(range(251)) * (24 * 1024 * 1024 // 251)


def test_a_film_comes_whole_and_in_parts_on_one_connection_while_others_do_not_read_theirs(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    with (
        running_hub(database_url, hub_database_url, tmp_path) as hub,
        httpx.Client(timeout=PATIENCE_S) as client,
    ):
        film = tmp_path / "film"
        film.write_bytes(CONTENT)
        sha256 = hashlib.sha256(CONTENT).hexdigest()
        files, tenant_id = MediaFiles.of(Settings(data_dir=tmp_path / "data")), hub.people.tenant_id
        assert tenant_id is not None
        files.store.put(tenant_id, sha256, film)
        with connect_as_owner(database_url) as connection:
            blobs = Owner(connection).within(tenant_id).blobs
            blobs.add(sha256, "ab" * 16, len(CONTENT), "video/mp4", False, utc_now())
        place = files.urls.path(tenant_id, sha256, "film.mp4", utc_now())
        idle = []
        for _ in range(10):
            sock = socket.create_connection(("127.0.0.1", hub.port), timeout=PATIENCE_S)
            sock.sendall(f"GET {place} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
            assert sock.recv(12) == b"HTTP/1.1 200"
            idle.append(sock)
        head = client.head(hub.url + place)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == str(len(CONTENT))
        whole = client.get(hub.url + place)
        assert hashlib.sha256(whole.content).hexdigest() == sha256
        half = len(CONTENT) // 2
        part = client.get(hub.url + place, headers={"Range": f"bytes={half}-"})
        assert (part.status_code, part.content) == (206, CONTENT[half:])
        assert client.get(hub.url + place, headers={"If-None-Match": f'"{sha256}"'}).status_code == 304
        for sock in idle:
            sock.close()
        assert client.get(hub.url + place, headers={"Range": "bytes=-9"}).content == CONTENT[-9:]
        assert "Traceback" not in hub.log.read_text()
