"""The files of a manifest, kept by their SHA-256: what is there is whole, and what it should be.

Rule 1: a file is hashed while it comes, and gets its name only if the hash fits.
Rule 2: what a manifest wants is never thrown away for room; of the rest, the oldest goes first.
Rule 3: one download at a time: what plays now must not wait for what plays tomorrow.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote, urljoin

import httpx
import msgspec

from player.agent.dial import Caller
from player.agent.hub_http import client_of
from protocol.manifest import Manifest, ManifestItem

LIMIT_BYTES: Final = 4 * 2**30


class PackageFile(msgspec.Struct, frozen=True):
    """One file of an HTML package."""

    path: str
    sha256: str
    size_bytes: int = 0


class Broken(Exception):
    """An item cannot be had; the message says why."""


class Files:
    """A folder of files. Raises OSError when it cannot be written."""

    def __init__(self, folder: Path, caller: Caller, hub_url: str, limit_bytes: int = LIMIT_BYTES) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._caller = caller
        self._hub_url = hub_url
        self._limit_bytes = limit_bytes
        self._wanted: list[ManifestItem] = []

    def want(self, manifest: Manifest | None) -> None:
        """What is to be there from now on."""
        playlists = [] if manifest is None else manifest.playlists
        self._wanted = [i for playlist in playlists for i in playlist.items if i.sha256 or i.files_url]
        for item in self._wanted:
            if self.has(item):
                os.utime(self._marker(item))
        self._make_room()

    @property
    def missing(self) -> list[ManifestItem]:
        """What is wanted and not there, in the order of the playlists."""
        return [item for item in self._wanted if not self.has(item)]

    def has(self, item: ManifestItem) -> bool:
        return self._marker(item).exists()

    def path_of(self, item: ManifestItem) -> Path:
        """Where the file is, if it is there; of a package, the list of its files."""
        return self._marker(item)

    @property
    def used_bytes(self) -> int:
        return sum(path.stat().st_size for path in self._folder.iterdir())

    async def fetch(self, item: ManifestItem) -> None:
        """Have it there when this returns. Raises Broken, OSError."""
        async with client_of(self._hub_url, self._caller) as client:
            try:
                if item.files_url is None:
                    await self._download(client, item.url, item.sha256 or "", self._marker(item))
                else:
                    await self._fetch_package(client, item, item.files_url)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise Broken(f"it did not come ({str(error) or type(error).__name__})") from None
        self._make_room()

    async def _fetch_package(self, client: httpx.AsyncClient, item: ManifestItem, files_url: str) -> None:
        response = await client.get(files_url)
        if not response.is_success:
            raise Broken(f"the hub answered {response.status_code} to the list of its files")
        try:
            files = msgspec.json.decode(response.content, type=list[PackageFile])
        except msgspec.DecodeError as error:
            raise Broken(f"the list of its files cannot be understood ({error})") from None
        for file in files:
            path = self._folder / _named(file.sha256)
            if not path.exists():
                await self._download(client, urljoin(files_url, quote(file.path)), file.sha256, path)
        marker = self._marker(item)
        marker.write_bytes(response.content)

    async def _download(self, client: httpx.AsyncClient, url: str, sha256: str, path: Path) -> None:
        unfinished, hashed = path.with_suffix(".part"), hashlib.sha256()
        try:
            async with client.stream("GET", url) as response:
                if not response.is_success:
                    raise Broken(f"the hub answered {response.status_code}")
                with unfinished.open("wb") as file:
                    async for piece in response.aiter_bytes():
                        hashed.update(piece)
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
            if hashed.hexdigest() != sha256:
                raise Broken("it is not the file that it should be: its SHA-256 is another")
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _marker(self, item: ManifestItem) -> Path:
        """The file; of a package the list of its files, which is there when they all are."""
        if item.files_url is None:
            return self._folder / _named(item.sha256 or "")
        return self._folder / f"{_named(item.sha256 or item.media_id)}.files"

    def _make_room(self) -> None:
        needed = {path for item in self._wanted for path in self._paths_of(item)}
        kept = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
        used = sum(path.stat().st_size for path in kept)
        for path in kept:
            if used <= self._limit_bytes:
                return
            if path not in needed and path.suffix != ".part":
                used -= path.stat().st_size
                path.unlink()

    def _paths_of(self, item: ManifestItem) -> Iterator[Path]:
        marker = self._marker(item)
        yield marker
        if item.files_url is not None and marker.exists():
            for file in msgspec.json.decode(marker.read_bytes(), type=list[PackageFile]):
                yield self._folder / _named(file.sha256)


def _named(sha256: str) -> str:
    """A name for a file: whatever the hub says, it is no path."""
    return "".join(c for c in sha256 if c.isalnum() or c == "-")[:128] or "nameless"
