"""How much is done for one value of a line: more makes it steadier, less makes it sooner."""

from __future__ import annotations

from typing import Final, NamedTuple


class Effort(NamedTuple):
    """`beats_cpu_s`: heartbeats go on until the server has used so much, but `rounds` at least, and not
    longer than `beats_at_most_s`. `alerts`: of one kind, one after the other. `settle_s`: of screens that
    idle, before they are looked at for `idle_s`. `changes`: how many a browser is watched for.
    """

    beats_cpu_s: float
    rounds: int
    beats_at_most_s: float
    alerts: int
    commands_s: float
    settle_s: float
    idle_s: float
    changes: int


THOROUGH: Final = Effort(1.5, 4, 10.0, 5, 5.0, 5.0, 30.0, 120)
BRIEF: Final = Effort(0.3, 4, 2.0, 3, 2.0, 2.0, 5.0, 30)
