"""What the pages say of commands, sentence by sentence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dashboard.command_sentences import (
    COMMAND_EFFECTS,
    COMMAND_STATUS_MEANINGS,
    COMMAND_STATUS_WORDS,
    COMMAND_TONES,
    COMMAND_WORDS,
    bulk_open,
    bulk_parts,
    bulk_verdict,
    command_button,
    command_reach,
    outcome,
)
from protocol.api import BulkCommand, Scope
from protocol.vocabulary import OPEN_COMMAND_STATUSES, CommandName, CommandStatus


def bulk(targeted: int, refused: int = 0, **counts: int) -> BulkCommand:
    at = datetime(2025, 11, 21, tzinfo=UTC)
    by_status = {CommandStatus(status): number for status, number in counts.items()}
    finished = sum(n for status, n in by_status.items() if status not in OPEN_COMMAND_STATUSES)
    return BulkCommand(
        "b",
        CommandName.PING,
        {},
        Scope(),
        "all screens",
        targeted,
        refused,
        by_status,
        finished,
        None,
        at,
        at,
    )


def test_every_word_of_the_protocol_has_words_for_people() -> None:
    assert set(COMMAND_WORDS) == set(COMMAND_EFFECTS) == set(CommandName)
    assert (
        set(COMMAND_STATUS_WORDS) == set(COMMAND_STATUS_MEANINGS) == set(COMMAND_TONES) == set(CommandStatus)
    )


@pytest.mark.parametrize(
    ("status", "detail", "said"),
    [
        (CommandStatus.SUCCEEDED, None, ""),
        (CommandStatus.FAILED, "no such file", "the screen says: no such file"),
        (CommandStatus.CANCELLED, "cancelled by ana@example.org", "cancelled by ana@example.org"),
        (CommandStatus.SUPERSEDED, None, "a newer one took its place before it was sent"),
        (CommandStatus.SENT, None, "on its way, no answer yet"),
    ],
)
def test_what_became_of_a_command_is_explained(status: CommandStatus, detail: str | None, said: str) -> None:
    assert outcome(status, detail) == said


@pytest.mark.parametrize(
    ("targeted", "online", "said"),
    [
        (0, 0, "Goes to no screen."),
        (1, 1, "Goes to 1 screen, online now."),
        (50, 50, "Goes to 50 screens, all online now."),
        (1, 0, "Goes to 1 screen, offline now. It gets it if it returns in time."),
        (2, 0, "Goes to 2 screens, none of them online now. They get it if they return in time."),
        (50, 47, "Goes to 50 screens: 47 online now. 3 are offline and get it if they return in time."),
        (50, 49, "Goes to 50 screens: 49 online now. 1 is offline and gets it if it returns in time."),
    ],
)
def test_whom_a_command_goes_to_is_said_before_it_is_sent(targeted: int, online: int, said: str) -> None:
    assert command_reach(targeted, online) == said


def test_the_button_says_what_it_does() -> None:
    assert command_button(CommandName.REBOOT, 5_000) == "Reboot 5,000 screens"
    assert command_button(CommandName.RELOAD_PLAYLIST, 1) == "Reload the playlist of 1 screen"


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (bulk(0), "No screen was in its scope."),
        (bulk(50, succeeded=50), "Done on all 50 screens."),
        (bulk(1, succeeded=1), "Done on the screen."),
        (bulk(50, queued=1, sent=2, succeeded=47), "47 of 50 done, 1 waits for its screen, 2 sent."),
        (
            bulk(50, refused=2, queued=3, failed=1, succeeded=44),
            "44 of 50 done, 3 wait for their screens, 1 failed, 2 had no room for another command.",
        ),
    ],
)
def test_where_an_order_to_many_stands_is_one_sentence(order: BulkCommand, said: str) -> None:
    assert bulk_verdict(order) == said


def test_every_screen_of_an_order_is_in_one_part() -> None:
    order = bulk(10, refused=1, queued=2, sent=1, received=1, succeeded=3, expired=1, cancelled=1)
    assert sum(number for _, number, _ in bulk_parts(order)) == order.targeted
    assert bulk_open(order) == 4
