"""What differs between two lists, in words; what was moved and what it went past."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hub.use_cases.playlist_diff import differences, in_short
from protocol.playlists import VersionItem
from protocol.vocabulary import MediaKind, Transition


def item(name: str, **facts: object) -> VersionItem:
    said: dict[str, object] = {"number": 1, "duration_s": 10.0, "transition": Transition.CUT, **facts}
    return VersionItem(name, f"m-{name}", f"c-{name}", name, kind=MediaKind.IMAGE, **said)  # type: ignore[arg-type]


def items(names: str) -> list[VersionItem]:
    return [item(name) for name in names]


def told(before: str, after: str) -> list[tuple[str, str, int | None, int | None]]:
    changes = differences(items(before), items(after), {})
    return [(each.what, each.name, each.position_before, each.position) for each in changes]


def test_only_what_was_taken_past_others_has_moved() -> None:
    assert told("ABCDE", "ABCDE") == []
    assert told("ABCDE", "EABCD") == [("moved", "E", 4, 0)]
    assert told("ABCDE", "BCDEA") == [("moved", "A", 0, 4)]
    assert told("ABCDE", "ABXCDE") == [("added", "X", None, 2)]
    assert told("ABCDE", "ACDE") == [("removed", "B", 1, None)]
    assert told("ABC", "") == [
        ("removed", "A", 0, None),
        ("removed", "B", 1, None),
        ("removed", "C", 2, None),
    ]


def test_a_change_says_of_each_fact_what_it_was() -> None:
    until = datetime(2030, 12, 24, 18, tzinfo=UTC)
    before = [item("A"), item("B")]
    after = [item("A", duration_s=12.5, transition=Transition.FADE, valid_until=until), item("B")]
    (change,) = differences(before, after, {})
    assert (change.what, change.position_before, change.position) == ("changed", 0, 0)
    assert change.details == [
        "12.5 s instead of 10 s",
        "fade instead of cut",
        "until 24 Dec 2030 18:00 UTC instead of always",
    ]


def test_what_is_gone_says_why_where_the_draft_has_it_still() -> None:
    before = [*items("AB"), item("C.1")]
    changes = differences(before, [], {"A": "A is switched off.", "C": "The time of C was over."})
    assert [change.details for change in changes] == [
        ["A is switched off."],
        [],
        ["The time of C was over."],
    ]


def test_a_short_word_for_all_of_it() -> None:
    changes = differences(items("ABCDE"), items("EXYZWV"), {})
    assert in_short(changes) == "added X, Y, Z and 2 more, removed A, B, C and 1 more"


def _shortest(before: str, after: str) -> int:
    """How many must move at least: all but the longest run that both have in the same order."""
    runs = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i, one in enumerate(before):
        for j, other in enumerate(after):
            runs[i + 1][j + 1] = runs[i][j] + 1 if one == other else max(runs[i][j + 1], runs[i + 1][j])
    return sum(name in before for name in after) - runs[-1][-1]


@given(st.permutations("ABCDEFGH"), st.permutations("CDEFGHIJ"))
def test_as_few_as_possible_have_moved_and_nothing_is_forgotten(before: list[str], after: list[str]) -> None:
    old, new = "".join(before), "".join(after)
    changes = differences(items(old), items(new), {})
    by_kind = {what: {c.name for c in changes if c.what == what} for what in ("added", "removed", "moved")}
    assert by_kind["added"] == set(new) - set(old)
    assert by_kind["removed"] == set(old) - set(new)
    assert len(by_kind["moved"]) == _shortest(old, new)
    stayed = [name for name in new if name in old and name not in by_kind["moved"]]
    assert stayed == [name for name in old if name in stayed]
