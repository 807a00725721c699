"""A moment as a field for date and time has it, and the instant that is meant by it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


class NotAMoment(ValueError):
    """What is typed is no date and time; the message says what is."""


def moment_text(moment: datetime | None, zone: tzinfo) -> str:
    """`2026-12-24T18:00`; nothing for none."""
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}" if moment is not None else ""


def moment_typed(text: str, zone: tzinfo) -> datetime | None:
    """The instant; None for an empty field. Raises NotAMoment."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotAMoment(f"{text} is no date and time: write it like 2026-12-24T18:00.") from None
