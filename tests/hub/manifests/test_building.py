"""Which screens share a manifest, what is in it, and when it is another one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hub.manifests.addresses import addressed
from hub.manifests.building import DAYS, Built, Facts, build, midnight_of
from hub.manifests.shelf import Outline
from hub.media.signed_urls import MediaUrls
from persistence.repositories.manifest_facts import (
    DeviceFact,
    EntryFact,
    MediaFact,
    PlaylistFact,
    VersionFact,
)
from protocol.manifest import Manifest, ManifestSegment
from protocol.playlists import VersionItem
from protocol.vocabulary import MediaKind, Transition

DAY = datetime(2026, 3, 2, tzinfo=UTC)  # A Monday.
HASH = "ab" * 32


def ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def device(id: str = "d", **facts: Any) -> DeviceFact:
    return DeviceFact(
        id,
        facts.get("site"),
        facts.get("zone", "UTC"),
        facts.get("tags", {}),
        facts.get("version", 0),
        facts.get("digest"),
    )


def entry(id: str = "e", playlist: str = "p", **facts: Any) -> EntryFact:
    made = EntryFact(
        id, playlist, None, None, None, None, False, 0, None, None, None, None, [], [], None, DAY
    )
    return made._replace(**facts)


def playlist(id: str = "p", **facts: Any) -> PlaylistFact:
    return PlaylistFact(id, id.upper(), False, 1, None, None)._replace(**facts)


def version(playlist: str = "p", number: int = 1, *items: VersionItem) -> VersionFact:
    return VersionFact(playlist, number, False, list(items) or [item(f"{playlist}{number}")])


def item(media: str, **window: datetime) -> VersionItem:
    return VersionItem(f"i-{media}", media, "c", media, 1, MediaKind.IMAGE, 10.0, Transition.CUT, **window)


def image(id: str, **facts: Any) -> MediaFact:
    made = MediaFact(id, id, "image", f"{id}.png", False, HASH, None, None, "image/png", 5, 1, 1, None, None)
    return made._replace(**facts)


def built(
    devices: Sequence[DeviceFact],
    entries: Sequence[EntryFact],
    playlists: Sequence[PlaylistFact] = (playlist(),),
    versions: Sequence[VersionFact] = (version(),),
    media: Sequence[MediaFact] | None = None,
    groups: dict[str, set[str]] | None = None,
    day: datetime = DAY,
) -> Built:
    if media is None:
        media = [image(each.media_id) for found in versions for each in found.items]
    members = groups or {}
    facts = Facts(
        devices, entries, playlists, versions, {each.id: each for each in media}, lambda id: members[id]
    )
    return build(facts, day)


def only(made: Built) -> Manifest:
    (manifest,) = made.manifests.values()
    return manifest


def test_screens_for_which_the_same_is_share_one_and_others_have_another_or_none() -> None:
    devices = [
        device("site", site="s"),
        device("tagged", tags={"floor": "2"}),
        device("grouped"),
        device("named"),
        device("other"),
    ]
    entries = [
        entry("1", site_id="s"),
        entry("2", tag_terms=[["is", "floor", "2"], ["has_not", "private"]]),
        entry("3", group_id="g"),
        entry("4", "q", device_id="named"),
    ]
    made = built(
        devices, entries, [playlist(), playlist("q")], [version(), version("q")], groups={"g": {"grouped"}}
    )
    assert set(made.digests) == {"site", "tagged", "grouped", "named"}
    assert made.digests["site"] == made.digests["tagged"] == made.digests["grouped"]
    assert made.digests["named"] != made.digests["site"] and len(made.manifests) == 2


def test_an_entry_for_everybody_and_the_default_playlist_reach_every_screen() -> None:
    assert set(built([device("a"), device("b")], [entry()]).digests) == {"a", "b"}
    made = built([device("a")], [], [playlist(is_default=True)])
    assert only(made).schedule == [ManifestSegment(0)]


def test_a_screen_that_had_a_manifest_has_one_that_says_that_nothing_plays() -> None:
    made = built([device("new"), device("had", digest="x", version=3)], [])
    assert set(made.digests) == {"had"}
    assert (only(made).playlists, only(made).schedule) == ([], [ManifestSegment(None)])


def test_what_needs_no_clock_is_the_same_on_every_day_and_what_does_goes_on() -> None:
    always = [entry(), entry("low", "q", priority=0, created_at=DAY - timedelta(days=1))]
    times = [entry(dayparts=[["08:00", "18:00"]])]
    lists = [playlist(), playlist("q")], [version(), version("q")]
    assert only(built([device()], always, *lists)).schedule == [ManifestSegment(0)]
    today = only(built([device()], times))
    tomorrow = only(built([device()], times, day=DAY + timedelta(days=1)))
    assert only(built([device()], always, *lists, day=DAY + timedelta(days=1))) == only(
        built([device()], always, *lists)
    )
    assert today.digest != tomorrow.digest
    assert len([each for each in today.schedule if each.playlist == 0]) == DAYS
    assert today.schedule[0].from_ms is None
    assert today.schedule[-1].until_ms == ms(DAY + timedelta(days=DAYS))
    assert today.schedule[1] == ManifestSegment(
        0, ms(DAY + timedelta(hours=8)), ms(DAY + timedelta(hours=18))
    )


def test_the_time_of_a_daypart_is_that_of_the_place_where_the_screen_is() -> None:
    devices = [device("berlin", zone="Europe/Berlin"), device("london", zone="Europe/London")]
    made = built(devices, [entry(dayparts=[["08:00", "18:00"]])])
    begins = {id: made.manifests[digest].schedule[1].from_ms for id, digest in made.digests.items()}
    assert begins == {"berlin": ms(DAY + timedelta(hours=7)), "london": ms(DAY + timedelta(hours=8))}


def test_the_end_of_an_entry_is_known_however_far_away_it_is() -> None:
    end = DAY + timedelta(days=90)
    manifest = only(built([device()], [entry(valid_until=end)]))
    assert manifest.schedule == [ManifestSegment(0, None, ms(end)), ManifestSegment(None, ms(end))]
    assert only(built([device()], [entry(valid_until=end)], day=DAY + timedelta(days=30))) == manifest


def test_what_may_not_be_shown_is_left_out_and_windows_are_those_of_item_and_content_together() -> None:
    soon, later, gone = DAY + timedelta(hours=5), DAY + timedelta(days=3), DAY - timedelta(hours=1)
    items = [
        item("fine", valid_from=soon),
        item("retired"),
        item("over", valid_until=gone),
        item("never", valid_from=later),
        item("ends today", valid_until=soon),
    ]
    media = [
        image("fine", valid_from=gone, valid_until=later),
        image("over"),
        image("never", valid_until=soon),
        image("ends today"),
    ]
    found = only(built([device()], [entry()], versions=[version("p", 1, *items)], media=media))
    shown = {each.name: (each.valid_from_ms, each.valid_until_ms) for each in found.playlists[0].items}
    assert shown == {"fine": (ms(soon), ms(later)), "ends today": (None, ms(soon))}


def test_the_first_play_the_canary_and_stay_the_first_when_there_are_more() -> None:
    devices = [device(str(number)) for number in range(200)]
    versions = [version("p", 1), version("p", 2)]

    def first(canary: dict[str, Any]) -> set[str]:
        lists = [playlist(canary_number=2, canary=canary)]
        made = built(devices, [entry()], lists, versions, groups={"g": {"7", "8"}})
        numbers = {digest: each.playlists[0].number for digest, each in made.manifests.items()}
        return {id for id, digest in made.digests.items() if numbers[digest] == 2}

    tenth, half = first({"fraction": 0.1}), first({"fraction": 0.5})
    assert 5 <= len(tenth) <= 40 and 70 <= len(half) <= 130 and tenth < half
    assert first({"group_id": "g"}) == {"7", "8"}


def test_a_playlist_of_which_there_is_only_a_canary_is_nothing_to_all_others() -> None:
    new = playlist(active_number=None, canary_number=1, canary={"group_id": "g"})
    made = built([device("a"), device("b")], [entry()], [new], groups={"g": {"a"}})
    assert set(made.digests) == {"a"}


def test_addresses_change_no_digest_and_what_has_no_file_keeps_its_own() -> None:
    page = image("page", kind="web", sha256=None, file_name=None, url="https://signs.example")
    package = image("package", kind="html", is_package=True, file_name="menu.zip")
    items = [item("photo"), item("page"), item("package")]
    media = [image("photo"), page, package]
    plain = only(built([device()], [entry()], versions=[version("p", 1, *items)], media=media))
    urls = MediaUrls("k" * 32)
    told = addressed(plain, "743e9c8d-4b54-48df-854f-5bab73428cf8", urls, DAY)
    assert told.digest == plain.digest
    photo, web, html = told.playlists[0].items
    assert photo.url.startswith("/media/") and photo.url.endswith(f"/{HASH}/photo.png")
    assert (web.url, web.files_url) == ("https://signs.example", None)
    assert html.url.endswith("/index.html") and str(html.files_url).endswith("/clarion-files.json")
    assert told.urls_good_until_ms == ms(urls.good_until(DAY))


def test_a_playlist_is_shuffled_as_the_version_that_plays_was_published() -> None:
    versions = [version("p", 1)._replace(shuffle=True), version("p", 2)]
    for number, shuffled in ((1, True), (2, False)):
        made = built([device()], [entry()], [playlist(active_number=number)], versions)
        assert only(made).playlists[0].shuffle is shuffled


def test_an_outline_says_what_plays_when_and_when_it_turns() -> None:
    made = only(built([device()], [entry(first_day=date(2026, 3, 3), dayparts=[["08:00", "18:00"]])]))
    outline, opens = Outline(made), ms(DAY + timedelta(days=1, hours=8))
    assert outline.at(opens - 1) is None and outline.next_turn_ms(ms(DAY)) == opens
    playing = outline.at(opens)
    assert playing is not None and (playing.name, playing.number) == ("P", 1)
    assert outline.at(ms(DAY + timedelta(days=30))) is None


def test_a_day_begins_at_midnight_in_utc() -> None:
    assert midnight_of(datetime.fromisoformat("2026-03-03T00:30:00+01:00")) == DAY


@pytest.mark.alone
@pytest.mark.parametrize("priority", [0, 1])
def test_what_never_comes_to_its_turn_costs_nothing_and_what_comes_to_the_same_is_made_once(
    priority: int,
) -> None:
    """One tenant's schedule may not take the time of all others' manifests: 200 screens with an entry of
    their own, 100 for everybody before or behind those, and a thousand pictures took twenty seconds."""
    screens = [f"d{number}" for number in range(200)]
    own = [entry(f"e{each}", "p", device_id=each) for each in screens]
    hours = [[f"{hour:02}:00", f"{hour:02}:30"] for hour in range(24)]
    others = [entry(f"b{number}", "q", dayparts=hours, priority=priority) for number in range(100)]
    long = version("p", 1, *(item(f"m{number}") for number in range(1000)))
    began_s = time.perf_counter()
    made = built(
        [device(each) for each in screens], own + others, [playlist(), playlist("q")], [long, version("q")]
    )
    assert time.perf_counter() - began_s < 3
    played = [each.playlist_id for each in only(made).playlists]
    if priority:
        assert played == ["q", "p"] and len(only(made).schedule) > 24 * 7
    else:
        assert played == ["p"] and only(made).schedule == [ManifestSegment(0)]
    assert set(made.digests) == set(screens)
