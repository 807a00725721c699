"""Groups of groups: no circles, and not too deep."""

from __future__ import annotations

import pytest

from hub.use_cases.errors import Invalid
from hub.use_cases.group_tree import DEPTH_AT_MOST, require_fits

TREE = {"campus": None, "north": "campus", "lobby": "north", "south": "campus"}


def test_a_group_goes_below_any_that_is_not_below_itself() -> None:
    require_fits(TREE, "lobby", "south")
    require_fits(TREE, "north", "south")
    require_fits(TREE, None, "lobby")
    require_fits(TREE, "north", "campus")


@pytest.mark.parametrize("parent", ["campus", "north", "lobby"])
def test_no_group_is_below_itself(parent: str) -> None:
    with pytest.raises(Invalid, match="Correct") as refused:
        require_fits(TREE, "campus", parent)
    assert refused.value.fields == {"parent_id": "is the group itself, or one below it"}


def test_a_group_that_is_not_there_has_nothing_below_it() -> None:
    with pytest.raises(Invalid) as refused:
        require_fits(TREE, None, "elsewhere")
    assert refused.value.fields == {"parent_id": "is not a group of your tenant"}


def test_nothing_is_more_than_ten_deep() -> None:
    chain: dict[str, str | None] = {"0": None}
    chain |= {str(n): str(n - 1) for n in range(1, DEPTH_AT_MOST)}
    require_fits(chain, None, str(DEPTH_AT_MOST - 2))
    with pytest.raises(Invalid):
        require_fits(chain, None, str(DEPTH_AT_MOST - 1))
    # What is below a group comes with it.
    beside: dict[str, str | None] = {**chain, "a": None, "b": "a", "c": "b"}
    require_fits(beside, "a", str(DEPTH_AT_MOST - 4))
    with pytest.raises(Invalid):
        require_fits(beside, "a", str(DEPTH_AT_MOST - 3))
