"""The stage in a real Chromium: what is on the glass, for how long, and what the hub is told of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser_player.staging import Staging, manifest, staging
from tests.hub.hub_process import HubProcess
from tests.media_files import picture, video


@pytest.fixture
def stage(hub: HubProcess, browser: Browser) -> Iterator[Staging]:
    with staging(hub, browser) as made:
        yield made


def test_pictures_and_a_film_play_in_order_each_for_its_time(stage: Staging) -> None:
    red = stage.shelf.put("red.png", picture("PNG", colour=(200, 0, 0)), "image", 0.8)
    film = stage.shelf.put("film.mp4", video(seconds=1.2), "video", 1.2)
    blue = stage.shelf.put("blue.png", picture("PNG", colour=(0, 0, 200)), "image", 0.8)
    stage.play(manifest(red, film, blue))
    stage.until("the.heard.plays.length >= 7")
    heard = stage.heard
    print(heard)
    assert heard["skipped"] == []
    plays = heard["plays"]
    names = [play["name"] for play in plays]
    start = names.index("red.png")
    assert names[start:6] == (["red.png", "film.mp4", "blue.png"] * 3)[: 6 - start]
    for play, following in zip(plays[1:], plays[2:], strict=False):
        wanted = {"red.png": 800, "film.mp4": 1200, "blue.png": 800}[play["name"]]
        assert abs(play["shown_ms"] - wanted) < 100
        assert play["completed"] == 1 and play["plays"] == 1
        assert abs(following["started_ms"] - play["ended_ms"]) <= 2
