"""What a manifest plays, by the hub's clock: which items, in which order, and until when that holds. Pure.

Rule 1: only what is within its window is shown, hub or no hub: what ended is not begun any more, and leaves.
Rule 2: with `shuffle` each round has another order, the same for every screen that plays the manifest: by the
        SHA-256, in hex, of `<playlist id>/<number>/<round>/<item id>`, which any platform can compute.
Rule 3: what cannot be shown, because its file is not there, is passed over.
Rule 4: behind the end of its schedule a manifest says nothing, and nothing plays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from player.playback import PlaylistItem
from protocol.manifest import Manifest, ManifestItem, ManifestPlaylist, ManifestSegment


class Programme:
    """One manifest. Instants are milliseconds of the hub's clock."""

    __slots__ = ("_has", "manifest")

    def __init__(self, manifest: Manifest, has: Callable[[ManifestItem], bool] = lambda _: True) -> None:
        self.manifest = manifest
        self._has = has

    def playlist_at(self, now_ms: int) -> ManifestPlaylist | None:
        """What plays then."""
        segment = self._segment_at(now_ms)
        if segment is None or segment.playlist is None:
            return None
        return self.manifest.playlists[segment.playlist]

    def items_at(self, now_ms: int, turn: int) -> tuple[PlaylistItem, ...]:
        """What is to be shown, one after the other, in the round `turn` (from 0)."""
        playlist = self.playlist_at(now_ms)
        if playlist is None:
            return ()
        items = [_played(item, playlist) for item in _shown(playlist, now_ms) if self._has(item)]
        if playlist.shuffle:
            prefix = f"{playlist.playlist_id}/{playlist.number}/{turn}/"
            items.sort(key=lambda item: hashlib.sha256(f"{prefix}{item.id}".encode()).hexdigest())
        return tuple(items)

    def next_turn_ms(self, now_ms: int) -> int | None:
        """When something else is to be shown than now, whatever it is; None when never."""
        segment = self._segment_at(now_ms)
        turns = [] if segment is None else [segment.until_ms]
        playlist = self.playlist_at(now_ms)
        if playlist is not None:
            for item in playlist.items:
                turns += [item.valid_from_ms, item.valid_until_ms]
        return min((turn for turn in turns if turn is not None and turn > now_ms), default=None)

    def _segment_at(self, now_ms: int) -> ManifestSegment | None:
        for segment in self.manifest.schedule:
            if segment.until_ms is None or now_ms < segment.until_ms:
                return segment
        return None


def _played(item: ManifestItem, playlist: ManifestPlaylist) -> PlaylistItem:
    return PlaylistItem(
        item.name, item.duration_s, item.id, item.media_id, playlist.playlist_id, playlist.number
    )


def _shown(playlist: ManifestPlaylist, now_ms: int) -> Iterable[ManifestItem]:
    for item in playlist.items:
        begun = item.valid_from_ms is None or item.valid_from_ms <= now_ms
        over = item.valid_until_ms is not None and item.valid_until_ms <= now_ms
        if begun and not over:
            yield item
