"""Playlists, their items and versions in words (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from dashboard.clock import Clock, to_ms
from dashboard.content_sentences import kind_words
from dashboard.sentences import count
from protocol.playlists import Canary, ItemChange, Playlist, PlaylistDiff, PlaylistItem, PlaylistVersion
from protocol.vocabulary import Transition

TRANSITION_WORDS: Final = {
    Transition.CUT: "Cut",
    Transition.FADE: "Fade",
    Transition.SLIDE: "Slide",
}
CHANGED_ELSEWHERE: Final = "This playlist was changed meanwhile, by somebody else or in another tab."
CHANGED_MEANWHILE: Final = (
    f"{CHANGED_ELSEWHERE} What you did last was not done: look first, then do it again."
)
WITHOUT_LENGTH_S: Final = 10.0
"""How long something plays that has no length of its own, and was given none."""
_LENGTH: Final = re.compile(r"(?:(?:(\d+):)?(\d{1,4}):)?(\d{1,5}(?:[.,]\d{1,3})?)")
_LONGEST_S: Final = 86_400.0
_SHORTEST_S: Final = 0.5


class NotALength(ValueError):
    """What is typed is no time that something can play; the message says why."""


def length(seconds: float) -> str:
    """`0:10`, `12:05`, `1:02:05`; parts of a second only where there are some: `0:07.5`."""
    tenths = round(seconds * 10)
    whole, tenth = divmod(tenths, 10)
    minutes, left = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    said = f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
    return f"{said}.{tenth}" if tenth else said


def seconds_of(typed: str) -> float | None:
    """`12`, `7.5`, `1:30`, `1:00:00` in seconds; None for nothing, or as long as it is. Raises NotALength."""
    text = typed.strip().removesuffix("s").strip()
    if not text:
        return None
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise NotALength("Write seconds, like 12 or 7.5, or minutes and seconds, like 1:30.")
    hours, minutes, left = found.groups()
    seconds = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(left.replace(",", "."))
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise NotALength("An item plays for half a second at least, and for a day at most.")
    return seconds


# ---- a playlist ----


def standing(playlist: Playlist) -> tuple[str, str]:
    """One word for the pill, and its colour."""
    if playlist.active_number is None:
        return "Not published", ""
    if playlist.canary_number is not None:
        return f"Version {playlist.canary_number} on trial", "warn"
    return ("Draft has changes", "warn") if playlist.has_changes else ("Published", "ok")


def plays_words(playlist: Playlist, clock: Clock, now_ms: int) -> str:
    """Which version plays, on how many screens, and who published it when."""
    if playlist.active_number is None:
        return "No version is published yet, so no screen plays it."
    where = count(playlist.screens, "screen") if playlist.screens else "no screen"
    said = f"Version {playlist.active_number} plays on {where}"
    if playlist.published_at is None:
        return f"{said}."
    at = clock.moment(to_ms(playlist.published_at), now_ms)
    return f"{said}, published {at} by {author_words(playlist.published_by or 'somebody')}."


def author_words(author: str) -> str:
    """Who published: the hub itself, where what items stand for had changed."""
    return "Clarion itself" if author == "clarion" else author


def items_words(number: int, total_s: float) -> str:
    """`7 items, 1:30`."""
    return f"{count(number, 'item')}, {length(total_s)}" if number else "nothing in it"


def fits(playlist: Playlist, wanted: str) -> bool:
    """Whether all words that are looked for are in what is said of it."""
    said = f"{playlist.name} {playlist.description} {playlist.created_by}".casefold()
    return all(word in said for word in wanted.casefold().split())


# ---- an item ----


def item_title(item: PlaylistItem) -> str:
    """What it is called in the timeline."""
    if item.media is not None:
        return item.media.content_name
    if item.kind == "playlist":
        return item.playlist_name or "A playlist that is gone"
    return f"Everything tagged {item.content_tag}"


def item_note(item: PlaylistItem) -> str:
    """What it is."""
    if item.media is not None:
        return f"{kind_words(item.media)}, version {item.media.number}"
    if item.kind == "playlist":
        return f"Playlist, {count(item.count, 'item')}"
    each = f", {length(item.duration_s)} each" if item.duration_s is not None else ""
    return f"By tag, {count(item.count, 'content')} now{each}"


def item_seconds(item: PlaylistItem) -> float:
    """How long it takes, or would take if it were not switched off or over."""
    if item.plays_s or item.kind != "media":
        return item.plays_s
    own = item.media.duration_s if item.media is not None else None
    return item.duration_s or own or WITHOUT_LENGTH_S


def window_words(since: datetime | None, until: datetime | None, clock: Clock, now_ms: int) -> str:
    """`from 12 Dec 08:00`, `until 24 Dec 18:00`, or both; nothing for always."""
    parts = [
        f"{word} {_moment(at, clock, now_ms)}"
        for word, at in (("from", since), ("until", until))
        if at is not None
    ]
    return " ".join(parts)


def window_note(since: datetime | None, until: datetime | None, now_ms: int) -> str:
    """`over` or `not yet`, where an item does not play now; else nothing."""
    if until is not None and to_ms(until) <= now_ms:
        return "over"
    return "not yet" if since is not None and to_ms(since) > now_ms else ""


# ---- versions ----


def canary_words(canary: Canary, groups: Mapping[str, str]) -> str:
    """Who plays it first: `10 % of the screens`, `the group Lobbies`."""
    if canary.fraction is not None:
        return f"{canary.fraction * 100:.0f} % of the screens"
    return f"the group {groups.get(canary.group_id or '', 'that was chosen')}"


def version_pill(version: PlaylistVersion) -> tuple[str, str]:
    """One word for the pill, and its colour; nothing for one of the past."""
    return {"active": ("Active", "ok"), "canary": ("On trial", "warn"), "past": ("", "")}[version.state]


def version_note(version: PlaylistVersion, clock: Clock, now_ms: int) -> str:
    """When, by whom, what is in it, and who plays it."""
    parts = [
        f"{clock.moment(to_ms(version.published_at), now_ms)} by {author_words(version.published_by)}",
        items_words(version.item_count, version.total_s),
    ]
    if version.screens:
        parts.append(f"on {count(version.screens, 'screen')}")
    if version.rolled_back_to is not None:
        parts.append(f"as version {version.rolled_back_to} was")
    return " · ".join(parts)


def side_words(number: int | None) -> str:
    """One side of a comparison: `version 3`, `the draft`."""
    return "the draft" if number is None else f"version {number}"


def change_words(change: ItemChange) -> str:
    """What became of one item, for beside its name."""
    after, before = (change.position or 0) + 1, (change.position_before or 0) + 1
    details = ", ".join(change.details)
    match change.what:
        case "added":
            return f"comes in as number {after}"
        case "removed":
            return f"goes; it was number {before}. {details}".strip().removesuffix(".")
        case "moved":
            return ", ".join([f"moves from {before} to {after}", *change.details])
    return details or "is changed"


def difference_words(difference: PlaylistDiff) -> str:
    """How much is another, in one line: `3 changes. It takes 1:05 instead of 0:50.`"""
    said = f"{count(len(difference.changes), 'change')}." if difference.changes else "No item is another."
    if round(difference.total_s, 1) == round(difference.total_before_s, 1):
        return f"{said} It takes {length(difference.total_s)}, as before."
    return f"{said} It takes {length(difference.total_s)} instead of {length(difference.total_before_s)}."


def problems_words(items: Sequence[PlaylistItem]) -> list[str]:
    """Why some of a draft would not play: one sentence each."""
    return [item.problem for item in items if item.problem and item.enabled]


def _moment(at: datetime, clock: Clock, now_ms: int) -> str:
    return clock.moment(to_ms(at), now_ms)
