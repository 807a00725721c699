"""What an alert covers was not seen: how much of each item that was."""

from __future__ import annotations

from player.cover import Cover


def test_what_no_alert_covers_was_seen_whole() -> None:
    cover = Cover()
    assert cover.of(0.0, 10.0) == 0.0


def test_the_part_below_an_alert_is_counted_also_while_it_is_still_there() -> None:
    cover = Cover()
    cover.turn(True, 4.0)
    cover.turn(True, 5.0)  # Another one beside it changes nothing.
    assert cover.of(0.0, 10.0) == 6.0
    assert cover.of(10.0, 20.0) == 10.0
    cover.turn(False, 23.0)
    assert cover.of(20.0, 30.0) == 3.0
    assert cover.of(30.0, 40.0) == 0.0


def test_several_alerts_one_after_the_other_add_up() -> None:
    cover = Cover()
    for began in (1.0, 3.0, 5.0):
        cover.turn(True, began)
        cover.turn(False, began + 1.0)
    assert cover.of(0.0, 4.5) == 2.0
    assert cover.of(4.5, 10.0) == 1.0
