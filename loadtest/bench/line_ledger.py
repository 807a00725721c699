"""How soon the hub knows that all show an alert, and how soon that is on record."""

from __future__ import annotations

import statistics
import time
from typing import Final

from loadtest.bench.cost import quiet
from loadtest.bench.effort import Effort
from loadtest.bench.errors import BenchError
from loadtest.bench.running_hub import RunningHub
from loadtest.bench.screens import Screens
from protocol.api import Emergency

_KNOWN_WITHIN_S: Final = 30.0


def measure(hub: RunningHub, screens: Screens, effort: Effort) -> dict[str, float]:
    """`last_receipt` and `last_receipt_written`, ms from the operator's request; medians. Raises BenchError.

    Each screen says `received` and `rendered`, as the reference player does. The ledger is asked when the
    last receipt is on its way, over and over, and /metrics when the ledger is complete: so a value is late by
    one request at most, a few milliseconds, and the hub is asked nothing while it has better things to do.
    """
    known_ms: list[float] = []
    written_ms: list[float] = []
    for _ in range(effort.alerts):
        screens.beat()
        alerted = screens.alert(say_received=True)
        until_s = time.perf_counter() + _KNOWN_WITHIN_S
        path = f"/api/v1/emergencies/{alerted.emergency_id}"
        while (rendered := hub.client.get(path, Emergency).rendered) < len(screens):
            if time.perf_counter() > until_s:
                raise BenchError(f"the ledger has {rendered} of {len(screens)} screens that show the alert")
        known_ms.append((time.perf_counter() - alerted.triggered_s) * 1000)
        while waiting := unwritten(hub):
            if time.perf_counter() > until_s:
                raise BenchError(f"{waiting:.0f} records of the alert are not in PostgreSQL")
        written_ms.append((time.perf_counter() - alerted.triggered_s) * 1000)
        screens.end(alerted)
        quiet(hub, screens.driver)
    return {
        "last_receipt": statistics.median(known_ms),
        "last_receipt_written": statistics.median(written_ms),
    }


def unwritten(hub: RunningHub) -> float:
    """Records that are not in PostgreSQL yet."""
    metrics = hub.metrics()
    return metrics["clarion_journal_waiting"] + metrics["clarion_emergencies_unrecorded"]
