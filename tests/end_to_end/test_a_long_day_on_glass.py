"""Half an hour of a programme in time lapse, ten seconds in half a one: memory stays flat."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.dashboard.houses import signed_in
from tests.end_to_end.glass import Glass, enrolled
from tests.end_to_end.programme import BLUE, GREEN, RED, Item, assign, plays, published
from tests.hub.hub_process import HubProcess

LAPSE_S = 0.5
"""Instead of ten seconds."""
ITEMS = 180
"""Of ten seconds each in half an hour."""
LOOP = (
    Item("red.jpg", LAPSE_S, RED),
    Item("green.jpg", LAPSE_S, GREEN),
    Item("film.mp4", LAPSE_S, None),
    Item("blue.jpg", LAPSE_S, BLUE),
)
HEAP_GROWS_AT_MOST, PROCESS_GROWS_AT_MOST = 1.15, 1.3
NODES_OF_AN_ITEM, LISTENERS_OF_AN_ITEM = 200, 10
"""At most, of what may be on the glass now and was not then; all that were there would be thousands."""
DRIFTS_AT_MOST = 0.02
"""A frame that is lost with each item would be 0.033."""


class Memory(NamedTuple):
    """What the page holds after its garbage was collected."""

    process_bytes: int
    heap_bytes: int
    nodes: int
    listeners: int


@pytest.mark.alone
def test_after_half_an_hour_of_items_the_page_holds_what_it_held_and_the_loop_has_not_drifted(
    hub: HubProcess, screen: Glass, database_url: str, tmp_path: Path
) -> None:
    with signed_in(hub) as api:
        playlist_id = published(api, tmp_path, "All day", LOOP)
        assign(api, enrolled(screen, hub), playlist_id)
        screen.until(lambda: len(plays(database_url, playlist_id)) >= ITEMS // 6, "it is warm", 120)
        before = memory(screen)
        screen.until(lambda: len(plays(database_url, playlist_id)) >= ITEMS, "half an hour is over", 240)
        after = memory(screen)
        assert after.process_bytes < before.process_bytes * PROCESS_GROWS_AT_MOST, (before, after)
        assert after.heap_bytes < before.heap_bytes * HEAP_GROWS_AT_MOST, (before, after)
        assert after.nodes <= before.nodes + NODES_OF_AN_ITEM, (before, after)
        assert after.listeners <= before.listeners + LISTENERS_OF_AN_ITEM, (before, after)

        rows = plays(database_url, playlist_id)
        began, ended = rows[0]["started_at"], rows[-1]["ended_at"]
        should_s = LAPSE_S * len(rows)
        assert abs((ended - began).total_seconds() - should_s) < should_s * DRIFTS_AT_MOST, "the loop drifts"
        assert {row["name"] for row in rows} == {item.name for item in LOOP}


def memory(screen: Glass) -> Memory:
    session = screen.page.context.new_cdp_session(screen.page)
    session.send("HeapProfiler.enable")
    for _ in range(2):  # What the first sets free lets go of more.
        session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")
    counted = session.send("Memory.getDOMCounters")
    session.detach()
    return Memory(screen.memory_bytes(), int(heap["usedSize"]), counted["nodes"], counted["jsEventListeners"])
