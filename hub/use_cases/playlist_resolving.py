"""What a draft plays, as things are: every item becomes the versions of contents it stands for. Pure.

Rule 1: a nested playlist is what its active version plays, in that order; nothing here goes down further.
Rule 2: what can never play again because of the draft itself (switched off, its own time over) is left out.
        What may play again without a change of the draft (its content's time) stays: the manifest says when.
Rule 3: what somebody must decide about (not approved any more, never published) keeps a draft from being
        published; what only plays nothing now (a tag that nothing has) does not.
Rule 4: a thousand items may each stand for thousands: what comes after more than a version has is not made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace

from hub.use_cases.playlist_ports import Playable
from protocol.playlists import DraftItem, VersionItem
from protocol.vocabulary import MediaStatus

WITHOUT_LENGTH_S: Final = 10.0
"""How long something plays that has no length of its own, and was given none."""

ITEMS_OF_VERSION_AT_MOST: Final = 2000
"""What a screen is told in one manifest; with nested playlists a short draft may come to much."""


class Surroundings(NamedTuple):
    """What items stand for now. `tagged`: ids of media by tag; `active`: what is published, by playlist."""

    media: Mapping[str, Playable]
    tagged: Mapping[str, Sequence[str]]
    active: Mapping[str, Sequence[VersionItem]]


class Part(NamedTuple):
    """One item of the draft, and what it comes to. `problem`: why it does not play, in a sentence; `blocks`:
    whether that keeps the draft from being published."""

    item: DraftItem
    plays: list[VersionItem]
    problem: str | None = None
    blocks: bool = False

    @property
    def plays_s(self) -> float:
        """How long it takes."""
        return total_s(self.plays)


def kind_of(item: DraftItem) -> Literal["media", "playlist", "tag"]:
    """What the item names."""
    if item.media_id is not None:
        return "media"
    return "playlist" if item.playlist_id is not None else "tag"


def follows(draft: Iterable[DraftItem]) -> bool:
    """Whether anything in it stands for others, so that what it plays changes without it."""
    return any(item.media_id is None for item in draft)


def total_s(items: Iterable[VersionItem]) -> float:
    """How long one round takes."""
    return sum(item.duration_s for item in items)


def played(parts: Iterable[Part]) -> list[VersionItem]:
    """Everything, in order."""
    return [item for part in parts for item in part.plays]


def in_words(at: datetime) -> str:
    """`3 Nov 2026 14:00 UTC`."""
    return f"{at.astimezone(UTC):%-d %b %Y %H:%M} UTC"


def resolve(draft: Iterable[DraftItem], around: Surroundings, now: datetime) -> list[Part]:
    """Each item, with what it comes to; those behind too many play nothing, and block."""
    parts: list[Part] = []
    items = 0
    for item in draft:
        part = _part(item, around, now) if items <= ITEMS_OF_VERSION_AT_MOST else _behind_too_many(item)
        items += len(part.plays)
        parts.append(part)
    return parts


def _behind_too_many(item: DraftItem) -> Part:
    too_many = f"more than {ITEMS_OF_VERSION_AT_MOST} items, which is more than a version has"
    problem = f"{item.name} comes after {too_many}."
    return Part(item, [], problem, blocks=True)


def _part(item: DraftItem, around: Surroundings, now: datetime) -> Part:
    if not item.enabled:
        return Part(item, [], f"{item.name} is switched off.")
    if item.valid_until is not None and item.valid_until <= now:
        return Part(item, [], f"The time of {item.name} was over on {in_words(item.valid_until)}.")
    match kind_of(item):
        case "media":
            return _of_media(item, around)
        case "tag":
            return _of_tag(item, around)
        case "playlist":
            return _of_playlist(item, around, now)


def _of_media(item: DraftItem, around: Surroundings) -> Part:
    approved = _approved(around, item.media_id or "")
    if approved is not None:
        return Part(item, [_shown(item.id, item, approved)])
    media = around.media.get(item.media_id or "")
    state = "gone" if media is None else f"{media.status} (version {media.number})"
    problem = f"{item.name} is {state}, and screens play approved versions only. Take it out or exchange it."
    return Part(item, [], problem, blocks=True)


def _of_tag(item: DraftItem, around: Surroundings) -> Part:
    found = [_approved(around, media_id) for media_id in around.tagged.get(item.content_tag or "", ())]
    plays = [_shown(f"{item.id}.{each.content_id}", item, each) for each in found if each is not None]
    problem = None if plays else f"No content with the tag {item.content_tag} has an approved version."
    return Part(item, plays, problem)


def _of_playlist(item: DraftItem, around: Surroundings, now: datetime) -> Part:
    published = around.active.get(item.playlist_id or "")
    if published is None:
        return Part(
            item,
            [],
            f"The playlist {item.name} was never published. Publish it, or take it out.",
            blocks=True,
        )
    plays: list[VersionItem] = []
    for inner in published:
        if _approved(around, inner.media_id) is None:
            continue
        begins = _latest(item.valid_from, inner.valid_from)
        ends = _earliest(item.valid_until, inner.valid_until)
        if ends is not None and (ends <= now or (begins is not None and begins >= ends)):
            continue
        # How it comes in is said here, how it goes on is said there.
        transition = inner.transition if plays else item.transition
        own = f"{item.id}.{inner.id}"
        plays.append(replace(inner, id=own, transition=transition, valid_from=begins, valid_until=ends))
    return Part(item, plays, None if plays else f"Nothing of the playlist {item.name} plays now.")


def _shown(item_id: str, item: DraftItem, media: Playable) -> VersionItem:
    assert media.kind is not None
    return VersionItem(
        id=item_id,
        media_id=media.media_id,
        content_id=media.content_id,
        name=media.name,
        number=media.number,
        kind=media.kind,
        duration_s=item.duration_s or media.duration_s or WITHOUT_LENGTH_S,
        transition=item.transition,
        valid_from=item.valid_from,
        valid_until=item.valid_until,
    )


def _approved(around: Surroundings, media_id: str) -> Playable | None:
    media = around.media.get(media_id)
    if media is None or media.status is not MediaStatus.APPROVED or media.kind is None:
        return None
    return media


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((each for each in (one, other) if each is not None), default=None)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)
