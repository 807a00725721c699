"""What a screen plays: for the screen itself, by its token; and for operators, who see where it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from hub.manifests.addresses import addressed
from hub.manifests.building import digested
from hub.manifests.shelf import Encoded, Outline, Playing, Shelf
from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.errors import NO_SUCH_DEVICE, NotFound
from hub.use_cases.manifest_ports import Number, Standing
from hub.use_cases.media_bodies import FileUrls
from hub.use_cases.paging import ByNumber, cut_page, decode_cursor, encode_cursor
from hub.use_cases.ports import Database, Transaction
from protocol.api import Page
from protocol.manifest import (
    DeviceManifestNumber,
    DevicePlaylist,
    Manifest,
    ManifestSegment,
    PlaylistPlaying,
)
from protocol.vocabulary import Permission

NOTHING: Final = digested(Manifest("", [], [ManifestSegment(None)], 0))
"""What a screen plays that never had anything to play."""


class DeviceCaller(NamedTuple):
    """The screen that asks, by its token."""

    tenant_id: str
    device_id: str


class Fetched(NamedTuple):
    """`tag`: names the version, the manifest and the window of its addresses. `manifest`: JSON; None: the
    screen has it already."""

    tag: str
    version: int
    manifest: bytes | None


class Manifests:
    """`shelf`: the manifests of now, in memory."""

    def __init__(self, database: Database, shelf: Shelf, urls: FileUrls, now: Callable[[], datetime]) -> None:
        self._database = database
        self._shelf = shelf
        self._urls = urls
        self._now = now

    async def device_of(self, token: str) -> DeviceCaller | None:
        """Whose token it is; None: nobody's, or not any more."""
        token_hash = hash_token(token)
        found = await self._database.ask(lambda questions: questions.device_of_token(token_hash))
        return None if found is None else DeviceCaller(*found)

    async def fetch(self, device: DeviceCaller, known_tag: str | None) -> Fetched:
        """What the screen must play, unless `known_tag` names it. Raises NotFound."""
        wanted = await self._database.transact(
            device.tenant_id, lambda tx: tx.manifests.wanted(device.device_id)
        )
        if wanted is None:
            raise NotFound(NO_SUCH_DEVICE)
        version, digest = wanted
        tag = f"{version}.{(digest or NOTHING.digest)[:16]}.{self._shelf.window_ms // 1000}"
        if tag == known_tag:
            return Fetched(tag, version, None)
        if digest is None:
            return Fetched(tag, version, msgspec.json.encode(NOTHING))
        return Fetched(tag, version, (await self._encoded(device.tenant_id, digest)).body)

    async def _encoded(self, tenant_id: str, digest: str) -> Encoded:
        encoded = self._shelf.encoded(tenant_id, digest)
        if encoded is None:
            body = await self._database.transact(tenant_id, lambda tx: tx.manifests.body(digest))
            if body is None:
                raise NotFound("There is no such manifest any more. Ask again.")
            self._shelf.put(tenant_id, msgspec.json.decode(body, type=Manifest), len(body))
            encoded = self._shelf.encoded(tenant_id, digest)
            assert encoded is not None
        return encoded

    # ---- for operators ----

    async def standing(self, operator: Operator, device_id: str) -> DevicePlaylist:
        """Where one screen stands. Raises NotAllowed, NotFound."""
        require(operator, Permission.CONTENT_VIEW)
        now = self._now()

        def read(tx: Transaction) -> tuple[Standing, dict[str, bytes]]:
            standing = tx.manifests.standing(device_id, operator.sites)
            if standing is None:
                raise NotFound(NO_SUCH_DEVICE)
            digests = {each for each in (standing.digest, standing.reported_digest) if each}
            bodies = {digest: tx.manifests.body(digest) for digest in digests}
            return standing, {digest: body for digest, body in bodies.items() if body is not None}

        standing, bodies = await self._database.transact(operator.tenant_id, read)
        manifests = {digest: msgspec.json.decode(body, type=Manifest) for digest, body in bodies.items()}
        wanted, reported = (
            None if digest is None else manifests.get(digest)
            for digest in (standing.digest, standing.reported_digest)
        )
        lags = wanted is not None and standing.reported != standing.version
        return DevicePlaylist(
            device_id,
            standing.version,
            standing.reported,
            standing.wanted_since if lags else None,
            _playing(wanted, now),
            _playing(reported, now),
            None if wanted is None else addressed(wanted, operator.tenant_id, self._urls, now),
        )

    async def numbers(
        self, operator: Operator, device_id: str, cursor: str | None, limit: int
    ) -> Page[DeviceManifestNumber]:
        """What the numbers of a screen meant, the newest first. Raises NotAllowed, NotFound, Invalid
        (cursor)."""
        require(operator, Permission.CONTENT_VIEW)
        before = decode_cursor(cursor, ByNumber)

        def read(tx: Transaction) -> list[Number]:
            if tx.manifests.standing(device_id, operator.sites) is None:
                raise NotFound(NO_SUCH_DEVICE)
            return list(tx.manifests.numbers(device_id, before=before, limit=limit + 1))

        rows, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        return Page(
            [
                DeviceManifestNumber(
                    row.version, row.digest, row.since, msgspec.convert(row.playlists, list[PlaylistPlaying])
                )
                for row in rows
            ],
            encode_cursor(rows[-1].version) if more else None,
        )


def _playing(manifest: Manifest | None, now: datetime) -> PlaylistPlaying | None:
    playing: Playing | None = None
    if manifest is not None:
        playing = Outline(manifest).at(round(now.timestamp() * 1000))
    return None if playing is None else PlaylistPlaying(*playing)
