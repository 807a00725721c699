"""Vectors of what plays when: shuffled orders, programmes of manifests, hours in which a screen is lit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from player.hours import is_lit
from player.programme import Programme
from protocol.manifest import Manifest, ManifestItem, ManifestPlaylist, ManifestSegment
from protocol.places import OpeningHours
from protocol.vocabulary import MediaKind

_PLAYLIST_ID: Final = "4f1c5a52-0c3e-4f0e-8f5e-0c6e7f2f3b11"
_NOON_MS: Final = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp() * 1000)


def shuffles() -> dict[str, Any]:
    """The order of the items in a round, by their ids."""
    cases = []
    for number, count in ((7, 1), (7, 5), (8, 5), (1, 12)):
        playlist = ManifestPlaylist(
            _PLAYLIST_ID, "Lobby", number, [_item(i) for i in range(count)], shuffle=True
        )
        programme = Programme(Manifest("d", [playlist], [ManifestSegment(0)], 0))
        for turn in range(3):
            cases.append(
                {
                    "playlist_id": _PLAYLIST_ID,
                    "number": number,
                    "round": turn,
                    "items": [item.id for item in playlist.items],
                    "order": [item.id for item in programme.items_at(0, turn)],
                }
            )
    return {"about": "by the SHA-256, in hex, of <playlist id>/<number>/<round>/<item id>", "cases": cases}


def programmes() -> dict[str, Any]:
    """Manifests, and at some instants: which playlist, which items, and when something else is shown."""
    hour = 3_600_000
    windows = ManifestPlaylist(
        _PLAYLIST_ID, "Windows", 3,
        [
            _item(0),
            _item(1, valid_from_ms=_NOON_MS),
            _item(2, valid_until_ms=_NOON_MS + hour),
            _item(3, valid_from_ms=_NOON_MS - hour, valid_until_ms=_NOON_MS + 2 * hour),
        ],
    )  # fmt: skip
    night = ManifestPlaylist("5f1c5a52-0c3e-4f0e-8f5e-0c6e7f2f3b12", "Night", 1, [_item(9)])
    shuffled = msgspec.structs.replace(windows, shuffle=True)
    manifests = {
        "one playlist for ever": Manifest("a", [windows], [ManifestSegment(0)], _NOON_MS),
        "nothing, then one, then another, then the end": Manifest(
            "b",
            [shuffled, night],
            [
                ManifestSegment(None, until_ms=_NOON_MS - hour),
                ManifestSegment(0, _NOON_MS - hour, _NOON_MS + hour),
                ManifestSegment(None, _NOON_MS + hour, _NOON_MS + 2 * hour),
                ManifestSegment(1, _NOON_MS + 2 * hour, _NOON_MS + 3 * hour),
            ],
            _NOON_MS,
        ),
        "nothing at all": Manifest("c", [], [ManifestSegment(None)], _NOON_MS),
        "an empty playlist": Manifest(
            "d", [ManifestPlaylist(_PLAYLIST_ID, "Empty", 1, [])], [ManifestSegment(0)], _NOON_MS
        ),
    }
    offsets_ms = (
        -2 * hour,
        -hour - 1,
        -hour,
        -1,
        0,
        1,
        hour - 1,
        hour,
        2 * hour,
        3 * hour - 1,
        3 * hour,
        9 * hour,
    )
    return {
        "about": "what a manifest plays by the hub's clock; items by their ids",
        "manifests": [
            {
                "name": name,
                "manifest": msgspec.to_builtins(manifest),
                "at": [
                    _at(Programme(manifest), _NOON_MS + offset, turn)
                    for offset in offsets_ms
                    for turn in (0, 1)
                ],
            }
            for name, manifest in manifests.items()
        ],
    }


def hours() -> dict[str, Any]:
    """Hours, a time zone and instants: whether the screen is lit."""
    office: OpeningHours = {"mon": [["07:00", "12:00"], ["13:00", "22:00"]], "sat": [["00:00", "24:00"]]}
    sunday: OpeningHours = {"sun": [["02:30", "03:30"]]}
    of_shops: list[tuple[OpeningHours | None, str, list[str]]] = [
        (None, "UTC", ["2026-11-21T12:00"]),
        ({}, "UTC", ["2026-11-21T12:00"]),
        (office, "UTC", ["2026-11-23T06:59", "2026-11-23T07:00", "2026-11-23T11:59", "2026-11-23T12:00"]),
        (office, "UTC", ["2026-11-23T21:59", "2026-11-23T22:00", "2026-11-24T08:00", "2026-11-21T23:59"]),
        (
            office,
            "Europe/Vienna",
            ["2026-11-23T05:59", "2026-11-23T06:00", "2026-11-20T23:00", "2026-11-21T23:00"],
        ),
        (office, "Pacific/Auckland", ["2026-11-20T11:00", "2026-11-21T10:59", "2026-11-21T11:00"]),
        # In Vienna the clock leaves out 02:00 to 03:00 on 29 March 2026, and has it twice on 25 October.
        (sunday, "Europe/Vienna", ["2026-03-29T00:59", "2026-03-29T01:00", "2026-03-29T01:30"]),
        (
            sunday,
            "Europe/Vienna",
            ["2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-25T02:30"],
        ),
        (office, "Nowhere/Known", ["2026-11-24T08:00"]),
    ]
    return {
        "about": "is the screen lit, with these hours by the clock of this time zone",
        "cases": [
            {
                "hours": hours,
                "time_zone": zone,
                "now_ms": (now_ms := int(datetime.fromisoformat(f"{instant}+00:00").timestamp() * 1000)),
                "utc": instant,
                "lit": is_lit(hours, zone, now_ms),
            }
            for hours, zone, instants in of_shops
            for instant in instants
        ],
    }


def _at(programme: Programme, now_ms: int, turn: int) -> dict[str, Any]:
    playlist = programme.playlist_at(now_ms)
    return {
        "now_ms": now_ms,
        "round": turn,
        "playlist": None if playlist is None else playlist.name,
        "items": [item.id for item in programme.items_at(now_ms, turn)],
        "next_turn_ms": programme.next_turn_ms(now_ms),
    }


def _item(place: int, valid_from_ms: int | None = None, valid_until_ms: int | None = None) -> ManifestItem:
    return ManifestItem(
        f"9a1c3a52-7c3e-4f0e-8f5e-0c6e7f2f3b{place:02}", f"m{place}", f"c{place}", f"Item {place}", 1,
        MediaKind.IMAGE, f"/media/{place}.png", 10.0,
        valid_from_ms=valid_from_ms, valid_until_ms=valid_until_ms,
    )  # fmt: skip
