"""What a piece of work has cost a server, with everything that it leaves to be done afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from loadtest.bench.driver import Driver
from loadtest.bench.server import CpuTime, RunningServer

_LOOK_EVERY_S: Final = 0.1
_QUIET_S: Final = 0.01
"""Processor time in `_LOOK_EVERY_S` that is only the server's breathing: a tenth of a core."""
_QUIET_LOOKS_WITH_DATABASE: Final = 6
"""So many in a row: the hub's journal lets a record wait for half a second. With one look, PostgreSQL's work
for an alert to 5,000 screens, 20 to 26 µs a screen, was seen in two of four alerts. A server without a
database puts nothing off: one look."""
_QUIET_WITHIN_S: Final = 3.0


def cost(server: RunningServer, driver: Driver, work: Callable[[], None]) -> CpuTime:
    """The processor time for `work`, until the server is quiet again: what it has still in its buffers, and
    the hub in its journal, belongs to it. Raises BenchError."""
    before = server.cpu()
    work()
    after = quiet(server, driver)
    return CpuTime(after.server_s - before.server_s, after.database_s - before.database_s)


def quiet(server: RunningServer, driver: Driver) -> CpuTime:
    """Serve the screens until the server has nothing left to do, for three seconds at most; what it had used
    after the first quiet look: to be watched for longer costs no server anything."""
    worked = now = server.cpu()
    due = _QUIET_LOOKS_WITH_DATABASE if now.database_s else 1
    looks = 0
    for _ in range(round(_QUIET_WITHIN_S / _LOOK_EVERY_S)):
        driver.run_for(_LOOK_EVERY_S)
        before, now = now, server.cpu()
        rests = now.server_s - before.server_s <= _QUIET_S and now.database_s - before.database_s <= _QUIET_S
        looks = looks + 1 if rests else 0
        if looks <= 1:
            worked = now
        if looks == due:
            break
    return worked
