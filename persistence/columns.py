"""Thousands of rows in one statement: a column each, as one parameter, for `unnest`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec


def as_array(column: Sequence[Any]) -> str | list[Any]:
    """A column as one parameter: PostgreSQL's literal of an array, or a list for psycopg to make one of.

    As long as nothing in it is escaped, JSON's array is PostgreSQL's but for the brackets: text in quotes,
    null for NULL. msgspec writes it in one call; psycopg makes a Python call an item, and the loop waits for
    the interpreter meanwhile. 1.5 µs a ledger's entry instead of 8 (decision 0021).
    """
    literal = msgspec.json.encode(column).decode()
    return list(column) if "\\" in literal else f"{{{literal[1:-1]}}}"
