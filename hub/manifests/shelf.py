"""The manifests of now, in memory: encoded once for all screens that share one, and what plays when.

Rule 1: a manifest is known by its tenant and digest, so nothing here is ever wrong, only missing: then it is
        read from PostgreSQL again.
Rule 2: the encoded ones are bounded in bytes; those that nobody asks for go first. What plays when is kept of
        all: a few dozen bytes each.
Rule 3: addresses are signed anew when their window turns, once a week.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from hub.manifests.addresses import addressed
from hub.use_cases.media_bodies import FileUrls
from protocol.manifest import Manifest

FRAME_AT_MOST_BYTES: Final = 32 * 1024
"""A larger one is fetched over HTTP: thousands of screens at once are not sent megabytes each."""
MOST_BYTES: Final = 32 * 1024 * 1024
OUTLINES_AT_MOST: Final = 20_000


class Playing(NamedTuple):
    """Which playlist, in which version."""

    playlist_id: str
    name: str
    number: int


class Outline:
    """What of a manifest plays when, and nothing else. Instants: milliseconds since the Unix epoch."""

    __slots__ = ("_playing", "_turns_ms")

    def __init__(self, manifest: Manifest) -> None:
        named = [Playing(each.playlist_id, each.name, each.number) for each in manifest.playlists]
        self._turns_ms = [each.until_ms for each in manifest.schedule if each.until_ms is not None]
        self._playing = [
            None if each.playlist is None else named[each.playlist] for each in manifest.schedule
        ]

    def at(self, now_ms: int) -> Playing | None:
        """What plays then; also None behind the end of what is known."""
        place = bisect_right(self._turns_ms, now_ms)
        return self._playing[place] if place < len(self._playing) else None

    def next_turn_ms(self, now_ms: int) -> int | None:
        """When something else begins to play."""
        place = bisect_right(self._turns_ms, now_ms)
        return self._turns_ms[place] if place < len(self._turns_ms) else None


class Encoded(NamedTuple):
    """`body`: the manifest as JSON; `frame`: the wire bytes of the frame that carries it, None if it is too
    large for one. `window_ms`: until when its addresses are good."""

    body: bytes
    frame: bytes | None
    window_ms: int


class Shelf:
    """`text_frame`: the wire bytes of a text frame. All synchronous, on the trio thread."""

    def __init__(
        self, urls: FileUrls, now: Callable[[], datetime], text_frame: Callable[[bytes], bytes]
    ) -> None:
        self._urls = urls
        self._now = now
        self._text_frame = text_frame
        self._plain: OrderedDict[tuple[str, str], tuple[Manifest, int]] = OrderedDict()
        self._encoded: dict[tuple[str, str], Encoded] = {}
        self._outlines: OrderedDict[tuple[str, str], Outline] = OrderedDict()
        self._bytes = 0

    def __repr__(self) -> str:
        return f"<Shelf {len(self._plain)} manifests, {len(self._encoded)} encoded, {self._bytes} bytes>"

    @property
    def window_ms(self) -> int:
        """Until when addresses are good that are signed now."""
        return round(self._urls.good_until(self._now()).timestamp() * 1000)

    def put(self, tenant_id: str, manifest: Manifest, size_bytes: int) -> None:
        """Keep it. `size_bytes`: about how large it is, encoded."""
        key = tenant_id, manifest.digest
        if key not in self._outlines:
            self._outlines[key] = Outline(manifest)
            if len(self._outlines) > OUTLINES_AT_MOST:
                self._outlines.popitem(last=False)
        if key in self._plain:
            self._plain.move_to_end(key)
            return
        self._plain[key] = manifest, size_bytes
        self._bytes += size_bytes
        while self._bytes > MOST_BYTES and len(self._plain) > 1:
            gone, (_, freed) = self._plain.popitem(last=False)
            self._encoded.pop(gone, None)
            self._bytes -= freed

    def encoded(self, tenant_id: str, digest: str) -> Encoded | None:
        """As screens are told it; None if it is not here."""
        key = tenant_id, digest
        window_ms = self.window_ms
        found = self._encoded.get(key)
        if found is not None and found.window_ms == window_ms:
            self._plain.move_to_end(key)
            return found
        kept = self._plain.get(key)
        if kept is None:
            return None
        body = msgspec.json.encode(addressed(kept[0], tenant_id, self._urls, self._now()))
        frame = None
        if len(body) <= FRAME_AT_MOST_BYTES:
            frame = self._text_frame(b'{"type":"manifest","manifest":' + body + b"}")
        self._encoded[key] = found = Encoded(body, frame, window_ms)
        return found

    def frame(self, tenant_id: str, digest: str) -> bytes | None:
        """The frame that carries it; None if there is none, or it is not here. To know that one is too large
        it is not encoded: that takes as long as sending an alert to hundreds of screens."""
        kept = self._plain.get((tenant_id, digest))
        if kept is None or kept[1] > FRAME_AT_MOST_BYTES:
            return None
        encoded = self.encoded(tenant_id, digest)
        return None if encoded is None else encoded.frame

    def outline(self, tenant_id: str, digest: str) -> Outline | None:
        """What of it plays when; None if it is not here."""
        return self._outlines.get((tenant_id, digest))
