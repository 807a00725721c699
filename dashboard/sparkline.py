"""A few hundred figures as one small line: where it goes, and where it breaks off. Pure.

Rule 1: what was not said is not drawn: where a screen was silent the line has a gap, never a bridge.
Rule 2: time goes from left to right over the whole window, so that lines below each other can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

WIDTH: Final = 240
HEIGHT: Final = 40
_MARGIN: Final = 2
_MOST_POINTS: Final = 240


class Figure(NamedTuple):
    """One figure at one instant; None: nothing was said."""

    at_ms: int
    value: float | None


def path(figures: Sequence[Figure], from_ms: int, until_ms: int, most: float, gap_ms: int) -> str:
    """The line as the `d` of an SVG path, `WIDTH` by `HEIGHT`, between 0 and `most`. Figures further apart
    than `gap_ms` are not joined; one alone is a dot."""
    said = [(figure.at_ms, figure.value) for figure in figures if figure.value is not None]
    said = [(at_ms, value) for at_ms, value in said if from_ms <= at_ms <= until_ms]
    thinned = _thinned(said, len(said) // _MOST_POINTS + 1)
    span_ms, top = max(1, until_ms - from_ms), most if most > 0 else 1.0
    pieces: list[str] = []
    before_ms: int | None = None
    for at_ms, value in thinned:
        x = (at_ms - from_ms) * WIDTH / span_ms
        y = HEIGHT - _MARGIN - min(value, top) / top * (HEIGHT - 2 * _MARGIN)
        joined = before_ms is not None and at_ms - before_ms <= gap_ms
        pieces.append(f"{'L' if joined else 'M'}{x:.1f} {y:.1f}" + ("" if joined else "h.01"))
        before_ms = at_ms
    return "".join(pieces)


def per_step(figures: Sequence[Figure]) -> list[Figure]:
    """Of a number that only grows and begins anew: how much it grew from one to the next."""
    grown: list[Figure] = []
    for before, after in pairwise(figures):
        if before.value is None or after.value is None:
            grown.append(Figure(after.at_ms, None))
            continue
        by = after.value - before.value
        grown.append(Figure(after.at_ms, by if by >= 0 else after.value))
    return grown


def _thinned(said: list[tuple[int, float]], every: int) -> list[tuple[int, float]]:
    """Of each few the greatest: a peak is what one looks for."""
    groups = (said[begin : begin + every] for begin in range(0, len(said), every))
    return [max(group, key=lambda point: point[1]) for group in groups]
