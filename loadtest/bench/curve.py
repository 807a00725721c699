"""The picture of growth: what the hub needs with few screens and with many, in curves.

What is counted for each screen should be flat; what is counted for all of them may grow as they do.
"""

from __future__ import annotations

from typing import Final

from loadtest.bench.results import LINES, Line, Results
from loadtest.bench.summary import grown, spread
from loadtest.bench.svg import HEAD, MARGIN, WIDTH, Anchor, at, card, line, text
from loadtest.bench.words import figure, number

_COLUMNS: Final = 3
_GAP: Final = 34
_PANEL_WIDTH: Final = (WIDTH - 2 * MARGIN - _GAP * (_COLUMNS - 1)) / _COLUMNS
_PLOT_HEIGHT: Final = 110
_PANEL_HEIGHT: Final = _PLOT_HEIGHT + 106
_LABELS_APART: Final = 31
"""Pixels between two figures that are written out; those of the small fleets are too close together."""


def curve(results: Results) -> str:
    """An SVG with a curve for each line that was measured with several numbers of screens."""
    sizes = sorted({size.screens for size in results.growth})
    lines = [each for each in LINES if sum(bool(grown(results, each.key, size)) for size in sizes) > 1]
    shapes: list[str] = []
    for place, each in enumerate(lines):
        row, column = divmod(place, _COLUMNS)
        medians = {
            size: spread(values).median for size in sizes if (values := grown(results, each.key, size))
        }
        shapes += _panel(
            each, medians, MARGIN + column * (_PANEL_WIDTH + _GAP), HEAD + 18 + row * _PANEL_HEIGHT
        )
    rows = -(-len(lines) // _COLUMNS)
    return card(
        f"From {sizes[0]:,} screens to {sizes[-1]:,}" if sizes else "Growth was not measured",
        f"Clarion alone, on {results.machine.cores} cores.",
        HEAD + rows * _PANEL_HEIGHT + 4,
        shapes,
    )


def _panel(of: Line, medians: dict[int, float], left: float, top: float) -> list[str]:
    """One line of the benchmark, `medians` by number of screens; `top` is where its title stands."""
    name, _, what = of.title.partition(", ")
    base = top + 54 + _PLOT_HEIGHT
    most_screens, highest = max(medians), max(medians.values()) or 1.0

    def x(screens: int) -> float:
        return left + 14 + (_PANEL_WIDTH - 34) * screens / most_screens

    def y(value: float) -> float:
        return base - _PLOT_HEIGHT * value / highest

    points = [(x(size), y(value)) for size, value in medians.items()]
    path = " L".join(f"{at(px)} {at(py)}" for px, py in points)
    shapes = [
        text(left, top, name, "panel"),
        text(left, top + 17, what, "small"),
        f'<path class="under" d="M{at(points[0][0])} {at(base)} L{path} L{at(points[-1][0])} {at(base)} Z"/>',
        line("base", left, base, left + _PANEL_WIDTH, base),
        f'<path class="curve" d="M{path}"/>',
    ]
    free_until = left + _PANEL_WIDTH + _LABELS_APART
    for size, value in reversed(medians.items()):
        shapes.append(f'<circle class="point" cx="{at(x(size))}" cy="{at(y(value))}" r="4"/>')
        if free_until - x(size) < _LABELS_APART:
            continue
        free_until = x(size)
        # The last one stands at the edge, and names the unit.
        said = figure(value, of.unit) if size == most_screens else number(value)
        anchor: Anchor = "end" if size == most_screens else "middle"
        aside = 14 if size == most_screens else 0
        shapes += [
            text(x(size) + aside, y(value) - 11, said, "value", anchor),
            text(x(size) + aside, base + 17, f"{size:,}", "axis", anchor),
        ]
    return shapes
