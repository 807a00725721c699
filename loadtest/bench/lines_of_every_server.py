"""The lines that every server has: its screens come, beat, and get alerts."""

from __future__ import annotations

import statistics
import time
from typing import NamedTuple

from loadtest.bench.cost import cost, quiet
from loadtest.bench.effort import Effort
from loadtest.bench.screens import Alerted, Screens
from loadtest.bench.server import CpuTime, RunningServer


class Found(NamedTuple):
    """Values by line, in its unit; `database`: see `Run`."""

    values: dict[str, float]
    database: dict[str, float]

    def take(self, line: str, used: CpuTime, number: int) -> None:
        """Processor time of `number` equal things, as µs for one."""
        self.values[line] = used.server_s / number * 1e6
        self.database[line] = used.database_s / number * 1e6


def measure(server: RunningServer, screens: Screens, effort: Effort) -> Found:
    """`connect_cpu`, `connect_rate`, `heartbeat_cpu`, `memory`, `alert_cpu`, `last_alert`; from the screens'
    coming on, which stay connected. Raises BenchError."""
    found = Found({}, {})
    _connect(server, screens, found)
    _beats(server, screens, effort, found)
    _alerts(server, screens, effort, found)
    return found


def _connect(server: RunningServer, screens: Screens, found: Found) -> None:
    seconds = 0.0

    def come() -> None:
        nonlocal seconds
        seconds = screens.connect()

    found.take("connect_cpu", cost(server, screens.driver, come), len(screens))
    found.values["connect_rate"] = len(screens) / seconds


def _beats(server: RunningServer, screens: Screens, effort: Effort, found: Found) -> None:
    rounds = 0

    def beat() -> None:
        nonlocal rounds
        began_s, used_s = time.perf_counter(), server.cpu().server_s
        while rounds < effort.rounds or (
            server.cpu().server_s - used_s < effort.beats_cpu_s
            and time.perf_counter() - began_s < effort.beats_at_most_s
        ):
            screens.beat()
            rounds += 1

    # The first round is not counted: with it the screens learn the hub's version of alerts.
    screens.beat()
    quiet(server, screens.driver)
    # Of screens that have come and have said what they play. Later there would be garbage too, of which a
    # runtime that collects it has as much as it likes (node: 11 KB a screen here, 19 after the heartbeats).
    found.values["memory"] = (server.resident_bytes() - server.resident_before_bytes) / len(screens) / 1024
    found.take("heartbeat_cpu", cost(server, screens.driver, beat), rounds * len(screens))


def _alerts(server: RunningServer, screens: Screens, effort: Effort, found: Found) -> None:
    costs: list[CpuTime] = []
    waits_s: list[float] = []
    for _ in range(effort.alerts):
        alerted: Alerted

        def alert() -> None:
            nonlocal alerted
            alerted = screens.alert()

        costs.append(cost(server, screens.driver, alert))
        waits_s.append(alerted.seconds)
        screens.end(alerted)
        quiet(server, screens.driver)
    found.values["last_alert"] = statistics.median(waits_s) * 1000
    in_the_middle = CpuTime(*map(statistics.median, zip(*costs, strict=True)))
    found.take("alert_cpu", in_the_middle, len(screens))
