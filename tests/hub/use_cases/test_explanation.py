"""Why a screen does not show the alert, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub.use_cases.explanation import explain
from persistence.repositories.emergencies import LedgerEntry
from protocol.api import LedgerRow
from protocol.vocabulary import LedgerState, MissingReason, Presence, PresenceReason

NOW = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
TODAY = datetime(2026, 3, 1, 14, 2, tzinfo=UTC)


def entry(
    missing: MissingReason | None,
    presence: Presence = Presence.ONLINE,
    reason: PresenceReason = PresenceReason.CONNECTED,
    since: datetime | None = TODAY,
    detail: str | None = None,
) -> LedgerEntry:
    row = LedgerRow(
        device_id="d",
        name="Lobby",
        site=None,
        state=LedgerState.TARGETED,
        missing=missing,
        explanation=None,
        targeted_at=NOW,
        sent_at=None,
        received_at=None,
        rendered_at=None,
        hidden_at=None,
        elapsed_ms=None,
        content_hash=None,
    )
    return LedgerEntry(row, detail, presence, reason, since)


OFFLINE = (MissingReason.OFFLINE, Presence.OFFLINE)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (entry(None), None),
        (entry(*OFFLINE, PresenceReason.HEARTBEAT_LOST), "offline since 14:02 UTC, heartbeat lost"),
        (
            entry(*OFFLINE, PresenceReason.SAID_GOODBYE, datetime(2026, 2, 28, 9, 5, tzinfo=UTC)),
            "offline since 2026-02-28 09:05 UTC, switched off by itself",
        ),
        (entry(*OFFLINE, PresenceReason.NEVER_CONNECTED, None), "offline, never connected"),
        (
            entry(MissingReason.OFFLINE),
            "was not connected, and is back without having shown it yet",
        ),
        (entry(MissingReason.STALLED), "connected, but not reading what the hub sends"),
        (entry(MissingReason.REFUSED, detail="no room"), "refused by the screen: no room"),
        (entry(MissingReason.SILENT), "sent, but not confirmed by the screen"),
    ],
)
def test_the_sentence_says_why_and_since_when(given: LedgerEntry, sentence: str | None) -> None:
    assert explain(given, NOW) == sentence
