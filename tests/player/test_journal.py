"""The bounded record of the commands that were begun and carried out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.use_cases.command_batch import OPEN_COMMANDS_AT_MOST
from player.journal import INTERRUPTED, REMEMBERED_COMMANDS, MemoryJournal
from protocol.frames import Receipt
from protocol.vocabulary import CommandName, ReceiptStatus


def test_a_command_is_known_from_when_it_is_begun_and_answered_from_when_it_is_finished() -> None:
    journal = MemoryJournal()
    assert "c1" not in journal
    journal.begin("c1", CommandName.PLAY)
    assert "c1" in journal
    assert journal.receipt("c1") is None
    receipt = Receipt("c1", ReceiptStatus.SUCCEEDED)
    journal.finish(receipt)
    assert journal.receipt("c1") is receipt
    assert journal.receipts == [receipt]


def test_what_was_begun_and_has_no_end_when_the_screen_starts_has_failed() -> None:
    journal = MemoryJournal()
    done = Receipt("c1", ReceiptStatus.SUCCEEDED)
    journal.begin("c1", CommandName.PLAY)
    journal.finish(done)
    journal.begin("c2", CommandName.REBOOT)
    journal.interrupt()
    assert journal.receipts == [done, Receipt("c2", ReceiptStatus.FAILED, detail=INTERRUPTED)]


@given(st.lists(st.integers(0, 50)), st.integers(1, 10))
def test_the_latest_commands_are_remembered_and_no_more_than_the_limit(ids: list[int], limit: int) -> None:
    journal = MemoryJournal(limit)
    for number in ids:
        journal.finish(Receipt(str(number), ReceiptStatus.SUCCEEDED))
    latest = list(dict.fromkeys(reversed(ids)))[:limit]
    assert len(journal) == len(latest)
    assert all(str(number) in journal for number in latest)


def test_a_memory_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one command"):
        MemoryJournal(0)


def test_a_screen_remembers_more_commands_than_a_hub_holds_open_for_it() -> None:
    assert REMEMBERED_COMMANDS > OPEN_COMMANDS_AT_MOST
