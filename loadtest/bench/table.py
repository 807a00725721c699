"""The shape of a table, and how it is written for a page and for a terminal: the same rows, word for word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Cell(NamedTuple):
    """What is said, and what is said beside it; `loud`: it must not be overlooked."""

    text: str
    aside: str = ""
    loud: bool = False


class Table(NamedTuple):
    """The first column names the row."""

    title: str
    columns: list[str]
    rows: list[list[Cell]]
    note: str = ""


def markdown(table: Table) -> str:
    """A table of a page, without its title."""

    def cell(of: Cell) -> str:
        text = f"**{of.text}**" if of.loud else of.text
        return f"{text} ({of.aside})" if of.aside else text

    rows = [" | ".join(cell(each) for each in row) for row in table.rows]
    lines = [" | ".join(table.columns), "|".join(["---", *["---:"] * (len(table.columns) - 1)])]
    body = "\n".join([f"| {lines[0]} |", f"|{lines[1]}|", *[f"| {row} |" for row in rows]])
    return f"{body}\n\n{table.note}" if table.note else body


def plain(table: Table) -> str:
    """A table of a terminal, with its title; what is beside stands below, so that the lines stay short."""
    rows = [[Cell(column) for column in table.columns], *table.rows]
    widths = [max(len(part) for row in rows for part in row[at][:2]) for at in range(len(table.columns))]

    def line(parts: Sequence[str]) -> str:
        named = parts[0].ljust(widths[0])
        return "  ".join([named, *(p.rjust(w) for p, w in zip(parts[1:], widths[1:], strict=True))]).rstrip()

    lines = [table.title, "", line(table.columns), line(["-" * width for width in widths])]
    for row in table.rows:
        lines.append(line([cell.text for cell in row]))
        if any(cell.aside for cell in row):
            lines.append(line([cell.aside for cell in row]))
    return "\n".join([*lines, *(["", table.note] if table.note else [])])
