"""Bodies of the HTTP API about what was played: proof of play. As in `protocol.api`.

Rule 1: what a screen says it played is its word; who it is, is the hub's. Names are as they were then.
Rule 2: days are those of the place where the screen is.
"""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct


class Played(Struct, frozen=True):
    """One item that was on the glass; or `plays` of them, where the screen had to summarise. `completed`: how
    many of them to their end."""

    device_id: str
    device_name: str
    media_id: str | None
    content_id: str | None
    name: str
    version: int | None
    playlist_id: str | None
    playlist_number: int | None
    started_at: datetime
    ended_at: datetime
    shown_s: float
    plays: int
    completed: int


class PlaySum(Struct, frozen=True):
    """A line of a report: the sum over whatever is None of day, screen and content."""

    day: date | None
    device_id: str | None
    device_name: str | None
    content_id: str | None
    name: str | None
    version: int | None
    plays: int
    completed: int
    shown_s: float
    first_at: datetime
    last_at: datetime


class ProofOfPlay(Struct, frozen=True):
    """A page of a report, and the sum of all of it."""

    items: list[PlaySum]
    next_cursor: str | None
    plays: int
    completed: int
    shown_s: float
