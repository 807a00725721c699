"""Which bytes of a file a request asks for, and whether it has them: RFC 9110, sections 13 and 14. Pure.

Rule 1: one range, or the whole. What asks for several is sent the whole, as RFC 9110 allows.
Rule 2: a Range that cannot be read is as none; one that lies behind the end is refused (416).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_RANGE: Final = re.compile(r"bytes=\s*(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))\s*")


class Span(NamedTuple):
    """The bytes from `begins` to before `ends`."""

    begins: int
    ends: int

    def content_range(self, size_bytes: int) -> str:
        """As the header says it."""
        return f"bytes {self.begins}-{self.ends - 1}/{size_bytes}"


class Unsatisfiable(Exception):
    """None of the bytes asked for is in the file."""


def has_already(if_none_match: str | None, etag: str) -> bool:
    """Whether If-None-Match names what would be sent (weak comparison)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or "*" in tags


def wanted(asked: str | None, if_range: str | None, etag: str, size_bytes: int) -> Span | None:
    """What Range asks for; None for the whole. Raises Unsatisfiable."""
    if asked is None or (if_range is not None and if_range.strip() != etag):
        return None
    found = _RANGE.fullmatch(asked)
    if found is None:
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        span = Span(max(0, size_bytes - int(suffix)), size_bytes)
    elif last and int(last) < int(first):
        return None
    else:
        span = Span(int(first), min(int(last) + 1, size_bytes) if last else size_bytes)
    if span.begins >= span.ends:
        raise Unsatisfiable
    return span
