"""`python -m loadtest bench`: measure, or read what was measured, and tell it.

Rule 1: tables go to standard output, progress to standard error.
Rule 2: exit status 0 means that it was measured, 1 that it was not, with one line that says why. With
`--strict` it is 3 when a must is missed or was not measured. The verdict is the last line either way.
Rule 3: however it is ended, but by SIGKILL, its servers end with it, and what finished runs found is kept.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer

from loadtest.bench import result_file
from loadtest.bench.page import keep, publish
from loadtest.bench.plan import QUICK, WHOLE, Plan, only
from loadtest.bench.results import Results
from loadtest.bench.sentences import circumstances, left_out, verdict
from loadtest.bench.table import plain
from loadtest.bench.tables import tables
from loadtest.bench.targets import musts
from loadtest.errors import SimulationError

NOT_EVERY_MUST_HOLDS: Final = 3


def bench_command(
    screens: Annotated[
        int | None, typer.Option(min=10, max=50_000, help="How many screens; 5000, or 1000 if quick.")
    ] = None,
    large: Annotated[
        int | None,
        typer.Option(
            min=10, max=50_000, help="How many in the storm, and when idle; 10000, or 2000 if quick."
        ),
    ] = None,
    runs: Annotated[
        int | None, typer.Option(min=1, max=20, help="How often all is measured; 3, or 1 if quick.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="In under two minutes; proves nothing about thousands.")
    ] = False,
    only_these: Annotated[
        list[str] | None,
        typer.Option("--only", help="A server or a line, by its name in the results; may be said again."),
    ] = None,
    no_growth: Annotated[bool, typer.Option("--no-growth", help="Without the curve of growth.")] = False,
    report: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Measure nothing: tell of these results.")
    ] = None,
    folder: Annotated[
        Path, typer.Option(file_okay=False, help="Where results, tables and pictures are kept.")
    ] = Path("test-results/bench"),
    docs: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="A page to write the figures into, between its marks."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit status 3 unless every must holds.")] = False,
) -> None:
    """Compare the hub with its peers on this machine, and say which targets it reaches."""
    try:
        if report is None:
            plan = plan_of(quick, screens, large, runs, only_these or [], without_growth=no_growth)
            from loadtest.bench.benchmark import benchmark  # a browser and all: reporting needs none of it

            signal.signal(signal.SIGTERM, _as_ctrl_c)
            if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as `nohup` has it
                signal.signal(signal.SIGHUP, _as_ctrl_c)
            results = benchmark(plan, Telling(), lambda so_far: keep(so_far, folder))
        else:
            results = result_file.read(report)
        keep(results, folder)
        if docs is not None:
            publish(results, docs)
    except SimulationError as error:
        typer.echo(f"clarion bench: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo(f"clarion bench: stopped; what finished runs have found is in {folder}.", err=True)
        raise typer.Exit(1) from None
    for line in told(results):
        typer.echo(line)
    typer.echo(f"Kept in {folder}.\n")
    all_hold = all(judged.outcome == "held" for _, judged in musts(results))
    typer.secho(verdict(results), bold=True, fg="green" if all_hold else "red")
    if strict and not all_hold:
        raise typer.Exit(NOT_EVERY_MUST_HOLDS)


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    """So `timeout`, CI and a terminal that is closed end it with everything that it started. Once: `timeout`
    sends its signal twice, and the second must not disturb the ending."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def plan_of(
    quick: bool,
    screens: int | None,
    large: int | None,
    runs: int | None,
    names: Sequence[str],
    *,
    without_growth: bool,
) -> Plan:
    """What the options ask for. Raises BenchError for a name that nothing has."""
    usual = QUICK if quick else WHOLE
    servers, lines = only(names)
    return replace(
        usual,
        screens=screens or usual.screens,
        large=large or usual.large,
        runs=runs or usual.runs,
        servers=servers,
        lines=lines,
        growth=() if without_growth else usual.growth,
    )


def told(results: Results) -> list[str]:
    """The tables, for a terminal."""
    parts = [circumstances(results), *(plain(table) for table in tables(results).values())]
    return [f"{part}\n" for part in [*parts, *left_out(results)]]


class Telling:
    """Says what is under way, and since when: a whole benchmark takes a while."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()

    def __call__(self, words: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._began_s), 60)
        typer.echo(f"{minutes:3}:{seconds:02}  {words}", err=True)
