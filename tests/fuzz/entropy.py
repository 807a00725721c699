"""Bytes that decide everything about one case: which frame, which mutation, where a read is cut.

A case is a pure function of its entropy. So a case is repeated from a short hex string, and a shorter entropy
is a simpler case: what has run out answers 0, and 0 stands for the plainest choice wherever one is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Choice = TypeVar("Choice")


class Entropy:
    """Reads choices off `source` from the left; zeros without end follow it."""

    __slots__ = ("_at", "source")

    def __init__(self, source: bytes) -> None:
        self.source = source
        self._at = 0

    def __repr__(self) -> str:
        return f"Entropy(bytes.fromhex({self.source.hex()!r}))"

    @property
    def spent(self) -> bool:
        """Whether every choice from here on is 0."""
        return self._at >= len(self.source)

    def byte(self) -> int:
        """0 to 255."""
        at = self._at
        self._at = at + 1
        return self.source[at] if at < len(self.source) else 0

    def below(self, end: int) -> int:
        """0 to `end` - 1, of one byte or two."""
        if end <= 256:
            return self.byte() % end
        return (self.byte() << 8 | self.byte()) % end

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """One of them; the first is the plainest."""
        return choices[self.below(len(choices))]

    def one_in(self, times: int) -> bool:
        """True about once in so many times, and never when the entropy has run out."""
        return self.byte() % times == times - 1

    def take(self, size: int) -> bytes:
        """So many raw bytes."""
        at = self._at
        self._at = at + size
        return self.source[at : at + size].ljust(size, b"\0")
