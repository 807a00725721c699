"""The picture of a benchmark: what a screen costs the hub, and what it costs its peers, in bars."""

from __future__ import annotations

from typing import Final

from loadtest.bench.results import FLOOR, HUB, Results
from loadtest.bench.summary import figures, line_of, spread
from loadtest.bench.svg import HEAD, MARGIN, WIDTH, at, card, line, text
from loadtest.bench.words import SERVERS, figure

SHOWN: Final = ("heartbeat_cpu", "alert_cpu", "connect_cpu", "memory")
_COLUMNS: Final = 2
_GAP: Final = 36
_PANEL_WIDTH: Final = (WIDTH - 2 * MARGIN - _GAP * (_COLUMNS - 1)) / _COLUMNS
_NAMES_WIDTH: Final = 102
_VALUE_WIDTH: Final = 66
_BAR_WIDTH: Final = _PANEL_WIDTH - _NAMES_WIDTH - _VALUE_WIDTH
_ROW: Final = 24
_BAR: Final = 14
_PANEL_HEAD: Final = 20


def chart(results: Results) -> str:
    """An SVG."""
    lines = [key for key in SHOWN if figures(results, key)]
    servers = [name for name in SERVERS if any(figures(results, key, name) for key in lines)]
    panel_height = _PANEL_HEAD + _ROW * len(servers) + _GAP / 2
    shapes: list[str] = []
    for place, key in enumerate(lines):
        row, column = divmod(place, _COLUMNS)
        shapes += _panel(
            results, key, servers, MARGIN + column * (_PANEL_WIDTH + _GAP), HEAD + 18 + row * panel_height
        )
    rows = -(-len(lines) // _COLUMNS)
    runs = (
        "one run"
        if len(results.runs) == 1
        else f"median of {len(results.runs)} runs, thin lines from best to worst"
    )
    return card(
        f"What a screen costs, with {results.screens:,} of them on {results.machine.cores} cores",
        f"Shorter is better: {runs}. Only Clarion authenticates and records; the floor only echoes.",
        HEAD + rows * panel_height + MARGIN - _GAP / 2 + 10,
        shapes,
    )


def _panel(results: Results, key: str, servers: list[str], left: float, top: float) -> list[str]:
    """One line of the benchmark; `top` is where its title stands."""
    measured = {name: spread(values) for name in servers if (values := figures(results, key, name))}
    longest = max(each.high for each in measured.values()) or 1.0
    bars = left + _NAMES_WIDTH
    shapes = [text(left, top, line_of(key).title, "panel")]
    for place, (name, each) in enumerate(measured.items()):
        middle = top + _PANEL_HEAD + place * _ROW
        baseline = middle + 4.5
        is_hub = name == HUB
        bar = "bar-hub" if is_hub else "bar-floor" if name == FLOOR else "bar"

        def along(value: float) -> float:
            return bars + max(1.0, _BAR_WIDTH * value / longest)

        shapes += [
            text(bars - 10, baseline, SERVERS[name], "hub" if is_hub else "name", "end"),
            f'<rect class="{bar}" x="{at(bars)}" y="{at(middle - _BAR / 2)}" '
            f'width="{at(along(each.median) - bars)}" height="{_BAR}" rx="2.5"/>',
            line("extent", along(each.low), middle, along(each.high), middle),
            text(
                along(each.high) + 8,
                baseline,
                figure(each.median, line_of(key).unit),
                "hub-value" if is_hub else "value",
            ),
        ]
    return shapes
