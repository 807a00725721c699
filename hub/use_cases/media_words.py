"""What people are told of versions, in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from protocol.contents import Use
from protocol.vocabulary import Processing

_NAMED_AT_MOST: Final = 5

NOT_READY: Final[dict[Processing, str]] = {
    Processing.WAITING: "The hub has not looked at the file yet. Wait until it has, then submit.",
    Processing.WORKING: "The hub is looking at the file still. Wait until it has, then submit.",
    Processing.FAILED: "The file cannot be used: {detail} Upload another one.",
}
"""Why a version cannot be submitted."""


def where_used(uses: Sequence[Use]) -> str:
    """Such as: 3 playlists: 'Foyer' (published, version 4), 'Lifts' (in the draft) and 1 more."""
    named = [f"{use.playlist_name!r} ({_how(use)})" for use in uses[:_NAMED_AT_MOST]]
    more = len(uses) - len(named)
    count = "the playlist" if len(uses) == 1 else f"{len(uses)} playlists:"
    return f"{count} {', '.join(named)}{f' and {more} more' if more else ''}"


def _how(use: Use) -> str:
    return f"published, version {use.number}" if use.is_published else "in the draft"


def on_screens(number: int) -> str:
    """Such as: , on 12 screens now."""
    return f", on {number} screen{'s' if number != 1 else ''} now" if number else ""
