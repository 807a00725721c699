"""What the pages say of emergencies, sentence by sentence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.emergency_sentences import (
    SEVERITY_MEANINGS,
    SEVERITY_WORDS,
    alert_button,
    missing_by_reason,
    missing_title,
    percent,
    reach,
    shown_of,
    tab_title,
    verdict,
    why_listed,
    why_missing,
)
from protocol.api import LedgerRow, ScopePreview
from protocol.vocabulary import EmergencyStatus, LedgerState, MissingReason, Severity
from tests.dashboard.rows import emergency


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ((50, 47, 3), "Reaches 50 screens: 47 online now, 3 offline will get it when they return."),
        ((50, 50, 0), "Reaches 50 screens, all online now."),
        ((1, 1, 0), "Reaches 1 screen, online now."),
        ((2, 0, 2), "Reaches 2 screens, none of them online now. They will get it when they return."),
        ((0, 0, 0), "Reaches no screen."),
    ],
)
def test_the_reach_of_an_alert_is_forecast(numbers: tuple[int, int, int], sentence: str) -> None:
    assert reach(ScopePreview(*numbers)) == sentence


def test_when_the_hub_is_silent_the_reach_is_not_made_up() -> None:
    assert reach(None).startswith("The hub does not say")
    assert alert_button(None) == "Send the alert"
    assert alert_button(ScopePreview(1, 1, 0)) == "Alert 1 screen"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Waiting for 2 screens…"),
        ({"rendered": 50, "waiting": 0, "slowest_ms": 620}, "Every screen shows it after 0.62 s."),
        (
            {"waiting": 0, "missing": {MissingReason.OFFLINE: 2}, "slowest_ms": 1_240},
            "Every connected screen shows it after 1.2 s. 2 screens are not connected.",
        ),
        (
            {"rendered": 49, "waiting": 0, "missing": {MissingReason.SILENT: 1}},
            "1 screen does not show it.",
        ),
        ({"targeted": 0, "rendered": 0, "waiting": 0}, "No screen is in its scope."),
        ({"targeted": 1, "rendered": 1, "waiting": 0, "slowest_ms": 80}, "The screen shows it after 0.08 s."),
        (
            {"status": EmergencyStatus.CLEARING, "still_showing": 3},
            "All clear sent. 3 screens still show it.",
        ),
        (
            {"status": EmergencyStatus.CLEARED, "still_showing": 0},
            "All clear: no screen shows it any more.",
        ),
        (
            {"status": EmergencyStatus.CLEARED, "still_showing": 3},
            "Signed off: 3 screens may still show it.",
        ),
    ],
)
def test_where_an_emergency_stands_is_one_sentence(fields: dict[str, Any], sentence: str) -> None:
    assert verdict(emergency(**fields)) == sentence


def test_a_hundred_percent_means_every_single_one() -> None:
    assert percent(emergency(targeted=1_000, rendered=999)) == 99
    assert percent(emergency(targeted=1_000, rendered=1_000)) == 100


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (EmergencyStatus.LIVE, "48 of 50 show it"),
        (EmergencyStatus.CLEARING, "48 still show it"),
        (EmergencyStatus.CLEARED, "48 of 50 showed it"),
    ],
)
def test_the_count_says_what_it_counts(status: EmergencyStatus, sentence: str) -> None:
    assert shown_of(emergency(status=status)) == sentence


def test_the_list_of_missing_screens_has_a_title_for_every_state() -> None:
    assert missing_title(emergency(), 3) == "Not shown on 3 screens"
    assert missing_title(emergency(), 0) == "Waiting for the screens…"
    assert missing_title(emergency(waiting=0), 0) == "Shown on every screen"
    assert missing_title(emergency(status=EmergencyStatus.CLEARING), 1) == "Still shown on 1 screen"
    over = emergency(status=EmergencyStatus.CLEARED, still_showing=0)
    assert missing_title(over, 2) == "Was not shown on 2 screens"
    signed_off = emergency(status=EmergencyStatus.CLEARED, still_showing=1)
    assert missing_title(signed_off, 1) == "May still be shown on 1 screen"


def test_reasons_are_counted_the_most_frequent_first() -> None:
    missing = {MissingReason.SILENT: 1, MissingReason.OFFLINE: 3, MissingReason.REFUSED: 0}
    assert missing_by_reason(missing) == [
        (3, "not connected"),
        (1, "sent, but not confirmed by the screen"),
    ]


def ledger_row(state: LedgerState, missing: MissingReason | None, explanation: str | None) -> LedgerRow:
    at = datetime(2025, 11, 21, tzinfo=UTC)
    return LedgerRow("d", "n", None, state, missing, explanation, at, None, None, None, None, None, None)


def test_why_a_screen_is_missing_is_the_hubs_explanation_or_the_reason_in_words() -> None:
    explained = ledger_row(LedgerState.SENT, MissingReason.OFFLINE, "offline since 14:02")
    assert why_missing(explained) == "offline since 14:02"
    assert why_missing(ledger_row(LedgerState.SENT, MissingReason.OFFLINE, None)) == "not connected"
    assert why_missing(ledger_row(LedgerState.RECEIVED, None, None)) == "received, not painted yet"


def test_after_the_all_clear_the_list_says_who_still_shows_it() -> None:
    row = ledger_row(LedgerState.HIDE_SENT, None, None)
    clearing = emergency(status=EmergencyStatus.CLEARING)
    assert why_listed(clearing, row, "") == "still shows it"
    away = "offline since 14:02, heartbeat lost"
    assert why_listed(clearing, row, away) == "may still show it: offline since 14:02, heartbeat lost"
    signed_off = emergency(status=EmergencyStatus.CLEARED, still_showing=1)
    assert why_listed(signed_off, row, "") == "may still show it"


def test_the_tab_says_the_emergency_first() -> None:
    assert tab_title("Screens", None) == "Screens · Clarion"
    assert tab_title("Screens", emergency()) == "⚠ 48/50 Fire alarm · Clarion"
    clearing = emergency(status=EmergencyStatus.CLEARING, still_showing=4)
    assert tab_title("Screens", clearing) == "⚠ clearing 4 Fire alarm · Clarion"


def test_every_severity_has_words() -> None:
    assert set(SEVERITY_WORDS) == set(SEVERITY_MEANINGS) == set(Severity)
