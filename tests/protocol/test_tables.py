"""Every closed set of words has its sentence, its meaning or its place in a table; none is forgotten."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import pytest

from actors.device.orders import STATUS_OF_RECEIPT
from hub.live.surroundings import EVENT_SENTENCES
from protocol.alert import content_hash
from protocol.close_codes import MEANINGS, CloseCode
from protocol.vocabulary import (
    COMMAND_TRANSITIONS,
    MISSING_SENTENCES,
    OPEN_COMMAND_STATUSES,
    OPERATOR_COMMANDS,
    PRESENCE_SENTENCES,
    CommandName,
    CommandStatus,
    EventName,
    MissingReason,
    PresenceReason,
    ReceiptStatus,
)


def test_every_close_code_has_a_meaning_that_fits_into_a_close_frame() -> None:
    assert set(MEANINGS) == set(CloseCode)
    for code, meaning in MEANINGS.items():
        assert 1000 <= code < 5000 and (code < 1015 or code >= 4000), "RFC 6455, 7.4.2"
        assert 0 < len(meaning.reason.encode()) <= 123, "a control frame holds 125 bytes"
    assert len({meaning.reason for meaning in MEANINGS.values()}) == len(MEANINGS)


def test_only_who_was_replaced_or_revoked_must_not_come_back() -> None:
    stay_away = {code for code, meaning in MEANINGS.items() if not meaning.come_back}
    assert stay_away == {CloseCode.TOKEN_REVOKED, CloseCode.SUPERSEDED}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (PRESENCE_SENTENCES, PresenceReason),
        (MISSING_SENTENCES, MissingReason),
        (EVENT_SENTENCES, EventName),
        (STATUS_OF_RECEIPT, ReceiptStatus),
        (COMMAND_TRANSITIONS, CommandStatus),
    ],
)
def test_a_table_has_every_word(table: dict[StrEnum, object], words: type[StrEnum]) -> None:
    assert set(table) == set(words)


def test_every_command_status_is_reached_and_an_end_is_an_end() -> None:
    reached = {CommandStatus.QUEUED}
    for _ in CommandStatus:
        reached |= {after for status in reached for after in COMMAND_TRANSITIONS[status]}
    assert reached == set(CommandStatus)
    assert {CommandStatus.QUEUED, CommandStatus.SENT, CommandStatus.RECEIVED} == OPEN_COMMAND_STATUSES
    for status in CommandStatus:
        assert status not in COMMAND_TRANSITIONS[status]
        assert CommandStatus.QUEUED not in COMMAND_TRANSITIONS[status]


def test_emergencies_are_not_posted_as_commands() -> None:
    assert set(CommandName) - OPERATOR_COMMANDS == {CommandName.EMERGENCY_SHOW, CommandName.EMERGENCY_HIDE}


def test_the_content_hash_is_the_one_that_screens_of_any_language_compute() -> None:
    canonical = '["Größe \\"X\\"","Zeile 1\\nZeile 2","extreme"]'
    expected = hashlib.sha256(canonical.encode()).hexdigest()
    assert content_hash('Größe "X"', "Zeile 1\nZeile 2", "extreme") == expected
    assert content_hash("a", "", "minor") != content_hash("", "a", "minor")
