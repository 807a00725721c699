"""The files of a manifest: there only if they are what they should be; what is wanted stays."""

from __future__ import annotations

import hashlib
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import trio

from player.agent.dial import Caller
from player.agent.files import Broken, Files, PackageFile
from protocol.manifest import Manifest, ManifestItem, ManifestPlaylist, ManifestSegment
from protocol.vocabulary import MediaKind

PAGE, SCRIPT = b"<h1>Menu</h1>", b"alert(1)"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def item(name: str, content: bytes, files_url: str | None = None) -> ManifestItem:
    return ManifestItem(
        name,
        name,
        name,
        name,
        1,
        MediaKind.IMAGE,
        f"/media/{name}",
        1.0,
        sha256=sha256(content),
        files_url=files_url,
    )


def manifest(*items: ManifestItem) -> Manifest:
    return Manifest("d", [ManifestPlaylist("p", "P", 1, list(items))], [ManifestSegment(0)], 0)


@asynccontextmanager
async def serving(files: dict[str, bytes]) -> AsyncIterator[str]:
    """A server of these; its address."""

    async def answer(stream: trio.SocketStream) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += await stream.receive_some()
        content = files.get(head.split(b" ")[1].decode())
        status = b"404 Not Found" if content is None else b"200 OK"
        body = content or b""
        length = str(len(body)).encode()
        head = b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: " + length + b"\r\n\r\n"
        await stream.send_all(head + body)

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, answer, listeners)
        yield f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


def kept(folder: Path, url: str, limit_bytes: int = 10**9) -> Files:
    return Files(folder, Caller(ssl.create_default_context()), url, limit_bytes)


async def test_a_file_is_there_when_its_hash_fits(tmp_path: Path) -> None:
    good = item("good", b"picture")
    async with serving({"/media/good": b"picture"}) as url:
        files = kept(tmp_path, url)
        files.want(manifest(good))
        assert files.missing == [good]
        await files.fetch(good)
    assert files.missing == []
    assert files.path_of(good).read_bytes() == b"picture"
    assert files.used_bytes == 7


async def test_a_file_of_another_hash_is_not_there_and_leaves_nothing_behind(tmp_path: Path) -> None:
    bad = item("bad", b"picture")
    async with serving({"/media/bad": b"something else"}) as url:
        files = kept(tmp_path, url)
        files.want(manifest(bad))
        with pytest.raises(Broken, match="its SHA-256 is another"):
            await files.fetch(bad)
    assert files.missing == [bad]
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_the_hub_does_not_have_is_broken_and_so_is_a_hub_that_is_not_there(
    tmp_path: Path,
) -> None:
    gone = item("gone", b"picture")
    async with serving({}) as url:
        files = kept(tmp_path, url)
        with pytest.raises(Broken, match="answered 404"):
            await files.fetch(gone)
    with pytest.raises(Broken, match="it did not come"):
        await files.fetch(gone)


async def test_a_package_is_there_when_all_of_its_files_are(tmp_path: Path) -> None:
    package = item("menu", b"zip", files_url="/packages/menu/files.json")
    listed = [PackageFile("index.html", sha256(PAGE)), PackageFile("js/a b.js", sha256(SCRIPT))]
    served = {"/packages/menu/files.json": msgspec.json.encode(listed), "/packages/menu/index.html": PAGE}
    async with serving(served) as url:
        files = kept(tmp_path, url)
        files.want(manifest(package))
        with pytest.raises(Broken):
            await files.fetch(package)
        assert files.missing == [package]
        served["/packages/menu/js/a%20b.js"] = SCRIPT
        await files.fetch(package)
    assert files.missing == []


async def test_what_is_wanted_stays_and_of_the_rest_the_oldest_goes_first(tmp_path: Path) -> None:
    items = [item(name, name.encode() * 100) for name in "abcd"]
    async with serving({f"/media/{name}": name.encode() * 100 for name in "abcd"}) as url:
        files = kept(tmp_path, url, limit_bytes=250)
        for age, one in enumerate(items[:2]):
            files.want(manifest(one))
            await files.fetch(one)
            os.utime(files.path_of(one), (age, age))
        files.want(manifest(items[2], items[3]))
        await files.fetch(items[2])
        assert [files.has(one) for one in items] == [False, True, True, False]
        await files.fetch(items[3])
    assert [files.has(one) for one in items] == [False, False, True, True]


def test_whatever_a_manifest_calls_a_file_it_stays_in_its_folder(tmp_path: Path) -> None:
    evil = msgspec.structs.replace(item("x", b""), sha256="../../etc/passwd")
    files = kept(tmp_path / "files", "http://127.0.0.1:1")
    assert files.path_of(evil).parent == tmp_path / "files"
