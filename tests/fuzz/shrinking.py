"""Makes a failing case small: shorter entropy first, then smaller bytes, as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable

TRIES = 2_000
"""About a second: a smaller case is a courtesy, not the proof."""


def shrunk(source: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """The smallest failing entropy that is found by cutting pieces out and making bytes smaller.

    `fails(source)` holds at the beginning, and of what is returned.
    """
    tries = TRIES
    improved = True
    while improved and tries > 0:
        improved = False
        for candidate in _smaller(source):
            tries -= 1
            if fails(candidate):
                source, improved = candidate, True
                break
            if tries <= 0:
                break
    return source


def _smaller(source: bytes) -> list[bytes]:
    """Halves first, single bytes last: most of a case has nothing to do with why it fails."""
    candidates = [source.rstrip(b"\0")] if source.endswith(b"\0") else []
    size = len(source) // 2
    while size:
        candidates += [source[:at] + source[at + size :] for at in range(len(source) - size, -1, -size)]
        size //= 2
    for at, byte in enumerate(source):
        candidates += [
            source[:at] + bytes((less,)) + source[at + 1 :]
            for less in {0, byte // 2, byte - 1}
            if 0 <= less < byte
        ]
    return candidates
