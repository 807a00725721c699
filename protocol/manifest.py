"""The manifest: all that a screen needs to play for a week without the hub. The device-ready playlist JSON.

Rule 1: it says nothing of the screen itself, so that all screens that play the same have the same one, byte
        for byte, encoded once. Its `digest` names it: the SHA-256 of what it says, without signatures.
Rule 2: every item is one approved version of one content, named by the hash of its bytes.
Rule 3: the schedule is resolved: a screen needs no calendar, only a clock. What has a window carries it, so a
        screen without the hub stops at the end of it as well.
Rule 4: instants are integers, milliseconds since the Unix epoch (`…_ms`); durations are seconds (`…_s`).
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from protocol.vocabulary import MediaKind, Transition

SCHEDULE_DAYS = 7
"""How many days ahead a manifest knows, at least."""


class ManifestItem(Struct, frozen=True, omit_defaults=True):
    """One thing to show. `url`: of a file, a path below the hub (signed, its bytes never change); of a page
    or a stream, its address. `files_url`: of an HTML package, the list of its files with their hashes."""

    id: str
    media_id: str
    content_id: str
    name: str
    number: int
    kind: MediaKind
    url: str
    duration_s: float
    transition: Transition = Transition.CUT
    mime_type: str | None = None
    sha256: str | None = None
    md5: str | None = None
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    files_url: str | None = None
    valid_from_ms: int | None = None
    valid_until_ms: int | None = None


class ManifestPlaylist(Struct, frozen=True, omit_defaults=True):
    """One playlist in one version. `items` in order; with `shuffle` each round in another one."""

    playlist_id: str
    name: str
    number: int
    items: list[ManifestItem]
    shuffle: bool = False


class ManifestSegment(Struct, frozen=True, omit_defaults=True):
    """From `from_ms` (None: from ever) until `until_ms` (None: for ever) the playlist plays that is at this
    place in `playlists`; None: nothing does."""

    playlist: int | None
    from_ms: int | None = None
    until_ms: int | None = None


class Manifest(Struct, frozen=True, omit_defaults=True):
    """`schedule` has no gaps and is in order. `urls_good_until_ms`: fetch the manifest anew after that, if
    something of it is still to be downloaded. `name_of_format`: this page, version 1."""

    digest: str
    playlists: list[ManifestPlaylist]
    schedule: list[ManifestSegment]
    urls_good_until_ms: int
    format: str = "clarion.manifest.1"


class DeviceManifest(Struct, frozen=True):
    """What `GET /devices/me/manifest` answers: the manifest, and the number it has for this screen."""

    version: int
    manifest: Manifest


class PlaylistPlaying(Struct, frozen=True):
    """Which playlist, in which version."""

    playlist_id: str
    name: str
    number: int


class DevicePlaylist(Struct, frozen=True):
    """Where a screen stands, for operators. `version`: the manifest it must have; `reported_version`: the one
    it says it plays; `lags_since`: since when they differ. `should_play`, `plays`: by the clock of now."""

    device_id: str
    version: int
    reported_version: int
    lags_since: datetime | None
    should_play: PlaylistPlaying | None
    plays: PlaylistPlaying | None
    manifest: Manifest | None


class DeviceManifestNumber(Struct, frozen=True):
    """What a number of a screen meant."""

    version: int
    digest: str
    since: datetime
    playlists: list[PlaylistPlaying] = field(default_factory=list)
