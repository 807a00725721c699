"""Sites, groups and tags in words; how many screens of a site are online; the order of groups."""

from __future__ import annotations

import random

import pytest

from dashboard.group_tree import below, in_order
from dashboard.place_sentences import (
    NotAPlace,
    degrees,
    delete_words,
    fits,
    found_words,
    position,
    sites_words,
    tally_words,
    tone,
    with_tag,
)
from dashboard.site_tally import SiteTally, Tally
from dashboard.tags_typed import parse_tags, tags_text
from protocol.live import ScreenRow
from protocol.places import Group, Site, TagQueryPreview
from tests.dashboard.rows import offline, pending, screen


def group(name: str, parent: str | None = None, devices: int = 0) -> Group:
    return Group(name, name, parent, None, devices)


HOUSE = [
    group("Wards"),
    group("Doors"),
    group("Main", "Doors"),
    group("Left", "Main"),
    group("Back", "Doors"),
]


@pytest.mark.parametrize(
    ("tally", "words", "colour"),
    [
        (Tally(), "no screens", ""),
        (Tally(6, 0), "6 online", "ok"),
        (Tally(5, 1), "5 online, 1 offline", "warn"),
        (Tally(0, 1200), "1,200 offline", "bad"),
    ],
)
def test_a_site_is_as_its_screens_are(tally: Tally, words: str, colour: str) -> None:
    assert (tally_words(tally), tone(tally)) == (words, colour)


def test_screens_are_counted_where_they_are_and_only_those_let_in() -> None:
    tally = SiteTally()
    rows = [
        screen("a", site_id="x"),
        offline("b", site_id="x"),
        screen("c"),
        pending("d", site_id="x"),
    ]
    assert tally.take(rows) == {"x"}
    assert tally.of("x") == Tally(1, 1)
    assert tally.take([screen("a", site_id="x", now_playing="Menu")]) == set()
    assert tally.take([screen("a", site_id="y"), screen("b", site_id="x")]) == {"x", "y"}
    assert (tally.of("x"), tally.of("y")) == (Tally(1, 0), Tally(1, 0))
    assert tally.take([], ["b", "never seen"]) == {"x"}
    assert (tally.of("x"), tally.of("no such site")) == (Tally(), Tally())


def test_counting_along_counts_as_counting_anew() -> None:
    dice, tally = random.Random(5), SiteTally()
    rows: dict[str, ScreenRow] = {}
    for _ in range(600):
        key = f"s{dice.randrange(12)}"
        if dice.random() < 0.2:
            rows.pop(key, None)
            tally.take([], [key])
            continue
        make = screen if dice.random() < 0.5 else offline
        rows[key] = make(key, site_id=dice.choice(["x", "y", None]))
        tally.take([rows[key]])
    for site in ("x", "y"):
        there = [row for row in rows.values() if row.site_id == site]
        online = sum(row.presence == "online" for row in there)
        assert tally.of(site) == Tally(online, len(there) - online)


def test_groups_are_listed_under_what_they_lie_in() -> None:
    listed = [(branch.group.name, branch.depth, branch.above) for branch in in_order(HOUSE)]
    assert listed == [
        ("Doors", 0, ()),
        ("Back", 1, ("Doors",)),
        ("Main", 1, ("Doors",)),
        ("Left", 2, ("Doors", "Main")),
        ("Wards", 0, ()),
    ]
    assert [branch.group.name for branch in in_order([group("Alone", "a parent that one may not see")])] == [
        "Alone"
    ]


def test_what_lies_in_a_group_lies_in_it_at_any_depth() -> None:
    assert below(HOUSE, "Doors") == {"Main", "Left", "Back"}
    assert below(HOUSE, "Left") == set()
    assert below([group("a", "b"), group("b", "a")], "a") == {"a", "b"}


def test_what_a_deleted_group_leaves_behind_is_said() -> None:
    parents = {"Doors": "Doors"}
    assert "moves" not in delete_words(HOUSE[3], [], parents)
    assert "moves into Doors: Left." in delete_words(HOUSE[2], ["Left"], parents)
    assert "moves to the top: Back, Main." in delete_words(HOUSE[1], ["Main", "Back"], parents)
    assert delete_words(HOUSE[1], list("abcdef"), parents).endswith("a, b, c, d and 2 more.")


@pytest.mark.parametrize(
    ("latitude", "longitude", "at"),
    [
        ("52.52", "13.405", (52.52, 13.405)),
        (" -33,87 ", "151,21°", (-33.87, 151.21)),
        ("52.52, 13.405", "", (52.52, 13.405)),
        ("52.52 13.405", " ", (52.52, 13.405)),
        ("", "", None),
    ],
)
def test_a_position_is_read_as_it_is_typed_or_pasted(
    latitude: str, longitude: str, at: tuple[float, float] | None
) -> None:
    assert position(latitude, longitude) == at


@pytest.mark.parametrize(
    ("latitude", "longitude", "said"),
    [
        ("52", "", "both"),
        ("", "13", "both"),
        ("91", "0", "Latitude"),
        ("0", "180.5", "Longitude"),
        ("N52", "1", "Lat"),
    ],
)
def test_what_is_no_position_is_refused_with_why(latitude: str, longitude: str, said: str) -> None:
    with pytest.raises(NotAPlace, match=said):
        position(latitude, longitude)


def test_a_position_that_is_not_touched_stays_exactly_what_it_was() -> None:
    for value in (52.520006599, -0.00001, 90.0, 0.0, 13.4049540002):
        assert position(degrees(value), degrees(value / 2)) == (value, value / 2)
    assert degrees(None) == ""


def test_a_tag_is_put_into_a_query_once_and_quoted_where_it_must_be() -> None:
    assert with_tag("", "floor", "2") == "floor=2"
    assert with_tag("floor=1, public", "floor", "2") == "public, floor=2"
    assert with_tag("floor!=1", "floor", "2") == "floor!=1, floor=2"
    assert with_tag("flooring=oak", "floor", "2") == "flooring=oak, floor=2"
    assert with_tag('"a, b"=1, c', "c", "") == '"a, b"=1, c'
    assert with_tag("x", "a=b", 'say "hi"') == 'x, "a=b"="say \\"hi\\""'


def test_what_a_query_finds_is_said_with_names() -> None:
    assert found_words(TagQueryPreview(1, ["Lobby"])) == "Fits 1 screen now: Lobby."
    assert found_words(TagQueryPreview(12, ["Lobby", "Stairs"])) == (
        "Fits 12 screens now: Lobby, Stairs and 10 more."
    )
    assert found_words(TagQueryPreview(0, [])).startswith("Fits no screen now.")


def test_a_site_is_found_by_any_of_its_words() -> None:
    site = Site("s", "St. Anna", "Torstraße 4, Berlin", "Europe/Berlin", None, None, {}, 0)
    assert fits(site, "") and fits(site, "berlin anna") and fits(site, "TORSTRASSE")
    assert not fits(site, "anna hamburg")


def test_a_value_of_a_tag_may_have_the_other_mark_in_it() -> None:
    tags = {"url": "http://menu", "ratio": "16:9", "sum": "1=1", "lobby": ""}
    assert parse_tags(tags_text(tags)) == tags


def test_the_sites_that_somebody_is_limited_to_are_said_by_name() -> None:
    names = {"1": "North", "2": "Annex"}
    assert sites_words(None, names) == "all sites"
    assert sites_words(["1", "2"], names) == "Annex, North"
    assert sites_words([], names) == "no site"
    assert sites_words(["1", "3"], names) == "North, 1 other site"
    assert sites_words(["1", "2"], {}) == "2 sites"
