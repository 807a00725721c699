"""An all-clear is never undone by its alert: orders about an emergency are numbered, and old ones ignored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from player.emergencies import SEQUENCES_REMEMBERED
from protocol.frames import Command, Receipt
from protocol.vocabulary import CommandName, ReceiptStatus
from tests.player.talk import ack, alert, answers, hide, in_session, resumed, show, welcome

RECEIVED, RENDERED = ReceiptStatus.RECEIVED, ReceiptStatus.RENDERED
SUCCEEDED, REJECTED = ReceiptStatus.SUCCEEDED, ReceiptStatus.REJECTED


def test_a_show_that_is_late_does_not_bring_back_what_was_cleared() -> None:
    screen = in_session()
    screen.receive(hide("h1", "fire", 2), 1.0)
    assert answers(screen.receive(show(alert(), 1), 2.0)) == [("fire", SUCCEEDED)]
    assert not screen.shows_alert
    assert screen.emergency_version == 2


def test_a_show_that_is_late_does_not_bring_it_back_on_another_connection_either() -> None:
    screen = in_session()
    screen.receive(show(alert(), 1), 1.0)
    screen.receive(hide("h1", "fire", 2), 2.0)
    screen.connected(3.0)
    screen.receive(resumed(3.0, version=2), 3.0)
    screen.receive(show(alert(), 1), 3.1)
    screen.connected(4.0)
    screen.receive(welcome(4.0, version=9, session="s2"), 4.0)
    assert answers(screen.receive(show(alert(), 10), 4.1)) == [("fire", SUCCEEDED)]
    assert not screen.shows_alert
    assert screen.emergency_version == 9


def test_a_hub_that_numbers_no_all_clears_is_understood() -> None:
    screen = in_session()
    order = Command("h1", CommandName.EMERGENCY_HIDE, {"emergency_id": "fire", "emergency_version": 2})
    assert answers(screen.receive(order, 1.0)) == [("h1", SUCCEEDED)]
    screen.receive(show(alert(), 1), 2.0)
    assert not screen.shows_alert


def test_a_later_wording_is_shown_and_the_earlier_one_does_not_come_back() -> None:
    screen = in_session()
    later = alert(message="Leave now.", sequence=2)
    screen.receive(show(alert(message="Stay inside."), 1), 1.0)
    screen.receive(show(later, 2), 2.0)
    (proof,) = screen.receive(show(alert(message="Stay inside."), 1), 3.0)
    assert isinstance(proof, Receipt)
    assert (proof.status, proof.content_hash) == (RENDERED, later.content_hash)
    assert [a.message for a in screen.alerts] == ["Leave now."]


def test_an_all_clear_that_is_older_than_what_is_shown_is_refused() -> None:
    screen = in_session()
    screen.receive(show(alert(sequence=3), 3), 1.0)
    assert answers(screen.receive(hide("h1", "fire", 2), 2.0)) == [("h1", REJECTED)]
    assert screen.shows_alert
    assert screen.emergency_version == 3


def test_the_truth_has_the_last_word_also_over_an_all_clear() -> None:
    screen = in_session()
    screen.receive(hide("h1", "fire", 2), 1.0)
    screen.receive(ack(1, 2.0, version=3, emergencies=[alert()]), 2.0)
    assert screen.shows_alert
    assert answers(screen.receive(show(alert(), 3), 3.0)) == [("fire", RECEIVED), ("fire", RENDERED)]


def test_what_the_truth_took_away_an_order_can_give_back() -> None:
    screen = in_session()
    screen.receive(show(alert(), 1), 1.0)
    screen.receive(ack(1, 2.0, version=2, emergencies=[]), 2.0)
    assert answers(screen.receive(show(alert(), 3), 3.0)) == [("fire", RECEIVED), ("fire", RENDERED)]


@given(st.permutations([(1, "show"), (2, "hide"), (3, "show"), (4, "hide")]))
def test_in_whatever_order_they_come_the_latest_one_stands(orders: list[tuple[int, str]]) -> None:
    screen = in_session()
    highest = 0
    for sequence, kind in orders:
        if kind == "show":
            screen.receive(show(alert(sequence=sequence), sequence), 1.0)
        else:
            screen.receive(hide(f"h{sequence}", "fire", sequence, sequence), 1.0)
        highest = max(highest, sequence)
        assert screen.shows_alert == (highest % 2 == 1)
        assert screen.emergency_version == highest


def test_the_memory_of_sequences_is_bounded_and_keeps_the_latest() -> None:
    screen = in_session()
    for number in range(SEQUENCES_REMEMBERED + 50):
        screen.receive(hide(f"h{number}", f"e{number}", number + 1), 1.0)
    for number in range(50, SEQUENCES_REMEMBERED + 50):
        screen.receive(show(alert(f"e{number}"), 9_999), 2.0)
    assert not screen.shows_alert
    assert len(screen._emergencies._seen) == SEQUENCES_REMEMBERED
