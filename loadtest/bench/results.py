"""What a benchmark found: one value for each line, server and run. This is the JSON that it writes.

Rule: nothing is thrown away and nothing is averaged here. Medians, spreads, ratios and verdicts are made from
these values, by `summary` and `targets`, whenever somebody looks.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct, field

HUB: Final = "clarion"
FLOOR: Final = "floor"
FASTAPI: Final = "fastapi"
NODE: Final = "node-ws"
TRIO_WEBSOCKET: Final = "trio-websocket"
QUART_TRIO: Final = "quart-trio"


class Line(Struct, frozen=True):
    """One thing that is measured. `unit`: of every value; `better`: which direction is."""

    key: str
    title: str
    unit: Literal["µs", "KB", "ms", "s", "/s", "% of a core"]
    better: Literal["less", "more"] = "less"


LINES: Final = (
    Line("heartbeat_cpu", "Heartbeat and reply, processor time", "µs"),
    Line("alert_cpu", "Alert and receipt, processor time a screen", "µs"),
    Line("connect_cpu", "Connect and authenticate, processor time", "µs"),
    Line("connect_rate", "Connect and authenticate", "/s", "more"),
    Line("memory", "Memory of a connected screen", "KB"),
    Line("last_alert", "Until the last screen has the alert", "ms"),
    Line("last_receipt", "Until the ledger has the last receipt", "ms"),
    Line("last_receipt_written", "Until PostgreSQL has the last receipt", "ms"),
    Line("commands_rate", "Durable commands", "/s", "more"),
    Line("commands_p50", "A durable command, median", "ms"),
    Line("commands_p99", "A durable command, 99th percentile", "ms"),
    Line("idle", "Idle, a heartbeat every 15 s", "% of a core"),
    Line("storm", "Everybody back, and showing the live alert", "s"),
    Line("browser_change", "Status change until a browser shows it, 99th percentile", "ms"),
    Line("browser_cpu", "The dashboard while statuses change", "% of a core"),
    Line("browser_alert", "Click until a browser shows 100 %", "ms"),
)
"""In the order of the tables."""


class Run(Struct, frozen=True):
    """Values by line and server, of one run. `database`: of the hub's PostgreSQL, beside the hub's own, for
    lines of processor time."""

    values: dict[str, dict[str, float]] = field(default_factory=dict)
    database: dict[str, float] = field(default_factory=dict)


class Machine(Struct, frozen=True):
    """By its size only, and the versions of what ran."""

    cores: int
    memory_gib: int
    versions: dict[str, str]


class Growth(Struct, frozen=True):
    """The hub alone at one size: values by line, one for each run."""

    screens: int
    values: dict[str, list[float]]


class Results(Struct, frozen=True):
    """A whole benchmark. `at`: RFC 3339; `left_out`: why a server or a line is missing, by its name."""

    at: str
    machine: Machine
    screens: int
    large: int
    """How many screens `storm` and `idle` have."""
    runs: list[Run]
    growth: list[Growth] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
