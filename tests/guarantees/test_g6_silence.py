"""G6: a screen is called offline no earlier than after one and a half heartbeat intervals of silence, and no
later than a tick after that.

Twenty real screens fall silent at once: their process is stopped, their sockets stay open. Operators go on to
ask about them and to send them orders, which is no life of theirs. The boundary to the millisecond is tested
on a virtual clock, with the actor.
"""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.device.fleet import SWEEP_EVERY_S, TICK_S
from actors.device.shadow import HEARTBEATS_UNTIL_OFFLINE
from tests.end_to_end.companions import connected_screens, wait_for
from tests.guarantees import figures
from tests.guarantees.agents import Agents
from tests.hub.hub_process import running_hub

SILENT, TALKING = 20, 20
INTERVAL_S = 2.0
EARLIEST_S = HEARTBEATS_UNTIL_OFFLINE * INTERVAL_S
LATEST_S = EARLIEST_S + TICK_S + SWEEP_EVERY_S
BUSY_S = 0.25
"""How late this machine may be on top, with everything else that it does."""
CLOCK_S = 0.002
"""The hub tells instants in whole milliseconds."""
ALERT = {"title": "Drill", "message": "This is a drill.", "severity": "minor"}

pytestmark = pytest.mark.alone


def test_screens_that_fall_silent_are_called_offline_after_one_and_a_half_intervals_and_not_before(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    env = {"CLARION_HEARTBEAT_INTERVAL_S": str(INTERVAL_S)}
    with (
        running_hub(database_url, hub_database_url, tmp_path, env) as hub,
        Agents(hub, SILENT, tmp_path, "--prefix", "silent") as agents,
        Agents(hub, TALKING, tmp_path, "--prefix", "talking"),
        hub.sign_in() as api,
    ):
        wait_for(lambda: connected_screens(hub) == SILENT + TALKING, "all are connected")
        stopped_at, stopped = time.time(), time.monotonic()
        agents.freeze()
        for device in _of(api, "silent"):
            ordered = api.post(f"/api/v1/devices/{device['id']}/command", json={"command": "ping"})
            assert ordered.status_code == 202, ordered.text
        assert api.post("/api/v1/emergencies", json=ALERT).is_success
        gone = wait_for(lambda: _all(api, "silent", "offline"), "all are called offline", 2 * LATEST_S)
        assert time.monotonic() - stopped < LATEST_S + INTERVAL_S
        assert _all(api, "talking", "online"), "whoever talks is online"

        silences = []
        for device in gone:
            assert device["presence_reason"] == "heartbeat_lost"
            last_heard, declared = _instant(device["last_seen_at"]), _instant(device["presence_since"])
            # Its last word was at most an interval before the stop, and what was sent to it is not its word.
            assert stopped_at - INTERVAL_S - BUSY_S <= last_heard <= stopped_at + BUSY_S
            silences.append(declared - last_heard)
        figures.record("G6: silence until offline, shortest, intervals", min(silences) / INTERVAL_S, "times")
        figures.record(
            "G6: silence until offline, longest over the deadline", max(silences) - EARLIEST_S, "s"
        )
        assert min(silences) >= EARLIEST_S - CLOCK_S
        assert max(silences) <= LATEST_S + BUSY_S

        agents.thaw()
        wait_for(lambda: _all(api, "silent", "online"), "they are back")


def _all(api: httpx.Client, prefix: str, presence: str) -> list[dict[str, Any]]:
    """The screens of that prefix, if all of them are so."""
    found = _of(api, prefix)
    return found if {device["presence"] for device in found} == {presence} else []


def _of(api: httpx.Client, prefix: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/api/v1/devices", params={"q": prefix, "limit": 200}).json()[
        "items"
    ]
    return found


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
