"""The hub dies, then the browser; both come back: the glass plays on, its record is kept once."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.dashboard.houses import signed_in
from tests.end_to_end.glass import DARKEST, Glass, Painted, enrolled, in_turn, is_online
from tests.end_to_end.programme import GREEN, MORNING, RED, assign, plays, published
from tests.hub.hub_process import HubProcess

ROUND_S = sum(item.duration_s for item in MORNING)


@pytest.mark.alone
def test_a_screen_plays_on_without_the_hub_and_after_a_power_cut_and_what_it_recorded_is_kept_once(
    hub: HubProcess, screen: Glass, database_url: str, tmp_path: Path
) -> None:
    with signed_in(hub) as api:
        playlist_id = published(api, tmp_path, "Morning", MORNING)
        device_id = enrolled(screen, hub)
        assign(api, device_id, playlist_id)
    screen.until(lambda: plays(database_url, playlist_id), "it plays")
    screen.until(
        lambda: screen.page.evaluate("navigator.serviceWorker.controller !== null"),
        "it is ready for the worst",
    )

    hub.kill()
    before = len(plays(database_url, playlist_id))
    assert plays_on(screen.watch(ROUND_S + 1.0))

    screen.power_off()
    screen.power_on()
    assert plays_on(screen.watch(2 * ROUND_S))

    hub.start()
    with signed_in(hub) as api:
        screen.until(lambda: is_online(api, device_id), "it is back")
    screen.until(lambda: len(plays(database_url, playlist_id)) >= before + 6, "what it recorded is kept")
    with psycopg.connect(database_url) as connection:
        kept = connection.execute(
            "SELECT count(*), count(DISTINCT number), count(DISTINCT started_at) FROM plays"
        ).fetchone()
    assert kept is not None and kept[0] == kept[1] == kept[2]
    assert plays_on(screen.watch(ROUND_S + 1.0))


def plays_on(seen: list[Painted]) -> bool:
    """After the first picture nothing is black, and it goes through its round."""
    first = next(n for n, frame in enumerate(seen) if frame.brightness > DARKEST)
    shown = seen[first:]
    return min(frame.brightness for frame in shown) > DARKEST and in_turn(shown, RED, GREEN)
