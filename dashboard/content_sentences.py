"""Contents and their versions in words (pure)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from dashboard.clock import Clock, to_ms
from dashboard.sentences import count
from protocol.contents import Content, Media, Usage, Use
from protocol.vocabulary import KINDS_OF_FILES, MediaKind, MediaStatus, Processing

KIND_WORDS: Final[dict[MediaKind, str]] = {
    MediaKind.IMAGE: "Image",
    MediaKind.VIDEO: "Video",
    MediaKind.HTML: "HTML package",
    MediaKind.WEB: "Web page",
    MediaKind.STREAM: "Live stream",
}

STATUS_WORDS: Final[dict[MediaStatus, tuple[str, str]]] = {
    MediaStatus.DRAFT: ("Draft", ""),
    MediaStatus.SUBMITTED: ("Waits for approval", "warn"),
    MediaStatus.APPROVED: ("Approved", "ok"),
    MediaStatus.REJECTED: ("Rejected", "bad"),
    MediaStatus.RETIRED: ("Retired", ""),
}
"""The word for a pill, and its colour."""

_UNITS: Final = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))
_TYPES: Final = {
    "application/zip": "ZIP",
    "application/vnd.apple.mpegurl": "HLS",
    "image/gif": "GIF",
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "video/mp4": "MP4",
    "video/webm": "WebM",
}


def size_words(size_bytes: int) -> str:
    """`812 bytes`, `34 kB`, `4.2 MB`, `1.8 GB`."""
    for unit, size in _UNITS:
        if size_bytes >= size:
            number = size_bytes / size
            return f"{number:.0f} {unit}" if number >= 10 else f"{number:.1f} {unit}"
    return count(size_bytes, "byte")


def length_words(duration_s: float) -> str:
    """`0:08`, `12:30`, `1:02:05`."""
    seconds = max(1, round(duration_s))
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def kind_words(media: Media) -> str:
    """`Image`; `File` while the hub has not looked into it."""
    if media.kind is not None:
        return KIND_WORDS[media.kind]
    return "File"


def type_words(mime_type: str) -> str:
    """`image/png` → `PNG`."""
    return _TYPES.get(mime_type, mime_type)


def measures(media: Media) -> str:
    """`1920 × 1080`, `1920 × 1080 · 0:30`; nothing where nothing is known."""
    said = []
    if media.width and media.height:
        said.append(f"{media.width:,} × {media.height:,}".replace(",", ""))
    if media.duration_s:
        said.append(length_words(media.duration_s))
    return " · ".join(said)


def brief(media: Media) -> str:
    """One line about a version: `PNG · 1920 × 1080 · 412 kB`; the file's name while nothing else is known."""
    if media.kind is None:
        return media.file_name or kind_words(media)
    typed = media.mime_type if media.kind is not MediaKind.HTML else None
    said = [type_words(typed) if typed else kind_words(media), measures(media)]
    if media.kind in (MediaKind.WEB, MediaKind.STREAM):
        said = [kind_words(media), media.url or ""]
    elif media.size_bytes is not None:
        said.append(size_words(media.size_bytes))
    return " · ".join(part for part in said if part)


def standing(media: Media) -> tuple[str, str]:
    """The word for the pill of a version, and its colour: what the hub is at comes before what people say."""
    match media.processing:
        case Processing.WAITING:
            return "Waits to be looked at", "busy"
        case Processing.WORKING:
            return "Being looked at", "busy"
        case Processing.FAILED:
            return "Cannot be used", "bad"
        case Processing.READY:
            return STATUS_WORDS[media.status]


def is_busy(media: Media) -> bool:
    """Whether the hub is still at it: then it is worth asking again."""
    return media.processing in (Processing.WAITING, Processing.WORKING)


def shown_of(content: Content) -> Media | None:
    """The version by which a content is known: its newest."""
    return content.newest or content.approved


def also_approved(content: Content) -> str:
    """That screens may have an older version than the newest; or nothing."""
    newest, approved = content.newest, content.approved
    if approved is None or newest is None or approved.number == newest.number:
        return ""
    return f"Version {approved.number} is the approved one."


def validity(valid_from: datetime | None, valid_until: datetime | None, clock: Clock) -> str:
    """`always`, `from 2026-12-01 08:00`, `until …`, `from … until …`."""

    def at(moment: datetime) -> str:
        return clock.full(to_ms(moment))[:16]

    if valid_from is None and valid_until is None:
        return "always"
    said = []
    if valid_from is not None:
        said.append(f"from {at(valid_from)}")
    if valid_until is not None:
        said.append(f"until {at(valid_until)}")
    return " ".join(said)


def validity_now(content: Content, now: datetime) -> tuple[str, str] | None:
    """A pill for what is outside of its window now: `("Over", "")`, `("Not yet", "")`."""
    if content.valid_until is not None and content.valid_until <= now:
        return "Over", ""
    if content.valid_from is not None and content.valid_from > now:
        return "Not yet", ""
    return None


def history(media: Media, clock: Clock, now_ms: int) -> list[str]:
    """What happened to a version, in the order in which it did."""

    def when(moment: datetime | None) -> str:
        return f", {clock.moment(to_ms(moment), now_ms)}" if moment is not None else ""

    made = "Uploaded" if media.kind is None or media.kind in KINDS_OF_FILES else "Added"
    said = [f"{made} by {media.created_by or 'somebody'}{when(media.created_at)}"]
    if media.submitted_at is not None and media.status is not MediaStatus.DRAFT:
        said.append(f"Submitted by {media.submitted_by or 'somebody'}{when(media.submitted_at)}")
    if media.decided_at is not None and media.status is not MediaStatus.SUBMITTED:
        verb = "Rejected" if media.status is MediaStatus.REJECTED else "Approved"
        said.append(f"{verb} by {media.decided_by or 'somebody'}{when(media.decided_at)}")
    if media.retired_at is not None:
        said.append(f"Retired by {media.retired_by or 'somebody'}{when(media.retired_at)}")
    return said


def use_words(use: Use) -> str:
    """`Lobby, version 4 (screens play it)`, `Lobby, in its draft`."""
    if use.is_published and use.number is not None:
        return f"version {use.number}, which screens play"
    return "in its draft" if use.number is None else f"version {use.number}"


def usage_words(usage: Usage) -> str:
    """How much a version is used: `Not used.`, `In 2 playlists; 14 screens have it now.`"""
    playlists = len({use.playlist_id for use in usage.uses})
    screens = f"{count(usage.screens, 'screen')} {'has' if usage.screens == 1 else 'have'} it now"
    if not playlists:
        return f"In no playlist{f'; {screens}' if usage.screens else ''}."
    return f"In {count(playlists, 'playlist')}; {screens if usage.screens else 'no screen has it now'}."


def why_not_approve(media: Media, my_id: str | None, *, approve_own: bool) -> str:
    """Why this person cannot approve this version; empty when they can."""
    if not approve_own and my_id is not None and media.created_by_id == my_id:
        return "You made this version: somebody else has to approve it."
    return ""


def differences(old: Media, new: Media) -> list[tuple[str, str, str]]:
    """What a new version is otherwise in than the one before: (what, before, now)."""

    def facts(media: Media) -> dict[str, str]:
        return {
            "Kind": kind_words(media),
            "Type": type_words(media.mime_type) if media.mime_type else "",
            "Size": size_words(media.size_bytes) if media.size_bytes is not None else "",
            "Pixels": f"{media.width} × {media.height}" if media.width and media.height else "",
            "Length": length_words(media.duration_s) if media.duration_s else "",
            "Address": media.url or "" if media.kind in (MediaKind.WEB, MediaKind.STREAM) else "",
        }

    before, now = facts(old), facts(new)
    return [(what, before[what] or "none", now[what] or "none") for what in now if before[what] != now[what]]
