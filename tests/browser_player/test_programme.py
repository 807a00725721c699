"""What plays when, in a real Chromium, as the reference says it: vectors, and the playhead step by step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from player.playback import Playhead, PlaylistItem
from protocol.vocabulary import PlaybackState
from tests.browser_player.player_site import player_site

_VECTORS: Final = Path(__file__).parents[2] / "protocol" / "vectors"


@pytest.fixture(scope="module", params=["Europe/Rome", "Pacific/Apia"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in this time zone, which must not matter."""
    with player_site() as site:
        context = browser.new_context(timezone_id=request.param)
        made = context.new_page()
        made.goto(f"{site.url}/player/player.css")
        yield made
        context.close()


def run(page: Page, module: str, body: str, given: Any) -> Any:
    """What the function returns that has the module as `it`."""
    return page.evaluate(
        f"async (given) => {{ const it = await import('/player/src/play/{module}'); {body} }}", given
    )


def test_the_programme_of_a_manifest_is_the_references(page: Page) -> None:
    manifests = json.loads((_VECTORS / "programme.json").read_text())["manifests"]
    body = """
      return given.map(({ manifest, at }) => at.map((moment) => {
        const programme = new it.Programme(manifest);
        return {
          now_ms: moment.now_ms,
          round: moment.round,
          playlist: programme.playlistAt(moment.now_ms)?.name ?? null,
          items: programme.itemsAt(moment.now_ms, moment.round).map((item) => item.id),
          next_turn_ms: programme.nextTurnMs(moment.now_ms),
        };
      }));
    """
    assert run(page, "programme.js", body, manifests) == [each["at"] for each in manifests]


def test_a_shuffled_round_has_the_references_order(page: Page) -> None:
    cases = json.loads((_VECTORS / "shuffle.json").read_text())["cases"]
    body = """
      return given.map(({ playlist_id, number, round, items }) => {
        const playlist = { playlist_id, number, shuffle: true, items: items.map((id) => ({ id })) };
        const programme = new it.Programme({ playlists: [playlist], schedule: [{ playlist: 0 }] });
        return programme.itemsAt(0, round).map((item) => item.id);
      });
    """
    assert run(page, "programme.js", body, cases) == [case["order"] for case in cases]


def test_the_hash_is_sha_256_however_the_bytes_come(page: Page) -> None:
    rng = Random(4)
    cases = [[list(rng.randbytes(rng.randrange(200))) for _ in range(rng.randrange(6))] for _ in range(60)]
    body = """
      return given.map((pieces) => {
        const hash = new it.Sha256();
        for (const piece of pieces) hash.add(Uint8Array.from(piece));
        return hash.hex();
      });
    """
    wanted = [hashlib.sha256(b"".join(map(bytes, pieces))).hexdigest() for pieces in cases]
    assert run(page, "sha256.js", body, cases) == wanted


@pytest.mark.parametrize("seed", range(10))
def test_the_playhead_moves_like_the_references(page: Page, seed: int) -> None:
    rng = Random(seed)
    lists = [
        [
            {"id": f"i{n}", "name": f"Item {n}", "duration_s": rng.choice([1, 2.5, 10]), "media_id": f"m{n}"}
            for n in rng.sample(range(6), rng.randrange(5))
        ]
        for _ in range(4)
    ]
    steps: list[dict[str, Any]] = []
    now = 100.0
    for _ in range(60):
        now += rng.choice([0.0, 0.4, 1.0, 3.0, 40.0])
        deed = rng.choice(["play", "pause", "stop", "restart", "load", "advance", "advance", "advance"])
        steps.append({"deed": deed, "now": now, "list": rng.randrange(len(lists))})
    body = """
      const head = new it.Playhead();
      return given.steps.map(({ deed, now, list }) => {
        const events = deed === "load" ? head.load(() => given.lists[list], now) : head[deed](now);
        const said = events.map(({ event, item = null }) => [event, item]);
        return [said, head.snapshot(now), head.dueAt];
      });
    """
    found = run(page, "playhead.js", body, {"lists": lists, "steps": steps})
    head = Playhead([PlaylistItem("none", 1.0)])
    head.load(lambda _: (), 0.0)
    for step, (said, snapshot, due_at) in zip(steps, found, strict=True):
        was_idle = head.state is PlaybackState.IDLE
        events = _moved(head, step, lists)
        wanted = [[str(event.event), event.item] for event in events]
        if was_idle and step["deed"] == "load" and wanted == [["idle", None]]:
            wanted = []  # The browser does not say again that there is nothing.
        playback = head.snapshot(step["now"])
        assert said == wanted
        assert (snapshot["state"], snapshot.get("item")) == (playback.state, playback.item)
        assert (snapshot.get("position_s"), due_at) == pytest.approx(
            (playback.position_s, head.due_at), abs=0.11
        )


def _moved(head: Playhead, step: dict[str, Any], lists: list[list[dict[str, Any]]]) -> Any:
    if step["deed"] == "load":
        items = tuple(PlaylistItem(**item) for item in lists[step["list"]])
        return head.load(lambda _: items, step["now"])
    return getattr(head, step["deed"])(step["now"])


def test_no_room_is_made_from_what_is_scheduled(page: Page) -> None:
    kept, uses = {"a": 10, "b": 10, "c": 10}, {"a": 3, "b": 1, "c": 2}
    given = {"kept": kept, "uses": uses, "asked": [0, 5, 10, 11, 20, 21]}
    body = """
      const kept = new Map(Object.entries(given.kept));
      const usedMs = (each) => given.uses[each];
      return given.asked.map((bytes) => it.whatLeaves(kept, usedMs, new Set(["b"]), bytes));
    """
    found = run(page, "eviction.js", body, given)
    assert found == [[], ["c"], ["c"], ["c", "a"], ["c", "a"], None]
