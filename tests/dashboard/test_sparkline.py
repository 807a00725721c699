"""Figures as a small line: gaps stay gaps, time goes over the whole window, peaks are kept."""

from __future__ import annotations

from dashboard.sparkline import HEIGHT, WIDTH, Figure, path, per_step


def points(drawn: str) -> list[str]:
    return [piece for piece in drawn.replace("M", "|M").replace("L", "|L").split("|") if piece]


def test_a_line_goes_from_the_first_instant_to_the_last_and_from_nothing_to_the_most() -> None:
    drawn = path([Figure(0, 0.0), Figure(100, 10.0)], 0, 100, 10.0, 1_000)
    assert drawn == f"M0.0 {HEIGHT - 2:.1f}h.01L{WIDTH:.1f} 2.0"


def test_where_a_screen_was_silent_the_line_has_a_gap() -> None:
    figures = [Figure(0, 1.0), Figure(60, 1.0), Figure(600, 1.0), Figure(660, 1.0), Figure(700, None)]
    assert [piece[0] for piece in points(path(figures, 0, 1_000, 2.0, 100))] == ["M", "L", "M", "L"]


def test_what_is_outside_of_the_window_is_not_drawn_and_nothing_is_higher_than_the_most() -> None:
    drawn = path([Figure(-5, 1.0), Figure(50, 99.0), Figure(2_000, 1.0)], 0, 100, 10.0, 1_000)
    assert points(drawn) == [f"M{WIDTH / 2:.1f} 2.0h.01"]


def test_of_a_week_of_minutes_a_few_hundred_points_are_drawn_and_its_peak_is_one_of_them() -> None:
    figures = [Figure(minute, 9.0 if minute == 777 else 1.0) for minute in range(10_000)]
    drawn = points(path(figures, 0, 10_000, 9.0, 1_000))
    assert len(drawn) <= 240 and any(piece.endswith(" 2.0") for piece in drawn)


def test_of_nothing_nothing_is_drawn() -> None:
    assert path([], 0, 0, 0.0, 0) == ""


def test_a_count_that_begins_anew_after_a_restart_is_never_taken_as_less_than_nothing() -> None:
    counted = [Figure(1, 5), Figure(2, 7), Figure(3, None), Figure(4, 9), Figure(5, 2)]
    assert [figure.value for figure in per_step(counted)] == [2, None, None, 2]
