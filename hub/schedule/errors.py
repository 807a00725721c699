"""Why times of a schedule are refused."""

from __future__ import annotations


class CannotBeMeant(ValueError):
    """A time that is written as it should be, or nearly, and cannot be meant. Its text completes the
    sentence "recurrence …" or "dayparts …"."""
