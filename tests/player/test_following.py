"""The reference screen and its manifest: what it plays, under which number, and when it fetches."""

from __future__ import annotations

from random import Random
from typing import Any

from player.playback import PlaylistItem
from player.reference import ReferenceScreen
from protocol.frames import Command, DeviceEvent, Heartbeat, Hello, ManifestFrame, PlaylistFrame, Uplink
from protocol.manifest import DeviceManifest, Manifest, ManifestItem, ManifestPlaylist, ManifestSegment
from protocol.vocabulary import CommandName, EventName, MediaKind, PlaybackState
from tests.player.talk import ack, hub_ms, resumed, welcome


def item(name: str, duration_s: float = 10.0, **facts: Any) -> ManifestItem:
    return ManifestItem(
        name, f"m-{name}", f"c-{name}", name, 1, MediaKind.WEB, "https://x", duration_s, **facts
    )


def manifest(digest: str, *items: ManifestItem, shuffle: bool = False) -> Manifest:
    playlist = ManifestPlaylist("p", "Days", 1, list(items), shuffle)
    return Manifest(digest, [playlist], [ManifestSegment(0)], 0)


def connected(**facts: Any) -> ReferenceScreen:
    screen = ReferenceScreen(0.0, rng=Random(1))
    screen.connected(0.0)
    screen.receive(welcome(0.0, **facts), 0.0)
    return screen


def told(screen: ReferenceScreen, given: Manifest, version: int, now: float) -> list[Uplink]:
    """The manifest, and then that it is the screen's."""
    assert screen.receive(ManifestFrame(given), now) == []
    return screen.receive(PlaylistFrame(version, given.digest), now)


def shown(screen: ReferenceScreen) -> str | None:
    glass = screen.glass
    assert glass is None or isinstance(glass, PlaylistItem)
    return None if glass is None else glass.name


def play_until(screen: ReferenceScreen, until: float) -> list[str | None]:
    """What was on the glass from one due moment to the next."""
    seen = [shown(screen)]
    while (due := screen.next_due) is not None and due <= until:
        screen.tick(due)
        if shown(screen) != seen[-1]:
            seen.append(shown(screen))
    return seen


def number(screen: ReferenceScreen) -> int:
    hello = screen.connected(1.0)[0]
    assert isinstance(hello, Hello)
    return hello.playlist_version


def fetches_at(screen: ReferenceScreen) -> float | None:
    return screen.fetch_at


def test_a_manifest_plays_when_it_is_said_to_be_the_screens_and_not_before() -> None:
    screen = connected()
    screen.receive(ManifestFrame(manifest("a", item("one"))), 1.0)
    assert (shown(screen), screen.playlist_version) == ("Welcome", 0)
    said = screen.receive(PlaylistFrame(3, "a"), 1.0)
    assert (shown(screen), screen.playlist_version) == ("one", 3)
    assert [event.event for event in said if isinstance(event, DeviceEvent)] == [
        EventName.PLAYBACK_ENDED,
        EventName.PLAYBACK_STARTED,
    ]


def test_it_plays_one_item_after_the_other_for_ever_with_the_hub_or_without() -> None:
    screen = connected()
    told(screen, manifest("a", item("one"), item("two", 5.0)), 1, 0.0)
    screen.disconnected()
    assert play_until(screen, 35.0) == ["one", "two", "one", "two", "one"]
    assert number(screen) == 1


def test_what_is_still_in_the_new_manifest_stays_on_the_glass() -> None:
    screen = connected()
    told(screen, manifest("a", item("one"), item("two")), 1, 0.0)
    screen.tick(10.0)
    assert shown(screen) == "two"
    assert told(screen, manifest("b", item("zero"), item("two")), 2, 12.0) == []
    assert (shown(screen), screen.playlist_version) == ("two", 2)
    screen.tick(20.0)
    assert shown(screen) == "zero"


def test_what_is_not_in_it_any_more_leaves_at_once_and_nothing_may_be_left() -> None:
    screen = connected()
    told(screen, manifest("a", item("one"), item("two")), 1, 0.0)
    told(screen, manifest("b", item("two")), 2, 1.0)
    assert shown(screen) == "two"
    told(screen, manifest("c"), 3, 2.0)
    assert shown(screen) is None
    beat = next(frame for frame in screen.tick(20.0) if isinstance(frame, Heartbeat))
    assert beat.playback is not None and beat.playback.state is PlaybackState.IDLE
    told(screen, manifest("d", item("back")), 4, 21.0)
    assert shown(screen) == "back"


def test_an_item_comes_and_goes_at_its_window_without_the_hub() -> None:
    screen = connected()
    late = item("late", valid_from_ms=hub_ms(15.0), valid_until_ms=hub_ms(32.0))
    told(screen, manifest("a", item("always", 4.0), late), 1, 0.0)
    screen.disconnected()
    seen = play_until(screen, 60.0)
    assert seen == ["always", "late", "always", "late", "always"]
    assert shown(screen) == "always"


def test_the_schedule_goes_on_by_the_hubs_clock_and_ends_where_it_is_known_no_further() -> None:
    screen = connected()
    morning = ManifestPlaylist("p1", "Morning", 1, [item("coffee")])
    evening = ManifestPlaylist("p2", "Evening", 4, [item("tea")])
    schedule = [
        ManifestSegment(0, None, hub_ms(25.0)),
        ManifestSegment(None, hub_ms(25.0), hub_ms(40.0)),
        ManifestSegment(1, hub_ms(40.0), hub_ms(55.0)),
    ]
    told(screen, Manifest("a", [morning, evening], schedule, 0), 1, 0.0)
    assert play_until(screen, 100.0) == ["coffee", None, "tea", None]


def test_each_round_of_a_shuffled_playlist_has_every_item_once_in_an_order_that_all_screens_share() -> None:
    names = ["a", "b", "c", "d", "e"]

    def rounds() -> list[str | None]:
        screen = connected()
        told(screen, manifest("s", *(item(name) for name in names), shuffle=True), 1, 0.0)
        seen: list[str | None] = []
        for turn in range(30):
            screen.tick(turn * 10.0)
            seen.append(shown(screen))
        return seen

    seen = rounds()
    orders = [seen[start : start + 5] for start in range(0, 30, 5)]
    assert all(sorted(map(str, order)) == names for order in orders)
    assert len({tuple(order) for order in orders}) > 1
    assert rounds() == seen


def test_another_number_of_the_same_manifest_begins_it_anew_once() -> None:
    screen = connected()
    told(screen, manifest("a", item("one"), item("two")), 1, 0.0)
    screen.tick(10.0)
    said = screen.receive(PlaylistFrame(2, "a"), 12.0)
    assert (shown(screen), screen.playlist_version, len(said)) == ("one", 2, 2)
    order = Command("c", CommandName.RELOAD_PLAYLIST, {"playlist_version": 2})
    events = [frame for frame in screen.receive(order, 12.0) if isinstance(frame, DeviceEvent)]
    assert events == []


def test_what_does_not_come_through_the_session_is_fetched_within_the_time_that_the_hub_names() -> None:
    screen = connected()
    screen.receive(PlaylistFrame(7, "far", 20.0), 5.0)
    assert screen.fetch_at is not None and 5.0 <= screen.fetch_at <= 25.0
    assert screen.next_due is not None and screen.next_due <= screen.fetch_at
    assert (shown(screen), screen.playlist_version) == ("Welcome", 0)
    screen.fetching()
    screen.not_fetched(40.0)
    assert fetches_at(screen) == 40.0
    screen.fetching()
    screen.fetched(DeviceManifest(8, manifest("far", item("one"))), 41.0)
    assert (shown(screen), screen.playlist_version) == ("one", 8)
    assert fetches_at(screen) is None


def test_a_number_is_not_reported_before_it_plays() -> None:
    screen = connected(playlist=7)
    screen.receive(PlaylistFrame(7, "far", 20.0), 0.0)
    beat = next(frame for frame in screen.tick(16.0) if isinstance(frame, Heartbeat))
    assert beat.playlist_version == 0


def test_an_ack_that_speaks_of_a_number_nobody_explained_makes_it_fetch() -> None:
    screen = connected()
    told(screen, manifest("a", item("one")), 1, 0.0)
    screen.receive(ack(1, 2.0, playlist=1), 2.0)
    assert fetches_at(screen) is None
    screen.receive(ack(2, 3.0, playlist=2), 3.0)
    assert fetches_at(screen) == 3.0
    assert (screen.playlist_version, shown(screen)) == (1, "one")


def test_after_a_lost_link_it_says_the_number_that_it_plays() -> None:
    screen = connected()
    told(screen, manifest("a", item("one")), 4, 0.0)
    screen.disconnected(1006)
    assert number(screen) == 4
    screen.receive(resumed(2.0, playlist=5), 2.0)
    assert (screen.playlist_version, fetches_at(screen), shown(screen)) == (4, None, "one")


def test_a_screen_that_was_stopped_stays_dark_when_its_manifest_changes() -> None:
    screen = connected()
    told(screen, manifest("a", item("one")), 1, 0.0)
    screen.receive(Command("c", CommandName.STOP), 1.0)
    told(screen, manifest("b", item("two")), 2, 2.0)
    assert (shown(screen), screen.playlist_version) == (None, 2)
    screen.receive(Command("d", CommandName.PLAY), 3.0)
    assert shown(screen) == "two"
