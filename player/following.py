"""Which manifest the screen must play, which it has, and which it plays: it follows the hub's word.

Rule 1: what is reported is what plays: a number is taken up when its manifest is there, not when it is told.
Rule 2: a manifest is kept by its digest, whichever way it came. Of a number that stands for one that is there
        already, the screen begins anew: that is what `reload_playlist` means.
Rule 3: what did not come through the session is fetched: after a random part of the time that the hub names,
        or when an `ack` speaks of a number that no `playlist` has explained.
Rule 4: a screen that was never told of a manifest plays what it was switched on with, under the hub's number.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from player.hub_clock import HubClock
from player.playback import Playhead, PlaylistItem
from player.programme import Programme
from protocol.frames import DeviceEvent, PlaylistFrame
from protocol.manifest import Manifest, ManifestItem, ManifestPlaylist


class Follower:
    """Moves the playhead to what the manifest of now says. `now` is the screen's clock, in seconds."""

    __slots__ = (
        "_clock",
        "_fetch_at",
        "_has",
        "_heard",
        "_kept",
        "_playhead",
        "_programme",
        "_rng",
        "_turn_ms",
        "_wanted",
        "on_programme",
        "version",
    )

    def __init__(
        self,
        playhead: Playhead,
        clock: HubClock,
        rng: Random,
        has: Callable[[ManifestItem], bool] = lambda _: True,
    ) -> None:
        self.version = 0
        """The number of what plays."""
        self.on_programme: Callable[[ManifestPlaylist | None, float], object] = lambda *_: None
        """Another playlist plays from that instant on; None: nothing does."""
        self._playhead = playhead
        self._clock = clock
        self._rng = rng
        self._has = has
        self._programme: Programme | None = None
        self._wanted: PlaylistFrame | None = None
        self._kept: Manifest | None = None
        self._fetch_at: float | None = None
        self._turn_ms: int | None = None
        self._heard: ManifestPlaylist | None = None

    @property
    def playing(self) -> Manifest | None:
        """The manifest that plays; None while there is none."""
        return None if self._programme is None else self._programme.manifest

    @property
    def fetch_at(self) -> float | None:
        """When to fetch the manifest over HTTP; None while there is nothing to be fetched."""
        return self._fetch_at

    @property
    def due_at(self) -> float | None:
        """When `advance` has something to do."""
        return self._clock.when(self._turn_ms)

    # ---- what the hub says ----

    def keep(self, manifest: Manifest) -> None:
        """A manifest came. Whether it is this screen's is told next."""
        self._kept = manifest

    def told(self, frame: PlaylistFrame, now: float) -> list[DeviceEvent]:
        """What the screen must play from now on."""
        if frame.digest is None:
            return self.level(frame.playlist_version, now)
        self._wanted, self._fetch_at = frame, None
        if self.playing is not None and self.playing.digest == frame.digest:
            return self._again(frame.playlist_version, now)
        if self._kept is not None and self._kept.digest == frame.digest:
            return self._take_up(self._kept, frame.playlist_version, now)
        if self.playing is None:
            self.version = 0  # It has taken up a number of which it knows only now what it means.
        self._fetch_at = now + self._rng.random() * frame.fetch_within_s
        return []

    def level(self, version: int, now: float) -> list[DeviceEvent]:
        """`welcome`, `resumed` or an order speaks of this number (Rule 4)."""
        if self._wanted is not None or version == self.version:
            return []
        return self._again(version, now)

    def acknowledged(self, version: int, now: float) -> list[DeviceEvent]:
        """An `ack` speaks of this number: what it means was said before, or was lost (Rule 3)."""
        if self._wanted is not None and version not in (self.version, self._wanted.playlist_version):
            self._fetch_at = now if self._fetch_at is None else self._fetch_at
        return self.level(version, now)

    def fetched(self, version: int, manifest: Manifest, now: float) -> list[DeviceEvent]:
        """What the hub answered over HTTP."""
        self.keep(manifest)
        return self.told(PlaylistFrame(version, manifest.digest), now)

    def not_fetched(self, again_at: float) -> None:
        """The hub did not answer: try again then."""
        self._fetch_at = again_at

    def fetching(self) -> None:
        """It is being fetched."""
        self._fetch_at = None

    # ---- what plays ----

    def advance(self, now: float) -> list[DeviceEvent]:
        """Go on to what the clock says."""
        if self._turn_ms is None or not self._clock.has_passed(self._turn_ms, now):
            return []
        return self._follow_clock(now)

    def look_again(self, now: float) -> list[DeviceEvent]:
        """A file came, or is not there any more."""
        return [] if self._programme is None else self._follow_clock(now)

    def _again(self, version: int, now: float) -> list[DeviceEvent]:
        if version == self.version:
            return []
        self.version = version
        return self._playhead.restart(now)

    def _take_up(self, manifest: Manifest, version: int, now: float) -> list[DeviceEvent]:
        self._programme, self._kept, self.version = Programme(manifest, self._has), None, version
        return self._follow_clock(now)

    def _follow_clock(self, now: float) -> list[DeviceEvent]:
        programme, now_ms = self._programme, self._clock.ms(now)
        assert programme is not None and now_ms is not None, "a manifest comes after a time of day"
        self._turn_ms = programme.next_turn_ms(now_ms)
        playlist = programme.playlist_at(now_ms)
        if _named(playlist) != _named(self._heard):
            self._heard = playlist
            self.on_programme(playlist, now)

        def items_of(turn: int) -> tuple[PlaylistItem, ...]:
            return programme.items_at(now_ms, turn)

        return self._playhead.load(items_of, now)


def _named(playlist: ManifestPlaylist | None) -> tuple[str, int] | None:
    return None if playlist is None else (playlist.playlist_id, playlist.number)
