"""A benchmark in sentences: on what it ran, whether every must holds, and what was left out."""

from __future__ import annotations

from loadtest.bench.results import LINES, Results
from loadtest.bench.summary import line_of
from loadtest.bench.targets import musts
from loadtest.bench.words import SERVERS


def circumstances(results: Results) -> str:
    """What was measured, on what, with what, when."""
    machine = results.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    runs = "1 run" if len(results.runs) == 1 else f"{len(results.runs)} runs"
    return (
        f"{results.screens:,} screens ({results.large:,} for the storm and idle), {runs}, "
        f"on {machine.cores} cores and {machine.memory_gib} GiB of memory, {results.at[:10]}; {versions}. "
        "Each figure is the median of the runs, with the lowest and the highest beside it."
    )


def verdict(results: Results) -> str:
    """Whether every must holds, in one line."""
    judged = musts(results)
    runs = "in one run" if len(results.runs) == 1 else f"in each of {len(results.runs)} runs"
    if all(each.outcome == "not measured" for _, each in judged):
        return f"None of the {len(judged)} musts was measured."
    parts = []
    for outcome in ("missed", "not measured"):
        named = [f"{line_of(t.line).title} ({t.screens:,})" for t, v in judged if v.outcome == outcome]
        if named:
            parts.append(f"{len(named)} of {len(judged)} musts {outcome}: {'; '.join(named)}")
    return ". ".join(parts) + "." if parts else f"Every must ({len(judged)}) holds, {runs}."


def left_out(results: Results) -> list[str]:
    """A sentence for each server and each line that was not measured."""
    titles = {**SERVERS, **{line.key: line.title for line in LINES}}
    return [f"Not measured: {titles.get(name, name)}. {why}" for name, why in results.left_out.items()]
