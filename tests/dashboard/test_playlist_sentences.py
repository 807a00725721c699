"""Playlists, their items and versions in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from dashboard.clock import Clock, to_ms
from dashboard.components.playlist_timeline import timeline_row
from dashboard.playlist_sentences import (
    NotALength,
    author_words,
    canary_words,
    change_words,
    difference_words,
    fits,
    item_note,
    item_title,
    length,
    plays_words,
    problems_words,
    seconds_of,
    standing,
    version_note,
    version_pill,
    window_note,
    window_words,
)
from protocol.playlists import Canary, ItemChange, Playlist, PlaylistDiff, PlaylistItem, PlaylistVersion
from protocol.vocabulary import Transition

BERLIN = Clock(ZoneInfo("Europe/Berlin"))
AT = datetime(2030, 7, 1, 12, 0, tzinfo=UTC)
NOW_MS = to_ms(AT) + 60_000


def playlist(**fields: Any) -> Playlist:
    facts: dict[str, Any] = {
        "id": "p",
        "name": "Lobby",
        "description": "",
        "is_default": False,
        "shuffle": False,
        "revision": 3,
        "items": 2,
        "total_s": 20.0,
        "active_number": 4,
        "canary_number": None,
        "canary": None,
        "has_changes": False,
        "published_at": AT,
        "published_by": "ana@b.c",
        "screens": 12,
        "created_by": "ana@b.c",
        "created_at": AT,
        "updated_at": AT,
    }
    return Playlist(**{**facts, **fields})


def item(**fields: Any) -> PlaylistItem:
    facts: dict[str, Any] = {
        "id": "i",
        "position": 0,
        "kind": "tag",
        "media": None,
        "playlist_id": None,
        "playlist_name": None,
        "content_tag": "menu",
        "duration_s": None,
        "plays_s": 20.0,
        "starts_s": 65.0,
        "count": 2,
        "transition": Transition.CUT,
        "enabled": True,
        "valid_from": None,
        "valid_until": None,
        "problem": None,
    }
    return PlaylistItem(**{**facts, **fields})


def version(**fields: Any) -> PlaylistVersion:
    facts: dict[str, Any] = {
        "playlist_id": "p",
        "number": 5,
        "state": "past",
        "shuffle": False,
        "item_count": 2,
        "total_s": 20.0,
        "note": "",
        "rolled_back_to": None,
        "published_by": "ana@b.c",
        "published_at": AT,
        "screens": 0,
    }
    return PlaylistVersion(**{**facts, **fields})


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0:00"),
        (10, "0:10"),
        (7.5, "0:07.5"),
        (59.96, "1:00"),
        (725, "12:05"),
        (3725, "1:02:05"),
        (86_400, "24:00:00"),
    ],
)
def test_a_length_is_said_as_clocks_say_it(seconds: float, said: str) -> None:
    assert length(seconds) == said


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("", None),
        ("  ", None),
        ("12", 12),
        ("7.5", 7.5),
        ("7,5", 7.5),
        ("12 s", 12),
        ("1:30", 90),
        ("90:00", 5400),
        ("1:02:05", 3725),
    ],
)
def test_a_length_is_typed_as_people_write_it(typed: str, seconds: float | None) -> None:
    assert seconds_of(typed) == seconds


@pytest.mark.parametrize("typed", ["ten", "-1", "1:2:3:4", "0", "0.2", "99999", "1e3"])
def test_what_is_no_length_is_refused_with_what_to_write(typed: str) -> None:
    with pytest.raises(NotALength, match=r"Write seconds|half a second"):
        seconds_of(typed)


def test_every_length_that_is_shown_can_be_typed_back() -> None:
    for tenths in (5, 75, 599, 600, 601, 35_999, 36_000, 37_255, 864_000):
        assert seconds_of(length(tenths / 10)) == tenths / 10


def test_a_playlist_says_what_plays_where() -> None:
    assert standing(playlist()) == ("Published", "ok")
    assert standing(playlist(has_changes=True)) == ("Draft has changes", "warn")
    assert standing(playlist(canary_number=5)) == ("Version 5 on trial", "warn")
    assert standing(playlist(active_number=None, has_changes=True)) == ("Not published", "")
    said = plays_words(playlist(), BERLIN, NOW_MS)
    assert said == "Version 4 plays on 12 screens, published 14:00 by ana@b.c."
    itself = plays_words(playlist(published_by="clarion", screens=1), BERLIN, NOW_MS)
    assert itself == "Version 4 plays on 1 screen, published 14:00 by Clarion itself."
    assert "no screen plays it" in plays_words(playlist(active_number=None), BERLIN, NOW_MS)
    assert author_words("eve@b.c") == "eve@b.c"


def test_playlists_are_found_by_name_and_purpose() -> None:
    lobby = playlist(description="For the waiting room")
    assert fits(lobby, "WAITING lob") and fits(lobby, "") and not fits(lobby, "lobby kitchen")


def test_an_item_says_what_it_stands_for() -> None:
    assert (item_title(item()), item_note(item())) == ("Everything tagged menu", "By tag, 2 contents now")
    assert item_note(item(duration_s=6.0)) == "By tag, 2 contents now, 0:06 each"
    nested = item(kind="playlist", playlist_id="q", playlist_name="Offers", content_tag=None, count=1)
    assert (item_title(nested), item_note(nested)) == ("Offers", "Playlist, 1 item")


def test_a_window_is_said_in_the_browsers_time_and_whether_it_is_open() -> None:
    later = AT + timedelta(days=1)
    assert window_words(AT, later, BERLIN, NOW_MS) == "from 14:00 until 2 Jul 14:00"
    assert window_words(None, None, BERLIN, NOW_MS) == ""
    assert window_note(None, AT, NOW_MS) == "over"
    assert window_note(later, None, NOW_MS) == "not yet"
    assert window_note(AT, later, NOW_MS) == ""


def test_a_version_says_who_made_it_of_what_and_what_it_brought_back() -> None:
    assert version_pill(version(state="active")) == ("Active", "ok")
    assert version_pill(version(state="canary")) == ("On trial", "warn")
    said = version_note(version(screens=3, rolled_back_to=2), BERLIN, NOW_MS)
    assert said == "14:00 by ana@b.c · 2 items, 0:20 · on 3 screens · as version 2 was"


def test_changes_are_said_by_the_places_that_people_count() -> None:
    assert change_words(ItemChange("added", "Menu", 2, None)) == "comes in as number 3"
    gone = ItemChange("removed", "Menu", None, 0, ["Menu is switched off."])
    assert change_words(gone) == "goes; it was number 1. Menu is switched off"
    assert change_words(ItemChange("removed", "Menu", None, 0)) == "goes; it was number 1"
    moved = ItemChange("moved", "Menu", 0, 3, ["12 s instead of 10 s"])
    assert change_words(moved) == "moves from 4 to 1, 12 s instead of 10 s"
    assert change_words(ItemChange("changed", "Menu", 1, 1, ["fade instead of cut"])) == "fade instead of cut"


def test_a_difference_is_summed_up_in_a_line() -> None:
    change = ItemChange("added", "Menu", 0, None)
    assert difference_words(PlaylistDiff("p", 1, None, 50, 65, [change])) == (
        "1 change. It takes 1:05 instead of 0:50."
    )
    same = PlaylistDiff("p", 1, 2, 50, 50, [])
    assert difference_words(same) == "No item is another. It takes 0:50, as before."


def test_a_trial_says_who_tries() -> None:
    assert canary_words(Canary(fraction=0.1), {}) == "10 % of the screens"
    assert canary_words(Canary(group_id="g"), {"g": "Lobbies"}) == "the group Lobbies"
    assert canary_words(Canary(group_id="g"), {}) == "the group that was chosen"


def test_what_would_not_play_is_said_but_not_of_what_is_switched_off() -> None:
    bad = item(problem="Menu is retired.")
    assert problems_words([item(), bad, replace(bad, enabled=False)]) == ["Menu is retired."]


def test_a_row_of_the_timeline_has_its_share_only_while_it_plays() -> None:
    row = timeline_row(item(transition=Transition.FADE, valid_until=AT), BERLIN, NOW_MS)
    assert row["chips"] == ["Fade", "until 14:00"] and row["window"] == "over"
    assert (row["start"], row["length"], row["own"], row["fixed"]) == ("1:05", "0:20", True, True)
    assert row["share"] == 20.0
    assert timeline_row(item(enabled=False), BERLIN, NOW_MS)["share"] == 0
    assert timeline_row(item(problem="Gone."), BERLIN, NOW_MS)["share"] == 0
