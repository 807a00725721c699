"""The measured figures of the guarantees' tests, gathered in one file: `test-results/guarantees.json`.

    figures.record("emergency without PostgreSQL, slowest screen", 0.41, "s")

A figure measured again replaces the one before it. Several processes may write at the same time.
"""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "test-results" / "guarantees.json"


def record(name: str, value: float, unit: str) -> None:
    """Keep a figure: `name` says in words what was measured, `unit` is `s`, `ms`, `MiB`, `screens`, …"""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    with FILE.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        figures = read()
        figures[name] = {"value": round(value, 4), "unit": unit}
        unfinished = FILE.with_suffix(".new")
        text = json.dumps(dict(sorted(figures.items())), indent=2, ensure_ascii=False)
        unfinished.write_text(text + "\n", encoding="utf-8")
        unfinished.replace(FILE)


def read() -> dict[str, dict[str, Any]]:
    """Every figure so far, `{"value": …, "unit": …}` by name."""
    if not FILE.exists():
        return {}
    figures: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return figures
