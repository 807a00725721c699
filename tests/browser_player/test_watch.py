"""The player watches over itself: what is stuck starts anew, what falls again and again starts safely."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser_player.player_site import player_site

_STORE: Final = """
  const kept = new Map();
  const store = {
    get: async (key) => structuredClone(kept.get(key)),
    set: async (key, value) => kept.set(key, value),
  };
"""


@pytest.fixture(scope="module")
def glass(browser: Browser) -> Iterator[Page]:
    with player_site() as site, site.glass(browser) as page:
        yield page


def _looks(glass: Page, looks: list[dict[str, Any]]) -> list[str | None]:
    """`at`: a look, in seconds; `painted`: a frame at the same instant."""
    found: list[str | None] = glass.evaluate(
        """async (looks) => {
          const { Stalls } = await import("/player/src/watch/stalls.js");
          const stalls = new Stalls();
          return looks.map(({ at, painted = true, isSeen = true, stalledS = 0 }) => {
            if (painted) stalls.painted(at);
            return stalls.look(at, { isSeen, stalledS });
          });
        }""",
        looks,
    )
    return found


def test_a_page_that_runs_is_left_alone_and_so_is_one_that_slept_or_is_not_seen(glass: Page) -> None:
    assert set(_looks(glass, [{"at": second} for second in range(4000)])) == {None}
    nights = [{"at": start + second} for start in range(0, 400_000, 40_000) for second in range(5)]
    assert set(_looks(glass, nights)) == {None}
    hidden = [{"at": second, "painted": False, "isSeen": False, "stalledS": second} for second in range(600)]
    assert set(_looks(glass, hidden)) == {None}


def test_a_page_that_paints_nothing_starts_anew(glass: Page) -> None:
    looks = _looks(glass, [{"at": 0}, *({"at": second, "painted": False} for second in range(1, 40))])
    assert looks[30] is None and looks[31] == "Nothing was painted for 30 seconds."


def test_a_page_that_hangs_again_and_again_starts_anew(glass: Page) -> None:
    hang = [0, 1, 15, 16, 30]
    assert _looks(glass, [{"at": at} for at in hang])[-1] is None
    assert _looks(glass, [{"at": at} for at in [*hang, 31, 45]])[-1] == (
        "The page hung 3 times, for more than 10 seconds."
    )
    assert (
        _looks(glass, [{"at": at} for at in [0, 15, *range(16, 620), 635, *range(636, 1240), 1255]])[-1]
        is None
    )


def test_what_should_move_and_does_not_starts_the_page_anew(glass: Page) -> None:
    looks = _looks(glass, [{"at": second, "stalledS": max(0, second - 10)} for second in range(60)])
    assert looks[55] is None and looks[56] == "What plays did not move for 45 seconds."


def test_the_watchdog_starts_a_page_anew_once(glass: Page) -> None:
    found = glass.evaluate("""async () => {
      const { Watchdog } = await import("/player/src/watch/watchdog.js");
      const stage = { looks: 0, get stalledS() { this.looks += 1; return this.looks > 2 ? 100 : 0; } };
      const reason = await new Promise((reload) => new Watchdog({ stage, reload }).start());
      return [reason, stage.looks];
    }""")
    assert found == ["What plays did not move for 45 seconds.", 3]


def _starts(glass: Page, steps: str) -> Any:
    return glass.evaluate(
        f"""async () => {{
          const {{ begin, leave, settled }} = await import("/player/src/watch/starts.js");
          {_STORE}
          const found = [];
          const start = async () => found.push(await begin(store, 1000));
          {steps}
          return found;
        }}"""
    )


def test_a_player_that_falls_again_and_again_starts_in_safe_mode_until_it_lasts(glass: Page) -> None:
    found = _starts(
        glass, "for (let n = 0; n < 5; n += 1) await start(); await settled(store); await start();"
    )
    assert [start["safeMode"] for start in found] == [False, False, False, True, True, False]
    assert found[0]["reason"] is None
    assert found[3]["reason"] == (
        "It started 4 times and did not last. It ended without a word: a crash, or the power went."
    )


def test_starts_that_were_meant_are_not_counted_but_stalls_are(glass: Page) -> None:
    meant = _starts(
        glass, 'for (let n = 0; n < 9; n += 1) { await start(); await leave(store, "An update."); }'
    )
    assert not any(start["safeMode"] for start in meant) and meant[8]["reason"] == "An update."
    stuck = _starts(
        glass, 'for (let n = 0; n < 4; n += 1) { await start(); await leave(store, "It hung.", false); }'
    )
    assert stuck[3] == {"safeMode": True, "reason": "It started 4 times and did not last. It hung."}


def test_safe_mode_shows_pictures_only(glass: Page) -> None:
    kinds = ["image", "video", "html", "web", "stream", "image"]
    manifest = {"digest": "d", "playlists": [{"name": "p", "items": [{"kind": kind} for kind in kinds]}]}
    found = glass.evaluate(
        'async (manifest) => (await import("/player/src/watch/starts.js")).onlyPictures(manifest)', manifest
    )
    assert found == {"digest": "d", "playlists": [{"name": "p", "items": [{"kind": "image"}] * 2}]}


def test_the_key_d_shows_and_hides_what_engineers_want_to_see(glass: Page) -> None:
    glass.evaluate("""async () => {
      const { Debug } = await import("/player/src/watch/debug.js");
      const facts = () => [["Screen", "<b>Lobby</b>"], ["Session", null]];
      new Debug({ root: document.getElementById("debug"), facts });
    }""")
    shown = glass.locator("#debug")
    expect(shown).to_be_hidden()
    glass.keyboard.press("Control+d")
    expect(shown).to_be_hidden()
    glass.keyboard.press("d")
    expect(shown).to_be_visible()
    assert shown.inner_text().split() == ["Screen", "<b>Lobby</b>", "Session", "–"]
    glass.keyboard.press("d")
    expect(shown).to_be_hidden()
