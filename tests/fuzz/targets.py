"""Every target, and its share of the cases: cheap ones get many."""

from __future__ import annotations

from typing import Final

from tests.fuzz.campaign import Target
from tests.fuzz.codec_targets import OPERATORS, SCREENS
from tests.fuzz.connection_target import CONNECTIONS
from tests.fuzz.head_target import HEADS
from tests.fuzz.session_target import SESSIONS
from tests.fuzz.wire_target import WIRES

TARGETS: Final[dict[str, Target]] = {
    target.name: target for target in (SCREENS, OPERATORS, HEADS, WIRES, CONNECTIONS, SESSIONS)
}

SHARES: Final[dict[str, float]] = {
    SCREENS.name: 0.46,
    OPERATORS.name: 0.125,
    HEADS.name: 0.20,
    WIRES.name: 0.04,
    CONNECTIONS.name: 0.14,
    SESSIONS.name: 0.035,
}

SEED: Final = 20_260_103
"""The suite's: the same cases on every machine. `make fuzz` draws another one each time and prints it."""
