"""The code that an operator means is one that can have been read."""

from __future__ import annotations

from dashboard.shown_codes import READ_WITHIN_MS, ShownCodes


def test_the_code_that_is_shown_is_the_one_that_is_meant() -> None:
    codes = ShownCodes()
    codes.show([("a", "K7M42Q"), ("b", None)], 1_000)
    assert (codes.meant("a", 1_000), codes.meant("b", 1_000), codes.meant("c", 1_000)) == ("K7M42Q", "", "")


def test_a_code_that_changed_under_the_pointer_is_not_meant_until_it_can_have_been_read() -> None:
    codes = ShownCodes()
    codes.show([("a", "OLD")], 0)
    codes.show([("a", "NEW")], 60_000)
    codes.show([("a", "NEW")], 60_100)
    assert codes.meant("a", 60_000 + READ_WITHIN_MS - 1) == "OLD"
    assert codes.meant("a", 60_000 + READ_WITHIN_MS) == "NEW"


def test_changing_it_again_and_again_makes_none_of_them_meant() -> None:
    codes = ShownCodes()
    codes.show([("a", "OLD")], 0)
    for number in range(10):
        codes.show([("a", f"NEW{number}")], 60_000 + number * 1_000)
        assert codes.meant("a", 60_000 + number * 1_000) == "OLD"


def test_a_code_that_expires_stays_the_one_that_was_read_and_who_is_gone_is_forgotten() -> None:
    codes = ShownCodes()
    codes.show([("a", "OLD")], 0)
    codes.show([("a", None)], 1_000)
    assert codes.meant("a", 90_000) == "OLD"
    codes.show([], 91_000)
    assert codes.meant("a", 91_000) == ""
