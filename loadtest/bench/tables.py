"""The tables of a benchmark: its bounds, the hub beside its peers, the hub alone, and how it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from loadtest.bench.results import HUB, LINES, Line, Results
from loadtest.bench.summary import databases, figures, grown, line_of, ratios, screens_of, spread
from loadtest.bench.table import Cell, Table
from loadtest.bench.targets import TARGETS, Bound, Target, judge
from loadtest.bench.words import SERVERS, number, ratio, share, with_unit

_NOTHING: Final = Cell("–")


def tables(results: Results) -> dict[str, Table]:
    """Every table, by the name that a page calls it."""
    made = {
        "targets": _targets(results),
        "figures": _figures(results),
        "ratios": _ratios(results),
        "alone": _alone(results),
        "growth": _growth(results),
    }
    return {name: table for name, table in made.items() if table.rows}


def _targets(results: Results) -> Table:
    return Table(
        "What must be, and what is aimed at",
        ["", "screens", "must", "measured", "aim", "measured"],
        [
            [
                Cell(line_of(target.line).title),
                Cell(f"{target.screens:,}"),
                *_judged(results, target, target.must, loud=True),
                *_judged(results, target, target.aim),
            ]
            for target in TARGETS
        ],
        "A bound that names a server is one on the ratio within each run. One that is missed in one run is "
        "missed; by how much, says the worst run.",
    )


def _judged(results: Results, target: Target, bound: Bound | None, *, loud: bool = False) -> list[Cell]:
    """The bound, and what was measured; loud only if it is missed."""
    if bound is None:
        return [_NOTHING, _NOTHING]
    unit = line_of(target.line).unit
    verdict = judge(results, target, bound)
    found = _summed(verdict.values, ratio) if bound.of is not None else _summed(verdict.values, unit=unit)
    match verdict.outcome:
        case "held":
            found = found._replace(text=f"held: {found.text}")
        case "missed":
            found = Cell(f"missed by {share(verdict.missed_by)}: {found.text}", found.aside, loud)
        case "not measured":
            found = Cell("not measured", f"{found.text} {verdict.why}" if verdict.values else verdict.why)
    return [_bound(bound, unit), found]


def _bound(bound: Bound, unit: str) -> Cell:
    if bound.of is None:
        return Cell(with_unit(f"{bound.compare} {bound.limit:,g}", unit))
    times = "" if bound.limit == 1 else f"{bound.limit:g} × "
    return Cell(f"{bound.compare} {times}{SERVERS[bound.of]}")


def _figures(results: Results) -> Table:
    servers = _compared(results)
    rows: list[list[Cell]] = []
    for line in _shared_lines(results):
        name = Cell(f"{line.title}, {line.unit}")
        rows.append([name, *(_summed(figures(results, line.key, each)) for each in servers)])
        if beside := databases(results, line.key):
            others = [_NOTHING] * (len(servers) - 1)
            rows.append([Cell("… and of PostgreSQL beside it"), _summed(beside), *others])
    return Table(
        "The hub and its peers",
        ["", *(SERVERS[each] for each in servers)],
        rows,
    )


def _ratios(results: Results) -> Table:
    peers = [server for server in _compared(results) if server != HUB]
    return Table(
        "The hub, as a multiple of each peer in the same run",
        ["", *(SERVERS[each] for each in peers)],
        [
            [Cell(line.title), *(_summed(ratios(results, line.key, each), ratio) for each in peers)]
            for line in _shared_lines(results)
        ],
    )


def _alone(results: Results) -> Table:
    shared = _shared_lines(results)
    rows: list[list[Cell]] = []
    for line in LINES:
        values = figures(results, line.key)
        if line in shared or not values:
            continue
        screens = Cell(f"{screens_of(results, line.key):,}")
        rows.append([Cell(line.title), screens, _summed(values, unit=line.unit)])
        if beside := databases(results, line.key):
            rows.append([Cell("… and of PostgreSQL beside it"), screens, _summed(beside, unit=line.unit)])
    return Table("What only the hub does", ["", "screens", SERVERS[HUB]], rows)


def _growth(results: Results) -> Table:
    sizes = sorted({size.screens for size in results.growth})
    keys = {key for size in results.growth for key in size.values}
    return Table(
        "How the hub's cost grows with the number of screens",
        ["", *(f"{size:,}" for size in sizes)],
        [
            [
                Cell(f"{line.title}, {line.unit}"),
                *(_summed(grown(results, line.key, size)) for size in sizes),
            ]
            for line in LINES
            if line.key in keys
        ],
    )


def _summed(values: Sequence[float], say: Callable[[float], str] = number, unit: str = "") -> Cell:
    """The median, and beside it the lowest and the highest, where they differ."""
    if not values:
        return _NOTHING
    low, median, high = (say(value) for value in spread(values))
    return Cell(with_unit(median, unit) if unit else median, "" if low == high else f"{low}–{high}")


def _compared(results: Results) -> list[str]:
    """The servers that were measured, in the order of the columns."""
    known = {server for run in results.runs for values in run.values.values() for server in values}
    return [server for server in SERVERS if server in known]


def _shared_lines(results: Results) -> list[Line]:
    """Those on which the hub has company."""
    return [line for line in LINES if any(set(run.values.get(line.key, {})) - {HUB} for run in results.runs)]
