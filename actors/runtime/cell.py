"""What the runtime keeps of one actor: the actor, how much waits for it, whether it still runs."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, Protocol, TypeVar

Message = TypeVar("Message")
Message_contra = TypeVar("Message_contra", contravariant=True)


class Instant(NamedTuple):
    """One moment on both clocks: `mono_s` for deadlines, `wall_ms` (Unix epoch) for people and records."""

    mono_s: float
    wall_ms: int


class Actor(Protocol[Message_contra]):
    """Owns some state; takes one message at a time."""

    def receive(self, message: Message_contra, now: Instant) -> None:
        """One turn (Rule 1)."""


class Cell(Generic[Message]):
    """One actor as the dispatcher sees it. `key` names it in logs and to the supervisor."""

    __slots__ = ("actor", "key", "running", "waiting")

    def __init__(self, key: str, actor: Actor[Message]) -> None:
        self.key = key
        self.actor = actor
        self.running = True
        self.waiting = 0

    def stop(self) -> None:
        """Rule 5: from now on nothing reaches the actor."""
        self.running = False

    def __repr__(self) -> str:
        state = "running" if self.running else "stopped"
        return f"<Cell {self.key} {state}, {self.waiting} waiting: {self.actor!r}>"


AnyCell = Cell[Any]
