"""How the figures of a benchmark are said: names of servers, digits, units. One voice for table and chart."""

from __future__ import annotations

from typing import Final

from loadtest.bench.results import FASTAPI, FLOOR, HUB, NODE, QUART_TRIO, TRIO_WEBSOCKET

SERVERS: Final = {
    HUB: "Clarion",
    FASTAPI: "FastAPI",
    NODE: "node ws",
    TRIO_WEBSOCKET: "trio-websocket",
    QUART_TRIO: "quart-trio",
    FLOOR: "floor",
}
"""In the order of tables and charts: the hub, its peers, what no server can be below."""


def number(value: float) -> str:
    """As many digits as a noisy machine can vouch for: 0.31, 7.3, 39.5, 165, 12,340."""
    if abs(value) >= 1_000:
        return f"{round(value, -1):,.0f}"
    digits = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 0.995 else 2
    return f"{value:.{digits}f}"


def with_unit(said: str, unit: str) -> str:
    """A number that is said, with its unit."""
    return f"{said}{unit}" if unit.startswith("/") else f"{said} {unit}"


def figure(value: float, unit: str) -> str:
    """A number with its unit."""
    return with_unit(number(value), unit)


def ratio(value: float) -> str:
    """How many times as much: 0.62, 2.75, 17.2."""
    return f"{value:.2f}" if abs(value) < 9.995 else number(value)


def share(value: float) -> str:
    """A part of something, in percent."""
    percent = 100.0 * value
    return (
        "less than 0.1 %" if percent < 0.1 else f"{percent:.1f} %" if percent < 9.95 else f"{percent:,.0f} %"
    )
