"""Deadlines for many keys with one sweeper: a timing wheel that is lazy about moved deadlines.

A deadline may move with every message. Moving costs one assignment: the key stays in its old slot,
and when that slot comes up the sweeper sees that the deadline is later and files the key again. Pure; time
is passed in.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Deadlines(Generic[Key]):
    """A deadline fires no earlier than asked and no later than that plus one tick (and one sweep)."""

    def __init__(self, tick_s: float = 0.5) -> None:
        self.tick_s = tick_s
        self._due_s: dict[Key, float] = {}
        self._filed: dict[Key, int] = {}
        self._slots: dict[int, list[Key]] = {}
        self._swept: int | None = None

    def __len__(self) -> int:
        return len(self._due_s)

    def set(self, key: Key, due_s: float) -> None:
        """Set or move the key's deadline."""
        self._due_s[key] = due_s
        slot = self._slot(due_s)
        filed = self._filed.get(key)
        if filed is None or slot < filed:
            self._file(key, slot)

    def cancel(self, key: Key) -> None:
        """Forget the key. Its place in the wheel is cleared when its slot comes up."""
        self._due_s.pop(key, None)

    def sweep(self, now_s: float) -> list[Key]:
        """The keys whose deadline has passed; each is given once and forgotten."""
        current = int(now_s // self.tick_s)
        if self._swept is None:
            self._swept = min((current, *self._slots)) - 1
        fired: list[Key] = []
        # Slots are looked up one by one only over the time that passed; after a long pause, over those
        # that exist.
        span = range(self._swept + 1, current + 1)
        for slot in span if len(span) <= len(self._slots) else sorted(s for s in self._slots if s <= current):
            for key in self._slots.pop(slot, ()):
                if self._filed.get(key) != slot:
                    continue
                del self._filed[key]
                due_s = self._due_s.get(key)
                if due_s is None:
                    continue
                if due_s <= now_s:
                    del self._due_s[key]
                    fired.append(key)
                else:
                    self._file(key, max(self._slot(due_s), current + 1))
        self._swept = max(self._swept, current)
        return fired

    def _slot(self, due_s: float) -> int:
        slot = int(due_s // self.tick_s) + 1
        # A slot that was swept already never comes up again.
        return slot if self._swept is None else max(slot, self._swept + 1)

    def _file(self, key: Key, slot: int) -> None:
        self._filed[key] = slot
        self._slots.setdefault(slot, []).append(key)
