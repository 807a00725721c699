"""G4: every screen that reads acknowledges an emergency within two seconds, and two seconds after the button
every other one is named with its reason; those that do not read make nobody else wait.

A thousand screens with their heartbeats. In turns all are well, and twenty take nothing off the wire while
ten are stopped processes whose sockets are open.
"""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from tests.end_to_end.companions import connected_screens, wait_for
from tests.guarantees import figures
from tests.guarantees.agents import Agents
from tests.hub.hub_process import running_hub

WELL, DEAF, FROZEN = 970, 20, 10
EVERYBODY = WELL + DEAF + FROZEN
ROUNDS = 2
TIMES = 2
"""Emergencies in each half of a round."""
ACKNOWLEDGED_WITHIN_S = 2.0
NAMED_WITHIN_S = 2.5
"""The verdict falls at two seconds; the beat that says so is ten times a second, and asking takes time."""
MOVED_AT_MOST = 1.1
"""The others' p99 with the odd ones, over that without. What else the machine does moves both: so the best of
the one is held against the worst of the other, and the ratio of their medians is reported."""

ALERT = {"title": "Fire", "message": "Leave now.", "severity": "extreme"}
Ledger = list[dict[str, Any]]

pytestmark = pytest.mark.alone


def test_of_a_thousand_screens_all_that_read_show_it_and_all_others_are_named_in_two_seconds(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    with (
        running_hub(database_url, hub_database_url, tmp_path, {"CLARION_HEARTBEAT_INTERVAL_S": "15"}) as hub,
        Agents(hub, WELL, tmp_path, "--prefix", "well", "--rate", "400"),
        Agents(hub, FROZEN, tmp_path, "--prefix", "frozen") as frozen,
        hub.sign_in() as api,
    ):
        calm: list[Ledger] = []
        troubled: list[Ledger] = []
        for _ in range(ROUNDS):
            with Agents(hub, DEAF, tmp_path, "--prefix", "deaf"):
                wait_for(lambda: connected_screens(hub) == EVERYBODY, "all are connected", within_s=60)
                if not calm:
                    _press(api, set())  # The first one warms everybody up, and is not counted.
                calm += [_press(api, set()) for _ in range(TIMES)]
            wait_for(lambda: connected_screens(hub) == WELL + FROZEN, "twenty have left")
            odd = _of(api, "deaf") | _of(api, "frozen")
            with Agents(hub, DEAF, tmp_path, "--prefix", "deaf", "--never-read", str(DEAF)):
                wait_for(lambda: connected_screens(hub) == EVERYBODY, "they are back, and deaf")
                for _ in range(TIMES):
                    frozen.freeze()
                    troubled.append(_press(api, odd))
                    frozen.thaw()
            wait_for(lambda: connected_screens(hub) == WELL + FROZEN, "twenty have left again")
        well = _of(api, "well")

    before = [_p99_ms(ledger, well) for ledger in calm]
    after = [_p99_ms(ledger, well) for ledger in troubled]
    slowest_ms = max(row["elapsed_ms"] for ledger in calm + troubled for row in ledger if row["rendered_at"])
    ratio = median(after) / median(before)
    figures.record(
        f"G4: {EVERYBODY} screens, slowest of {2 * ROUNDS * TIMES} emergencies", slowest_ms / 1000, "s"
    )
    figures.record("G4: p99 when all are well, median", median(before) / 1000, "s")
    figures.record("G4: p99 of the others with 30 that do not read, median", median(after) / 1000, "s")
    figures.record("G4: p99 of the others, with over without those that do not read", ratio, "times")
    assert min(after) <= MOVED_AT_MOST * max(before), (before, after)


def _press(api: httpx.Client, odd: set[str]) -> Ledger:
    """The ledger of one emergency that `odd` do not show, two seconds later. It is over when this returns."""
    pressed = time.monotonic()
    answer = api.post("/api/v1/emergencies", json=ALERT)
    assert answer.status_code == 201, answer.text
    assert answer.json()["targeted"] == answer.json()["online"] == EVERYBODY
    path = f"/api/v1/emergencies/{answer.json()['id']}"

    def every_verdict() -> dict[str, Any]:
        emergency: dict[str, Any] = api.get(path).json()
        settled = emergency["rendered"] + sum(emergency["missing"].values()) == EVERYBODY
        return emergency if settled else {}

    emergency = wait_for(every_verdict, "each is shown or named", NAMED_WITHIN_S)
    assert time.monotonic() - pressed < NAMED_WITHIN_S
    ledger = wait_for(lambda: _settled(api, path), "PostgreSQL has each of them", within_s=5)
    acknowledged = {row["device_id"] for row in ledger if row["rendered_at"]}
    named = {row["device_id"] for row in ledger if row["missing"] and row["explanation"]}
    assert len(acknowledged) == emergency["rendered"] == EVERYBODY - len(odd)
    assert named == odd
    assert acknowledged | named == {row["device_id"] for row in ledger}
    assert all(row["elapsed_ms"] <= ACKNOWLEDGED_WITHIN_S * 1000 for row in ledger if row["rendered_at"])
    assert {row["missing"] for row in ledger if row["missing"]} <= {"silent", "stalled"}

    assert api.post(f"{path}/clear").is_success
    wait_for(lambda: api.get(path).json()["still_showing"] <= len(odd), "nobody shows it who can help it", 10)
    if not odd:
        wait_for(lambda: api.get(path).json()["status"] == "cleared", "the case is closed", 5)
        wait_for(lambda: {row["state"] for row in _rows(api, path)} == {"hidden"}, "all are hidden", 5)
    return ledger


def _settled(api: httpx.Client, path: str) -> Ledger:
    rows = _rows(api, path)
    return rows if len(rows) == EVERYBODY and all(r["rendered_at"] or r["missing"] for r in rows) else []


def _rows(api: httpx.Client, path: str) -> Ledger:
    return _all_pages(api, f"{path}/ledger")


def _of(api: httpx.Client, prefix: str) -> set[str]:
    """The ids of the screens whose hardware ids begin so."""
    return {
        row["id"] for row in _all_pages(api, "/api/v1/devices") if row["hardware_id"].startswith(f"{prefix}-")
    }


def _all_pages(api: httpx.Client, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = api.get(path, params={"limit": 500, **({"cursor": cursor} if cursor else {})}).json()
        rows += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return rows


def _p99_ms(ledger: Ledger, devices: set[str]) -> float:
    took = sorted(row["elapsed_ms"] for row in ledger if row["device_id"] in devices)
    return float(took[len(took) * 99 // 100])
