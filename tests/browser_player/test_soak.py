"""The stage for a long time, in short: a hundred items one after the other, and nothing is left behind."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, CDPSession

from tests.browser_player.player_site import player_site
from tests.browser_player.staging import manifest, staging
from tests.media_files import picture, video


def alive(session: CDPSession) -> dict[str, float]:
    """What the page still holds, after a collection."""
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return {each["name"]: each["value"] for each in metrics}


@pytest.mark.alone
def test_a_hundred_items_leave_nothing_behind_and_do_not_drift(browser: Browser) -> None:
    with player_site() as site, staging(site, browser) as stage:
        colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
        items = [
            stage.shelf.put(f"{at}.png", picture("PNG", (1280, 720), colour), "image", 0.2, transition="fade")
            for at, colour in enumerate(colours)
        ]
        items.append(stage.shelf.put("film.mp4", video(seconds=0.4), "video", 0.4))
        session = stage.page.context.new_cdp_session(stage.page)
        session.send("Performance.enable")
        before = alive(session)
        stage.play(manifest(*items))
        stage.until("the.heard.plays.length >= 100", 60.0)
        heard = stage.heard
        stage.run("the.stage.stop()")
        # The browser gives films back bit by bit.
        after = alive(session)
        for _ in range(40):
            if after["Nodes"] <= before["Nodes"] + 20:
                break
            stage.run("await new Promise((resolve) => setTimeout(resolve, 250));")
            after = alive(session)
    assert heard["skipped"] == []
    for what, more in {
        "Nodes": 20,
        "JSEventListeners": 5,
        "Documents": 0,
        "JSHeapUsedSize": 1_000_000,
    }.items():
        assert after[what] <= before[what] + more, (what, before[what], after[what])
    # What is a little late does not make the next one later: on the whole each has its time.
    wanted_ms = {item["name"]: item["duration_s"] * 1000 for item in items}
    errors = sorted(abs(play["shown_ms"] - wanted_ms[play["name"]]) for play in heard["plays"])
    assert errors[len(errors) // 2] < 20
