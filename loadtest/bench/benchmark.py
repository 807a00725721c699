"""The whole benchmark: which server is measured when, and how often.

Rule 1: servers take turns within a run, and another one begins each run: a machine that grows slower, or
        busy, does so for all of them.
Rule 2: what cannot be measured here is left out, and the result says why. What fails while it is measured
        ends the benchmark: a server that drops a frame has no figures.
Rule 3: a finished run is told at once, so that what fails in a later one does not take it along.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from loadtest.bench import hub_lines, lines_of_every_server
from loadtest.bench.driver import Driver
from loadtest.bench.errors import BenchError
from loadtest.bench.hub_lines import OF_EVERY_SERVER, Say
from loadtest.bench.lines_of_every_server import Found
from loadtest.bench.machine import this_machine
from loadtest.bench.plan import Plan
from loadtest.bench.results import HUB, Growth, Results, Run
from loadtest.bench.screens import Screens
from loadtest.bench.server import Server
from loadtest.bench.servers import SERVERS


def benchmark(plan: Plan, say: Say, keep: Callable[[Results], None]) -> Results:
    """Measure what `plan` asks for; `say` is told what is under way, `keep` all that was found so far, after
    each run and each round of growth. Raises BenchError, OpenFilesLimit."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    left_out = _left_out(plan)
    servers = [each for each in SERVERS if each.name in plan.servers and each.name not in left_out]
    results = Results(at, this_machine(), plan.screens, plan.large, [], [], left_out)
    for number in range(plan.runs):
        results.runs.append(_run(plan, in_turn(servers, number), _of(say, number, plan.runs)))
        keep(results)
    growth = [Growth(size, {}) for size in _growing(plan)]
    for number in range(plan.runs if growth else 0):
        for size in growth:
            _of(say, number, plan.runs)(f"growth, {size.screens:,} screens")
            for line, value in hub_lines.grown(plan, size.screens).items():
                if line in plan.lines:
                    size.values.setdefault(line, []).append(value)
        results.growth[:] = growth
        keep(results)
    return results


def in_turn(servers: Sequence[Server], number: int) -> Sequence[Server]:
    """In which order run `number` measures them (Rule 1)."""
    first = number % max(1, len(servers))
    return [*servers[first:], *servers[:first]]


def _left_out(plan: Plan) -> dict[str, str]:
    """Why a server or a line is missing, by its name."""
    reasons = {
        each.name: reason
        for each in SERVERS
        if each.name in plan.servers and (reason := each.missing()) is not None
    }
    if HUB in plan.servers and (reason := hub_lines.without_browser()) is not None:
        reasons |= dict.fromkeys(sorted(plan.lines & hub_lines.OF_A_BROWSER), reason)
    return reasons


def _growing(plan: Plan) -> Sequence[int]:
    return plan.growth if HUB in plan.servers and plan.lines & hub_lines.OF_GROWTH else ()


def _of(say: Say, number: int, runs: int) -> Say:
    return lambda words: say(f"run {number + 1} of {runs}: {words}")


def _run(plan: Plan, servers: Sequence[Server], say: Say) -> Run:
    run = Run()
    for server in servers:
        try:
            if server.name == HUB:
                _keep(plan, run, HUB, hub_lines.usual(plan, say))
                _keep(plan, run, HUB, hub_lines.large(plan, say))
            elif plan.lines & OF_EVERY_SERVER:
                say(f"{server.title}, {plan.screens:,} screens")
                _keep(plan, run, server.name, _peer(plan, server))
        except BenchError as error:
            raise BenchError(f"{server.title}: {error}") from None
    return run


def _peer(plan: Plan, server: Server) -> Found:
    with server.start(plan.screens) as running, Driver(running.address) as driver:
        return lines_of_every_server.measure(running, Screens(driver, running), plan.effort)


def _keep(plan: Plan, run: Run, server: str, found: Found) -> None:
    for line, value in found.values.items():
        if line in plan.lines:
            run.values.setdefault(line, {})[server] = value
    if server == HUB:
        run.database.update({line: value for line, value in found.database.items() if line in plan.lines})
