"""What the use cases about schedules need of PostgreSQL; see `ports`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from protocol.schedule import Entry

TargetKind: TypeAlias = Literal["device", "group", "site", "tag", "all"]


class EntryRow(Protocol):
    """One entry. `entry`: as the API says it, without the words for whom and when. `target_name`: of the one
    screen, group or site; `at_site_id`: of the one site, or of that of the one screen; `tag_terms`: the tag
    query, parsed."""

    @property
    def entry(self) -> Entry: ...
    @property
    def target_name(self) -> str | None: ...
    @property
    def at_site_id(self) -> str | None: ...
    @property
    def tag_terms(self) -> list[list[str]] | None: ...


class ScheduledScreen(Protocol):
    """A screen, and the time there: UTC where it is at no site."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def time_zone(self) -> str: ...


class Schedule(Protocol):
    """Entries of the schedule. `sites`: only what can concern a screen there; None: all."""

    def get(self, entry_id: str, sites: Collection[str] | None = None) -> EntryRow | None: ...

    def get_locked(self, entry_id: str, sites: Collection[str] | None = None) -> EntryRow | None: ...

    def find(
        self,
        *,
        sites: Collection[str] | None,
        group_id: str | None,
        playlist_id: str | None,
        target: str | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> Sequence[EntryRow]: ...

    def for_device(self, device_id: str) -> Sequence[EntryRow]: ...

    def naming(self, kind: Literal["group", "site"], place_id: str) -> Sequence[EntryRow]: ...

    def always_of_device(self, device_id: str) -> str | None: ...

    def screen(self, device_id: str, sites: Collection[str] | None = None) -> ScheduledScreen | None: ...

    def has_playlist(self, playlist_id: str) -> bool: ...

    def add(self, facts: Mapping[str, Any]) -> str: ...

    def change(self, entry_id: str, facts: Mapping[str, Any], at: datetime) -> None: ...

    def remove(self, entry_id: str) -> None: ...
