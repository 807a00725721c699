"""How a check ends: the player did it, did not, or makes no claim to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from player.conformance.stage import Stage


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Failed(Exception):
    """The player did something else; the message says what."""


class Skipped(Exception):
    """The player makes no claim to this; the message says how one knows."""


@dataclass(frozen=True, slots=True)
class Check:
    """`rule`: where it is written, a heading of docs/protocol.md."""

    sentence: str
    rule: str
    run: Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Verdict:
    check: Check
    outcome: Outcome
    why: str = ""


def expect(so: bool, otherwise: str) -> None:
    """Raises Failed."""
    if not so:
        raise Failed(otherwise)
