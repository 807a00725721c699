"""The hub's own turn: the lines that every server has, and those that only it has."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from loadtest.bench import (
    line_commands,
    line_idle,
    line_ledger,
    line_storm,
    lines_of_every_server,
)
from loadtest.bench.driver import Driver
from loadtest.bench.errors import BenchError
from loadtest.bench.lines_of_every_server import Found
from loadtest.bench.plan import Plan
from loadtest.bench.running_hub import RunningHub
from loadtest.bench.screens import Screens
from loadtest.bench.servers import CLARION

Say = Callable[[str], None]

OF_EVERY_SERVER: Final = frozenset(
    ("connect_cpu", "connect_rate", "heartbeat_cpu", "memory", "alert_cpu", "last_alert")
)
_LEDGER: Final = frozenset(("last_receipt", "last_receipt_written"))
_COMMANDS: Final = frozenset(("commands_rate", "commands_p50", "commands_p99"))
OF_A_BROWSER: Final = frozenset(("browser_change", "browser_cpu", "browser_alert"))
OF_MANY: Final = frozenset(("idle", "storm"))
OF_GROWTH: Final = OF_EVERY_SERVER | _LEDGER
_ALERTS_OF_GROWTH: Final = 3
"""Fewer than elsewhere: the curve has five sizes."""
_FAULTS: Final = ("turn_faults", "service_restarts", "messages_refused", "journal_refused", "journal_dropped")
"""Counters of the hub that stay at zero, or it was not the whole work."""


def usual(plan: Plan, say: Say) -> Found:
    """The lines of a hub with `plan.screens` screens, if there are such in the plan. Raises BenchError."""
    found = Found({}, {})
    wanted = plan.lines
    if wanted <= OF_MANY:
        return found
    say(f"Clarion, {plan.screens:,} screens")
    with CLARION.start(plan.screens) as hub, Driver(hub.address) as driver:
        screens = Screens(driver, hub)
        if wanted & OF_EVERY_SERVER:
            found = lines_of_every_server.measure(hub, screens, plan.effort)
        else:
            screens.connect()
        if wanted & _LEDGER:
            say("the ledger")
            found.values.update(line_ledger.measure(hub, screens, plan.effort))
        if wanted & _COMMANDS:
            say("durable commands")
            found.values.update(line_commands.measure(hub, screens, plan.effort))
        if wanted & OF_A_BROWSER and without_browser() is None:
            say("a browser")
            found.values.update(_browser(hub, driver, plan))
        _all_was_done(hub)
    return found


def large(plan: Plan, say: Say) -> Found:
    """The lines of a hub with `plan.large` screens, if there are such in the plan. Raises BenchError."""
    found = Found({}, {})
    if not plan.lines & OF_MANY:
        return found
    say(f"Clarion, {plan.large:,} screens")
    with CLARION.start(plan.large) as hub, Driver(hub.address) as driver:
        screens = Screens(driver, hub)
        screens.connect()
        screens.beat()
        if "idle" in plan.lines:
            say("idle")
            found = line_idle.measure(hub, screens, plan.effort)
        if "storm" in plan.lines:
            say("a storm")
            found.values["storm"] = line_storm.measure(hub, screens)
        _all_was_done(hub)
    return found


def grown(plan: Plan, size: int) -> dict[str, float]:
    """The lines of the curve of growth, of a hub with `size` screens. Raises BenchError."""
    effort = plan.effort._replace(alerts=min(_ALERTS_OF_GROWTH, plan.effort.alerts))
    with CLARION.start(size) as hub, Driver(hub.address) as driver:
        screens = Screens(driver, hub)
        values = lines_of_every_server.measure(hub, screens, effort).values
        values.update(line_ledger.measure(hub, screens, effort))
        _all_was_done(hub)
    return values


def without_browser() -> str | None:
    """Why nothing is seen in a browser here, in a sentence; None when it is."""
    from loadtest.bench import browser  # what it is made of is there for development only

    return browser.missing()


def _browser(hub: RunningHub, driver: Driver, plan: Plan) -> dict[str, float]:
    from loadtest.bench import browser

    operator = hub.operator
    account = browser.Account(hub.client.base_url, operator.email, operator.password)
    with tempfile.TemporaryDirectory(prefix="clarion-bench-") as folder:
        return browser.measure(account, driver, Path(folder), plan.effort.changes)


def _all_was_done(hub: RunningHub) -> None:
    """Raises BenchError when the hub dropped, refused or gave up anything."""
    metrics = hub.metrics()
    for name in _FAULTS:
        number = sum(value for key, value in metrics.items() if key.startswith(f"clarion_{name}_total"))
        if number:
            raise BenchError(f"the hub counts {number:.0f} {name}: that was not the whole work")
