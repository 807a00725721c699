"""Rows as CSV, for spreadsheets.

Rule: a spreadsheet takes a cell that begins with = + - or @ for a formula and works it out. Whoever chose a
name or an address would run it on the reader's machine, so such a cell gets an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

CSV_TYPE: Final = "text/csv; charset=utf-8; header=present"

# Also the wide forms that East Asian spreadsheets read as the same signs.
_BEGINS_A_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")


def cell(text: str) -> str:
    """The text, and never a formula."""
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text


def to_csv(rows: Iterable[Iterable[str]]) -> bytes:
    """A line each (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
