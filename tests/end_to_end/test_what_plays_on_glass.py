"""Two playlists with pictures and films in a real Chromium: in order, on time, never black."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.dashboard.houses import signed_in
from tests.end_to_end.glass import DARKEST, Glass, enrolled, in_turn
from tests.end_to_end.programme import (
    BLUE,
    EVENING,
    GREEN,
    MORNING,
    RED,
    assign,
    held_in_order_and_time,
    plays,
    published,
)
from tests.hub.hub_process import HubProcess


@pytest.mark.alone
def test_two_playlists_play_in_order_to_the_tenth_of_a_second_without_a_black_frame(
    hub: HubProcess, screen: Glass, database_url: str, tmp_path: Path
) -> None:
    with signed_in(hub) as api:
        morning = published(api, tmp_path, "Morning", MORNING)
        evening = published(api, tmp_path, "Evening", EVENING)
        device_id = enrolled(screen, hub)

        assign(api, device_id, morning)
        screen.until(lambda: plays(database_url, morning), "the morning plays")
        seen = screen.watch(2 * sum(item.duration_s for item in MORNING) + 1.0)
        assert min(frame.brightness for frame in seen) > DARKEST
        assert in_turn(seen, RED, GREEN)

        assign(api, device_id, evening)
        screen.until(lambda: plays(database_url, evening), "the evening plays")
        seen = screen.watch(2 * sum(item.duration_s for item in EVENING) + 1.0)
        assert min(frame.brightness for frame in seen) > DARKEST
        assert in_turn(seen, BLUE, RED)

        screen.until(
            lambda: len(plays(database_url, evening)) >= 6, "two rounds of the evening are in PostgreSQL"
        )
        for playlist_id, items in ((morning, MORNING), (evening, EVENING)):
            held_in_order_and_time(plays(database_url, playlist_id), items)
        told = events(database_url, device_id)
        assert [text for text in told if "Morning" in text] and [text for text in told if "Evening" in text]
        assert not [text for text in screen.said if "error" in text.lower()]


def events(database_url: str, device_id: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT text FROM device_events WHERE device_id = %s ORDER BY id", [device_id]
        )
        return [text for (text,) in rows]
