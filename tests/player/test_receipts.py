"""The bounded memory of the commands that were carried out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from player.receipts import CarriedOut
from protocol.frames import Receipt
from protocol.vocabulary import ReceiptStatus


def test_a_command_is_known_once_it_was_answered() -> None:
    carried_out = CarriedOut()
    assert "c1" not in carried_out
    assert carried_out.receipt("c1") is None
    receipt = Receipt("c1", ReceiptStatus.SUCCEEDED)
    carried_out.remember(receipt)
    assert "c1" in carried_out
    assert carried_out.receipt("c1") is receipt


@given(st.lists(st.integers(0, 50)), st.integers(1, 10))
def test_the_latest_commands_are_remembered_and_no_more_than_the_limit(ids: list[int], limit: int) -> None:
    carried_out = CarriedOut(limit)
    for number in ids:
        carried_out.remember(Receipt(str(number), ReceiptStatus.SUCCEEDED))
    latest = list(dict.fromkeys(reversed(ids)))[:limit]
    assert len(carried_out) == len(latest)
    assert all(str(number) in carried_out for number in latest)


def test_a_memory_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one command"):
        CarriedOut(0)
