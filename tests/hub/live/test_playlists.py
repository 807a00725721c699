"""What rows say of what screens play; which screens are told; who lags."""

from __future__ import annotations

import pytest
import trio

from hub.live.realtime import LiveSide
from hub.live.roster import Screen
from hub.use_cases.realtime import QueuedCommand
from protocol.manifest import Manifest, ManifestPlaylist, ManifestSegment
from protocol.vocabulary import CommandName, DeviceStatus
from tests.hub.gateway.house import House
from tests.hub.live.test_realtime import LATER, Away, Truth
from tests.patience import PATIENCE_S


def manifest(digest: str, *playlists: str, schedule: list[ManifestSegment] | None = None) -> Manifest:
    made = [ManifestPlaylist(name, name, number, []) for number, name in enumerate(playlists, 1)]
    return Manifest(digest, made, schedule or [ManifestSegment(0)], 0)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def truth() -> Truth:
    return Truth()


@pytest.fixture
def live(house: House, truth: Truth) -> LiveSide:
    return LiveSide(house.roster, house.fleet, house.board, house.feed, truth, Away, house.playlists)


def screen_of(house: House) -> Screen:
    screen = house.roster.get("d1")
    assert screen is not None
    return screen


async def make(live: LiveSide, version: int, made: Manifest) -> None:
    await live.manifests_made("t1", {made.digest: (made, 100)}, {"d1": (version, made.digest)})


def shown(house: House) -> tuple[str | None, int | None, int | None]:
    row = screen_of(house).row()
    return row.playlist, row.playlist_number, row.lags_since_ms


async def test_a_screen_lags_from_when_it_must_play_something_else_until_it_says_that_it_does(
    house: House, live: LiveSide
) -> None:
    assert shown(house) == (None, None, None)
    await make(live, 1, manifest("one", "Days"))
    since_ms = house.wall_ms()
    house.now_s += 5
    await make(live, 1, manifest("one", "Days"))
    assert shown(house) == (None, None, since_ms)
    house.effects.playlist_reported("d1", 1, house.wall_ms())
    assert shown(house) == ("Days", 1, None)
    await make(live, 2, manifest("two", "Nights"))
    assert shown(house) == ("Days", 1, house.wall_ms())
    house.effects.playlist_reported("d1", 2, house.wall_ms())
    assert shown(house) == ("Nights", 1, None)


async def test_what_plays_turns_with_the_clock_without_a_word_of_the_screen(
    house: House, live: LiveSide
) -> None:
    turn_ms = house.wall_ms() + 60_000
    schedule = [ManifestSegment(0, None, turn_ms), ManifestSegment(1, turn_ms)]
    await make(live, 1, manifest("one", "Day", "Night", schedule=schedule))
    house.effects.playlist_reported("d1", 1, house.wall_ms())
    house.playlists.turn()
    assert shown(house) == ("Day", 1, None)
    house.now_s += 60
    house.playlists.turn()
    assert shown(house) == ("Night", 2, None)


async def test_the_number_that_a_screen_reports_is_kept(house: House, live: LiveSide) -> None:
    await make(live, 3, manifest("one", "Days"))
    house.effects.playlist_reported("d1", 3, house.wall_ms())
    house.effects.playlist_reported("d1", 3, house.wall_ms())
    with trio.fail_after(PATIENCE_S):
        await house.journal.flush()
    (record,) = [record for batch in house.batches for record in batch.playback.values()]
    assert (record.device_id, record.reported_playlist) == ("d1", 3)


async def test_what_the_screen_is_told_is_its_number_its_manifest_and_bytes_that_all_share(
    house: House, live: LiveSide
) -> None:
    assert house.effects.manifest("d1") is None
    one = manifest("one", "Days")
    wanted = {"d1": (1, "one"), "d2": (4, "one")}
    await live.manifests_made("t1", {"one": (one, 100)}, wanted)
    first, second = house.effects.manifest("d1"), house.effects.manifest("d2")
    assert first is not None and second is not None
    assert (first.version, second.version) == (1, 4)
    assert first.frame is not None and first.frame is second.frame
    assert house.effects.manifest("x1") is None


async def test_a_manifest_too_large_for_a_frame_is_named_only(house: House, live: LiveSide) -> None:
    await make(live, 1, manifest("large", *(f"{'x' * 1000}{number}" for number in range(40))))
    wanted = house.effects.manifest("d1")
    assert wanted is not None and (wanted.digest, wanted.frame) == ("large", None)
    assert wanted.fetch_within_s > 0


async def test_another_tenants_screens_are_told_nothing(house: House, live: LiveSide) -> None:
    one = manifest("one", "Days")
    await live.manifests_made("t1", {"one": (one, 100)}, {"x1": (1, "one")})
    other = house.roster.get("x1")
    assert other is not None and other.manifest_digest is None


def reload(version: int) -> QueuedCommand:
    return QueuedCommand("c", "t1", "d1", CommandName.RELOAD_PLAYLIST, {}, LATER, version)


async def test_to_load_again_is_another_number_of_the_same(house: House, live: LiveSide) -> None:
    await make(live, 1, manifest("one", "Days"))
    await live.commands_queued([reload(2)])
    wanted = house.effects.manifest("d1")
    assert wanted is not None and (wanted.version, wanted.digest) == (2, "one")


async def test_a_number_that_was_left_out_is_explained_by_postgresql_before_it_is_told(
    house: House, live: LiveSide, truth: Truth
) -> None:
    await make(live, 1, manifest("one", "Days"))
    await live.commands_queued([reload(3)])
    assert house.effects.manifest("d1") is None
    fresh = Screen("d1", "t1")
    fresh.status = DeviceStatus.APPROVED
    fresh.must_play(3, "two")
    truth.by_tenant["t1"]["d1"] = fresh
    await live.read_again()
    wanted = house.effects.manifest("d1")
    assert wanted is not None and (wanted.version, wanted.digest) == (3, "two")


def test_numbers_only_grow() -> None:
    screen = Screen("d", "t")
    assert screen.must_play(2, "two") and not screen.must_play(2, "two") and not screen.must_play(1, "one")
    assert (screen.playlist_version, screen.manifest_digest) == (2, "two")
    for version in range(3, 9):
        screen.must_play(version, str(version))
    assert [screen.digest_of(version) for version in (2, 4, 5, 8)] == [None, None, "5", "8"]
