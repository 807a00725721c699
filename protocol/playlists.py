"""Bodies of the HTTP API about playlists and their numbered versions. As in `protocol.api`.

A playlist has a *draft*, which people edit and which has a revision (its ETag), and *versions*, which are
numbered, written once, and what screens play.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from protocol.api import Id, Name, Text
from protocol.contents import Media, Tag
from protocol.vocabulary import MediaKind, Transition

DurationS = Annotated[float, Meta(ge=0.5, le=86_400)]
ItemIds = Annotated[list[Id], Meta(max_length=1000)]


class PlaylistRequest(Struct, frozen=True):
    name: Name
    description: Text = ""
    shuffle: bool = False
    is_default: bool = False


class PlaylistPatch(Struct, frozen=True):
    """What is left out stays. The tenant's default playlist is one: making it one takes it from the other."""

    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    shuffle: bool | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET


class ItemRequest(Struct, frozen=True):
    """One of `media_id` (an approved version), `playlist_id` (another playlist, as it is published) and
    `content_tag` (the newest approved version of every content that has the tag).

    `duration_s`: None for as long as the media itself is, ten seconds for what has no length. `position`:
    where it goes, from 0; None for the end.
    """

    media_id: Id | None = None
    playlist_id: Id | None = None
    content_tag: Tag | None = None
    duration_s: DurationS | None = None
    transition: Transition = Transition.CUT
    enabled: bool = True
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    position: Annotated[int, Meta(ge=0)] | None = None


class ItemPatch(Struct, frozen=True):
    """What is left out stays."""

    duration_s: DurationS | UnsetType | None = UNSET
    transition: Transition | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    valid_from: datetime | UnsetType | None = UNSET
    valid_until: datetime | UnsetType | None = UNSET
    media_id: Id | UnsetType = UNSET


class ItemOrder(Struct, frozen=True):
    """Every item of the draft, each once, in the new order."""

    item_ids: ItemIds


class PlaylistItem(Struct, frozen=True):
    """One item of a draft. `kind` says which of `media`, `playlist_*` and `content_tag` there is.

    `plays_s`: how long it takes as things are; `starts_s`: how long after the beginning, if everything before
    it plays; `count`: of how many media it consists now; `problem`: why it would not play, in a sentence.
    """

    id: str
    position: int
    kind: Literal["media", "playlist", "tag"]
    media: Media | None
    playlist_id: str | None
    playlist_name: str | None
    content_tag: str | None
    duration_s: float | None
    plays_s: float
    starts_s: float
    count: int
    transition: Transition
    enabled: bool
    valid_from: datetime | None
    valid_until: datetime | None
    problem: str | None


class PlaylistItems(Struct, frozen=True):
    """The draft as a timeline. `revision`: its ETag; a change names it in If-Match."""

    playlist_id: str
    revision: int
    total_s: float
    items: list[PlaylistItem]


class Canary(Struct, frozen=True):
    """Who plays a new version first: a fraction of the screens, or a group. One of the two."""

    fraction: Annotated[float, Meta(gt=0, lt=1)] | None = None
    group_id: Id | None = None


class Playlist(Struct, frozen=True):
    """`has_changes`: whether the draft differs from the active version. `screens`: how many screens have it
    in their manifest of now."""

    id: str
    name: str
    description: str
    is_default: bool
    shuffle: bool
    revision: int
    items: int
    total_s: float
    active_number: int | None
    canary_number: int | None
    canary: Canary | None
    has_changes: bool
    published_at: datetime | None
    published_by: str | None
    screens: int
    created_by: str
    created_at: datetime
    updated_at: datetime


class PublishRequest(Struct, frozen=True):
    """With `canary` the version is played by some first: promote or withdraw it later."""

    note: Text = ""
    canary: Canary | None = None


class RollbackRequest(Struct, frozen=True):
    note: Text = ""


class DuplicateRequest(Struct, frozen=True):
    """`name`: of the copy; None for the name of the original with a number."""

    name: Name | None = None


class DraftItem(Struct, frozen=True, omit_defaults=True):
    """One item of a draft, as a version keeps it. `name`: what it named was called then."""

    id: str
    name: str
    media_id: str | None = None
    playlist_id: str | None = None
    content_tag: str | None = None
    duration_s: float | None = None
    transition: Transition = Transition.CUT
    enabled: bool = True
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class VersionItem(Struct, frozen=True):
    """One item of a version, as it was published. It names exactly one version of one content."""

    id: str
    media_id: str
    content_id: str
    name: str
    number: int
    kind: MediaKind
    duration_s: float
    transition: Transition
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class ItemChange(Struct, frozen=True):
    """`what`: added, removed, moved, or changed (then `details` says what, in words)."""

    what: Literal["added", "removed", "moved", "changed"]
    name: str
    position: int | None
    position_before: int | None
    details: list[str] = field(default_factory=list)


class PlaylistDiff(Struct, frozen=True):
    """From one version to another; `to_number` None is the draft, `from_number` None nothing at all.
    `total_s` of both, in seconds. `shuffle`: whether it is shuffled now, if that changed."""

    playlist_id: str
    from_number: int | None
    to_number: int | None
    total_before_s: float
    total_s: float
    changes: list[ItemChange]
    shuffle: bool | None = None


class PlaylistVersion(Struct, frozen=True):
    """`state`: active, canary, or past. `published_by` clarion: what its items stand for had changed, so the
    hub published it anew. `items` only when one version is asked for. `left_out`: what of the draft does not
    play, each with why, in a sentence; only when it is published."""

    playlist_id: str
    number: int
    state: Literal["active", "canary", "past"]
    shuffle: bool
    item_count: int
    total_s: float
    note: str
    rolled_back_to: int | None
    published_by: str
    published_at: datetime
    screens: int
    items: list[VersionItem] | None = None
    left_out: list[str] = field(default_factory=list)
