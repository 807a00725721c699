"""Playlists in playlists: no circle, and not too deep, whatever is tried."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.use_cases.playlist_nesting import DEPTH_AT_MOST, misfit

NAMES = "ABCDEFG"


def depth(nesting: dict[str, set[str]], at: str, above: tuple[str, ...] = ()) -> int:
    """How deep it is from here. Fails where it comes back to where it was."""
    assert at not in above, f"{at} is in itself by {above}"
    return 1 + max((depth(nesting, below, (*above, at)) for below in nesting.get(at, ())), default=0)


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=40))
def test_whatever_is_put_into_whatever_there_is_no_circle_and_nothing_too_deep(
    wanted: list[tuple[str, str]],
) -> None:
    nesting: dict[str, set[str]] = {}
    for above, below in wanted:
        if misfit(nesting, above, [below]) is None:
            nesting.setdefault(above, set()).add(below)
    assert max((depth(nesting, name) for name in NAMES), default=0) <= DEPTH_AT_MOST


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=20))
def test_nothing_is_refused_that_would_fit(wanted: list[tuple[str, str]]) -> None:
    nesting: dict[str, set[str]] = {}
    for above, below in wanted:
        tried = {name: set(inner) for name, inner in nesting.items()}
        tried.setdefault(above, set()).add(below)
        try:
            fits = max(depth(tried, name) for name in NAMES) <= DEPTH_AT_MOST
        except AssertionError:
            fits = False
        assert (misfit(nesting, above, [below]) is None) == fits
        if fits:
            nesting = tried
