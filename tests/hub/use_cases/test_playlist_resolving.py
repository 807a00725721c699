"""What a draft plays: which items become which versions, what is left out, and what must be decided first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from hub.use_cases.playlist_resolving import (
    ITEMS_OF_VERSION_AT_MOST,
    Part,
    Surroundings,
    follows,
    played,
    resolve,
    total_s,
)
from protocol.playlists import DraftItem, VersionItem
from protocol.vocabulary import MediaKind, MediaStatus, Transition

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Version(NamedTuple):
    """Fits `hub.use_cases.playlist_ports.Playable`."""

    media_id: str
    status: MediaStatus = MediaStatus.APPROVED
    duration_s: float | None = None
    kind: MediaKind | None = MediaKind.IMAGE
    number: int = 2
    valid_until: datetime | None = None

    @property
    def content_id(self) -> str:
        return f"content-{self.media_id}"

    @property
    def name(self) -> str:
        return self.media_id


def around(*versions: Version, **active: list[VersionItem]) -> Surroundings:
    """`tagged`: each of these versions has the tag `all`."""
    media = {version.media_id: version for version in versions}
    return Surroundings(media, {"all": [version.media_id for version in versions]}, active)


def shown(media_id: str, begins: datetime | None = None, ends: datetime | None = None) -> VersionItem:
    own = (
        f"of-{media_id}",
        media_id,
        f"content-{media_id}",
        media_id,
        2,
        MediaKind.IMAGE,
        7.0,
        Transition.SLIDE,
    )
    return VersionItem(*own, begins, ends)


def one(item: DraftItem, surroundings: Surroundings) -> Part:
    (part,) = resolve([item], surroundings, NOW)
    return part


@pytest.mark.parametrize(
    ("own_s", "given_s", "plays_s"), [(None, None, 10), (42.5, None, 42.5), (42.5, 5, 5), (None, 5, 5)]
)
def test_something_plays_as_long_as_it_was_given_as_it_is_or_ten_seconds(
    own_s: float | None, given_s: float | None, plays_s: float
) -> None:
    part = one(DraftItem("i", "A", media_id="A", duration_s=given_s), around(Version("A", duration_s=own_s)))
    assert (part.plays_s, part.problem) == (plays_s, None)
    (item,) = part.plays
    assert (item.id, item.media_id, item.content_id, item.number) == ("i", "A", "content-A", 2)


@pytest.mark.parametrize("status", [status for status in MediaStatus if status is not MediaStatus.APPROVED])
def test_what_is_not_approved_blocks_and_does_not_play(status: MediaStatus) -> None:
    part = one(DraftItem("i", "A", media_id="A"), around(Version("A", status)))
    assert (part.plays, part.blocks) == ([], True)
    assert part.problem is not None
    assert status in part.problem
    (tagged,) = resolve([DraftItem("i", "all", content_tag="all")], around(Version("A", status)), NOW)
    assert (tagged.plays, tagged.blocks) == ([], False)


def test_what_is_gone_or_was_never_published_blocks() -> None:
    assert one(DraftItem("i", "A", media_id="A"), around()).blocks
    assert one(DraftItem("i", "P", playlist_id="P"), around()).blocks
    empty = one(DraftItem("i", "P", playlist_id="P"), around(P=[]))
    assert (empty.blocks, empty.problem) == (False, "Nothing of the playlist P plays now.")


def test_what_is_switched_off_or_over_blocks_nothing() -> None:
    for item in (
        DraftItem("i", "A", media_id="A", enabled=False),
        DraftItem("i", "A", media_id="A", valid_until=NOW),
        DraftItem("i", "P", playlist_id="P", enabled=False),
    ):
        part = one(item, around())
        assert (part.plays, part.blocks) == ([], False)
        assert part.problem is not None


def test_what_begins_later_or_whose_content_has_a_time_stays_in() -> None:
    later = one(DraftItem("i", "A", media_id="A", valid_from=NOW + HOUR), around(Version("A")))
    assert later.plays[0].valid_from == NOW + HOUR
    over = Version("A", valid_until=NOW - HOUR)
    assert one(DraftItem("i", "A", media_id="A"), around(over)).plays, (
        "the manifest says when, and it may change"
    )


def test_a_tag_is_each_of_those_that_have_it_each_as_long_as_was_given() -> None:
    item = DraftItem("i", "all", content_tag="all", duration_s=3, transition=Transition.FADE)
    part = one(item, around(Version("A"), Version("B", duration_s=60)))
    assert [(each.id, each.duration_s, each.transition) for each in part.plays] == [
        ("i.content-A", 3, "fade"),
        ("i.content-B", 3, "fade"),
    ]
    assert part.plays_s == 6


def test_what_is_nested_plays_as_it_was_published_while_both_times_last() -> None:
    inner = [
        shown("A", NOW - 3 * HOUR, NOW + 3 * HOUR),
        shown("B", NOW + HOUR, None),
        shown("gone"),
        shown("C", None, NOW - HOUR),
        shown("D", NOW + 9 * HOUR, None),
    ]
    item = DraftItem("i", "P", playlist_id="P", valid_from=NOW - HOUR, valid_until=NOW + 9 * HOUR)
    part = one(item, around(*(Version(name) for name in "ABCD"), P=inner))
    assert [(each.id, each.valid_from, each.valid_until, each.transition) for each in part.plays] == [
        ("i.of-A", NOW - HOUR, NOW + 3 * HOUR, "cut"),
        ("i.of-B", NOW + HOUR, NOW + 9 * HOUR, "slide"),
    ]


def test_everything_comes_in_the_order_of_the_draft() -> None:
    draft = [
        DraftItem("1", "P", playlist_id="P"),
        DraftItem("2", "A", media_id="A"),
        DraftItem("3", "all", content_tag="all"),
    ]
    items = played(resolve(draft, around(Version("A"), Version("B"), P=[shown("B")]), NOW))
    assert [item.media_id for item in items] == ["B", "A", "A", "B"]
    assert total_s(items) == 7 + 10 + 10 + 10
    assert len({item.id for item in items}) == 4
    assert follows(draft)
    assert not follows(draft[1:2])


def test_behind_more_than_a_version_has_nothing_is_made_and_that_blocks() -> None:
    """A thousand items that each stand for a thousand would be a million, each time somebody looks."""
    library = around(*(Version(f"m{number}") for number in range(1000)))
    draft = [DraftItem(f"i{number}", f"item {number}", content_tag="all") for number in range(1000)]
    parts = resolve(draft, library, NOW)
    assert len(parts) == 1000, "each is told of"
    assert ITEMS_OF_VERSION_AT_MOST < len(played(parts)) <= ITEMS_OF_VERSION_AT_MOST + 1000
    assert parts[-1].blocks
    assert parts[-1].problem == "item 999 comes after more than 2000 items, which is more than a version has."
