"""Bodies of the HTTP API about sites and groups of screens. As in `protocol.api`."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from protocol.api import Id, Name

Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
LocalTime = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FromUntil = Annotated[list[LocalTime], Meta(min_length=2, max_length=2)]
OpeningHours = dict[Day, Annotated[list[FromUntil], Meta(max_length=6)]]
TagQuery = Annotated[str, Meta(min_length=1, max_length=1000)]
"""Terms separated by commas, all of which must hold: `floor=2, kind!=kiosk, public, !private`."""


class SiteRequest(Struct, frozen=True):
    """A new site. `opening_hours`: pairs of local times by day; a day that is missing is closed, none at all
    means not said. `latitude` and `longitude` go together."""

    name: Name
    address: Annotated[str, Meta(max_length=500)] = ""
    time_zone: Annotated[str, Meta(min_length=1, max_length=60)] = "UTC"
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    opening_hours: OpeningHours = field(default_factory=dict)


class SitePatch(Struct, frozen=True):
    """What is left out stays."""

    name: Name | UnsetType = UNSET
    address: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    time_zone: Annotated[str, Meta(min_length=1, max_length=60)] | UnsetType = UNSET
    latitude: Latitude | UnsetType | None = UNSET
    longitude: Longitude | UnsetType | None = UNSET
    opening_hours: OpeningHours | UnsetType = UNSET


class Site(Struct, frozen=True):
    """A site, and how many approved devices are in it."""

    id: str
    name: str
    address: str
    time_zone: str
    latitude: float | None
    longitude: float | None
    opening_hours: OpeningHours
    devices: int


class SitePeople(Struct, frozen=True):
    """Those who are limited to sites and have this one: all of them."""

    user_ids: Annotated[list[Id], Meta(max_length=1000)]


class GroupRequest(Struct, frozen=True):
    """A new group of screens. With `tag_query` screens are in it whose tags fit, whatever is put into it."""

    name: Name
    parent_id: Id | None = None
    tag_query: TagQuery | None = None


class GroupPatch(Struct, frozen=True):
    """What is left out stays."""

    name: Name | UnsetType = UNSET
    parent_id: Id | UnsetType | None = UNSET
    tag_query: TagQuery | UnsetType | None = UNSET


class Group(Struct, frozen=True):
    """A group of screens. `devices`: the approved ones that it reaches, with those of the groups below it;
    of somebody limited to sites, only the screens there."""

    id: str
    name: str
    parent_id: str | None
    tag_query: str | None
    devices: int


class GroupDevices(Struct, frozen=True):
    """The screens put into a group by hand: all of them."""

    device_ids: Annotated[list[Id], Meta(max_length=10_000)]


class TagQueryPreview(Struct, frozen=True):
    """Which screens a query finds now: how many, and the first of them by name."""

    devices: int
    first: list[str]


class TagQueryRequest(Struct, frozen=True):
    tag_query: TagQuery


class TagValue(Struct, frozen=True):
    """A value, and how many approved screens have it."""

    value: str
    devices: int


class TagInUse(Struct, frozen=True):
    """A key, how many approved screens have it, and its most frequent values. `more_values`: how many others
    there are."""

    key: str
    devices: int
    values: list[TagValue]
    more_values: int
