"""What a screen recorded is kept once, whatever breaks: its link at any moment, the hub between commit and
answer, and two hubs that both have the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import trio

from persistence.owner import connect_as_owner
from tests.guarantees.dying_hub import DyingHub
from tests.guarantees.recording_screen import EVERY, RecordingScreen
from tests.patience import PATIENCE_S

SCREENS = 5
RECORDS = 400
SEED = 11


def kept(owner_url: str) -> tuple[dict[str, list[int]], dict[str, tuple[int, int]], int]:
    """Numbers of plays by screen; plays and seconds of the sums by screen; how many events there are."""
    with connect_as_owner(owner_url) as connection:
        numbers = connection.execute(
            "SELECT device_id, array_agg(number ORDER BY number) FROM plays GROUP BY 1"
        ).fetchall()
        sums = connection.execute(
            "SELECT device_id, sum(plays)::int, (sum(shown_ms) / 1000)::int FROM play_days GROUP BY 1"
        ).fetchall()
        (events,) = connection.execute(
            "SELECT count(*)::int FROM device_events WHERE kind = 'item_skipped'"
        ).fetchall()
    return dict(numbers), {device_id: (plays, shown) for device_id, plays, shown in sums}, events[0]


def assert_each_once(owner_url: str, device_ids: list[str], records: int) -> None:
    numbers, sums, events = kept(owner_url)
    plays = [number for number in range(1, records + 1) if number % EVERY]
    assert numbers == dict.fromkeys(device_ids, plays)
    assert sums == {device_id: (len(plays), 9 * len(plays)) for device_id in device_ids}
    assert events == len(device_ids) * (records // EVERY)


@contextmanager
def hubs(owner_url: str, hub_url: str, folder: Path, number: int) -> Iterator[list[DyingHub]]:
    made: list[DyingHub] = []
    try:
        for each in range(number):
            place = folder / f"hub-{each}"
            place.mkdir()
            made.append(DyingHub(owner_url, hub_url, place))
            made[-1].start()
        yield made
    finally:
        for hub in made:
            hub.stop()


async def test_a_hub_that_dies_between_commit_and_answer_has_kept_it_and_keeps_it_once_when_it_is_said_again(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    with trio.fail_after(PATIENCE_S), hubs(database_url, hub_database_url, tmp_path, 1) as (hub,):
        ((device_id, token),) = hub.provision(1).items()
        screen = RecordingScreen(token, RECORDS)
        hub.dies_after_next_commit()
        await screen.tells(hub)
        assert hub.has_died and len(screen.left) == RECORDS, "nobody told the screen"
        assert len(kept(database_url)[0][device_id]) == 98, "and yet it is kept"
        hub.kill()
        await trio.to_thread.run_sync(hub.start)
        while screen.left:
            await screen.tells(hub)
        assert_each_once(database_url, [device_id], RECORDS)


async def test_links_that_break_anywhere_and_hubs_that_die_and_take_screens_over_keep_each_record_once(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    rng = Random(SEED)
    with trio.fail_after(110), hubs(database_url, hub_database_url, tmp_path, 2) as both:
        devices = both[0].provision(SCREENS)
        screens = [RecordingScreen(token, RECORDS) for token in devices.values()]

        async def wander(screen: RecordingScreen) -> None:
            while screen.left:
                # Most links are cut in the middle of something; some last.
                for_s = rng.choice((0.02, 0.1, 0.3, 0.5, 2.0)) * rng.random() * 2
                await screen.tells(rng.choice(both), for_s)

        async def rise_again(hub: DyingHub) -> None:
            while not hub.has_died:
                await trio.sleep(0.02)
            hub.kill()
            await trio.to_thread.run_sync(hub.start)

        async with trio.open_nursery() as nursery:
            for hub in both:
                hub.dies_after_next_commit()
                nursery.start_soon(rise_again, hub)
            for screen in screens:
                nursery.start_soon(wander, screen)
        assert sum(screen.links for screen in screens) > 3 * SCREENS, "it was no storm"
        assert_each_once(database_url, list(devices), RECORDS)
