"""What waits in memory between two steps waits for its browser, and not for ever."""

from __future__ import annotations

from dashboard import held
from dashboard.held import Held


def test_it_is_there_for_its_browser_until_it_is_taken() -> None:
    things = Held[str](for_s=60)
    things.put("a", "of a", 0)
    things.put("b", "of b", 0)
    assert things.see("a", 1) == "of a" and things.take("a", 2) == "of a"
    assert things.take("a", 3) is None and things.see("b", 3) == "of b"


def test_it_is_gone_when_its_time_is_over() -> None:
    things = Held[str](for_s=60)
    things.put("a", "password", 0)
    assert things.see("a", 59.9) == "password"
    assert things.see("a", 60) is None and things.take("a", 60) is None


def test_what_is_newer_takes_its_place() -> None:
    things = Held[str](for_s=60)
    things.put("a", "older", 0)
    things.put("a", "newer", 30)
    assert things.see("a", 70) == "newer"


def test_it_is_bounded_and_the_oldest_goes_first() -> None:
    things = Held[int](for_s=60)
    for number in range(held._MOST_HELD + 1):
        things.put(str(number), number, 0)
    assert things.see("0", 1) is None and things.see("1", 1) == 1
    assert things.see(str(held._MOST_HELD), 1) == held._MOST_HELD
