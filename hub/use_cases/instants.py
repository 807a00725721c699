"""Instants, and windows between two of them, as people give them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from hub.use_cases.errors import Invalid


def in_utc(field: str, at: datetime | None) -> datetime | None:
    """The same instant. Raises Invalid where no time zone is said, or where UTC has no such year."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise Invalid({field: "must say its time zone, such as 2030-01-31T08:00:00Z"})
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Invalid({field: "is before the year 1 or after the year 9999 in UTC"}) from None


def require_window(valid_from: datetime | None, valid_until: datetime | None) -> None:
    """Raises Invalid where it ends before it begins."""
    if valid_from is not None and valid_until is not None and valid_from >= valid_until:
        raise Invalid({"valid_until": "must be after valid_from"})
