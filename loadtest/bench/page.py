"""A page that tells of a benchmark: its figures stand between marks, and only the command writes them.

    <!-- bench: targets -->
    …
    <!-- bench: end -->

Rule: nobody copies a figure by hand. The results that a page was written from are kept beside it, and a test
writes the page again from them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from loadtest.bench import result_file
from loadtest.bench.chart import chart
from loadtest.bench.curve import curve
from loadtest.bench.errors import BenchError
from loadtest.bench.results import Results
from loadtest.bench.sentences import circumstances, left_out, verdict
from loadtest.bench.table import markdown
from loadtest.bench.tables import tables

_BLOCK: Final = re.compile(r"^<!-- bench: (?P<name>[a-z ]+) -->\n.*?^<!-- bench: end -->$", re.M | re.S)


def written(text: str, results: Results) -> str:
    """The page with these results between its marks. Raises BenchError for a mark that means nothing."""
    said = blocks(results)

    def block(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in said:
            raise BenchError(f"nothing is called {name!r} in a benchmark; there are: {', '.join(said)}.")
        return f"<!-- bench: {name} -->\n\n{said[name]}\n\n<!-- bench: end -->"

    page, number = _BLOCK.subn(block, text)
    if not number:
        raise BenchError("the page has no marks between which figures could stand.")
    return page


def pictures(results: Results) -> dict[str, str]:
    """Each picture by the name of its file."""
    return {"performance.svg": chart(results), "growth.svg": curve(results)}


def blocks(results: Results) -> dict[str, str]:
    """What can stand between marks, by name."""
    named = dict.fromkeys(("targets", "figures", "ratios", "alone", "growth"), "Not measured.")
    return {
        "circumstances": circumstances(results),
        "verdict": verdict(results),
        **named,
        **{name: markdown(table) for name, table in tables(results).items()},
        "left out": "\n".join(f"- {each}" for each in left_out(results)) or "Nothing was left out.",
    }


def whole(results: Results) -> str:
    """A page of nothing but figures."""
    parts = ["# Benchmark", verdict(results), circumstances(results)]
    for table in tables(results).values():
        parts += [f"## {table.title}", markdown(table)]
    return "\n\n".join([*parts, *left_out(results)]) + "\n"


def publish(results: Results, page: Path) -> None:
    """Write the figures into a page, its pictures into `pictures/` and the results beside it, under its name.

    Raises BenchError.
    """
    try:
        page.write_text(written(page.read_text(encoding="utf-8"), results), encoding="utf-8")
    except OSError as error:
        raise BenchError(f"{page} cannot be written: {error.strerror}.") from None
    result_file.write(results, page.with_suffix(".json"))
    _draw(results, page.parent / "pictures")


def keep(results: Results, folder: Path) -> None:
    """Write results, tables and pictures into a folder of their own. Raises BenchError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tables.md").write_text(whole(results), encoding="utf-8")
    except OSError as error:
        raise BenchError(f"{folder} cannot be written: {error.strerror}.") from None
    result_file.write(results, folder / "results.json")
    _draw(results, folder)


def _draw(results: Results, folder: Path) -> None:
    for name, picture in pictures(results).items():
        try:
            (folder / name).write_text(picture, encoding="utf-8")
        except OSError as error:
            raise BenchError(f"{folder / name} cannot be written: {error.strerror}.") from None
