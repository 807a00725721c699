"""What the use cases about playlists and their versions need of PostgreSQL; see `ports`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from protocol.playlists import Canary, DraftItem, Playlist, PlaylistVersion, VersionItem
from protocol.vocabulary import MediaKind, MediaStatus


class Playable(Protocol):
    """One version of a content, which has the `name` and `valid_until`. `duration_s`: its own length."""

    @property
    def media_id(self) -> str: ...
    @property
    def content_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def kind(self) -> MediaKind | None: ...
    @property
    def status(self) -> MediaStatus: ...
    @property
    def duration_s(self) -> float | None: ...
    @property
    def valid_until(self) -> datetime | None: ...


class Playables(Protocol):
    """What items stand for, as it is now."""

    def by_ids(self, media_ids: Collection[str], *, held: bool = False) -> Mapping[str, Playable]: ...

    def tagged(self, tags: Collection[str]) -> Mapping[str, Sequence[str]]: ...


class Playlists(Protocol):
    """Playlists. What is counted over their items is not counted here."""

    def lock(self) -> None: ...

    def find(self, *, text: str | None, after: tuple[str, str] | None, limit: int) -> list[Playlist]: ...

    def get(self, playlist_id: str) -> Playlist | None: ...

    def get_locked(self, playlist_id: str) -> Playlist | None: ...

    def names(self, playlist_ids: Collection[str]) -> dict[str, str]: ...

    def names_like(self, name: str) -> set[str]: ...

    def add(self, facts: Mapping[str, Any], user_id: str, by: str, at: datetime) -> str | None: ...

    def change(self, playlist_id: str, facts: Mapping[str, Any], at: datetime) -> bool: ...

    def no_default(self) -> None: ...

    def play(
        self, playlist_id: str, active: int | None, canary_number: int | None, canary: Canary | None
    ) -> None: ...

    def remove(self, playlist_id: str) -> None: ...

    def nesting(self) -> dict[str, set[str]]: ...

    def schedule_entries(self, playlist_id: str) -> int: ...

    def screens(
        self, playlist_ids: Collection[str], sites: Collection[str] | None
    ) -> dict[tuple[str, int], int]: ...


class Total(Protocol):
    """Of a draft: how many items it has, and how long those take that would play."""

    @property
    def items(self) -> int: ...
    @property
    def total_s(self) -> float: ...


class PlaylistItems(Protocol):
    """The drafts."""

    def totals(
        self, playlist_ids: Collection[str], at: datetime, without_length_s: float
    ) -> Mapping[str, Total]: ...

    def of(self, playlist_ids: Collection[str]) -> dict[str, list[DraftItem]]: ...

    def put(self, playlist_id: str, items: Sequence[DraftItem]) -> None: ...


class KeptVersion(Protocol):
    """A version with the draft that it was made of."""

    @property
    def playlist_id(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def shuffle(self) -> bool: ...
    @property
    def total_s(self) -> float: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def draft(self) -> list[DraftItem]: ...
    @property
    def items(self) -> list[VersionItem]: ...


class PlayedDraft(Protocol):
    """What was published: the draft, and whether it is shuffled."""

    @property
    def shuffle(self) -> bool: ...
    @property
    def draft(self) -> list[DraftItem]: ...


class PlaylistVersions(Protocol):
    """Versions: written once."""

    def page(self, playlist_id: str, *, before: int | None, limit: int) -> list[PlaylistVersion]: ...

    def get(self, playlist_id: str, number: int) -> PlaylistVersion | None: ...

    def kept(self, playlist_id: str, number: int) -> KeptVersion | None: ...

    def active(self, playlist_ids: Collection[str]) -> Mapping[str, KeptVersion]: ...

    def active_drafts(self, playlist_ids: Collection[str]) -> Mapping[str, PlayedDraft]: ...

    def following(self) -> Sequence[KeptVersion]: ...

    def add(
        self,
        playlist_id: str,
        *,
        shuffle: bool,
        follows: bool,
        draft: Sequence[DraftItem],
        items: Sequence[VersionItem],
        total_s: float,
        note: str,
        rolled_back_to: int | None,
        user_id: str | None,
        by: str,
        at: datetime,
    ) -> int: ...
