"""Why a screen does not show the alert, in one sentence for people."""

from __future__ import annotations

from datetime import datetime

from hub.use_cases.ports import LedgerEntry
from protocol.vocabulary import MISSING_SENTENCES, PRESENCE_SENTENCES, MissingReason, Presence, PresenceReason


def explain(entry: LedgerEntry, now: datetime) -> str | None:
    """Such as "offline since 14:02 UTC, heartbeat lost"; None when there is nothing to explain."""
    missing = entry.row.missing
    if missing is None:
        return None
    if missing is MissingReason.OFFLINE and entry.presence is Presence.OFFLINE:
        if entry.presence_reason is PresenceReason.NEVER_CONNECTED or entry.presence_since is None:
            return f"offline, {PRESENCE_SENTENCES[entry.presence_reason]}"
        return (
            f"offline since {_when(entry.presence_since, now)}, {PRESENCE_SENTENCES[entry.presence_reason]}"
        )
    if missing is MissingReason.OFFLINE:
        return "was not connected, and is back without having shown it yet"
    sentence = MISSING_SENTENCES[missing]
    return f"{sentence}: {entry.detail}" if entry.detail else sentence


def _when(since: datetime, now: datetime) -> str:
    return since.strftime("%H:%M UTC" if since.date() == now.date() else "%Y-%m-%d %H:%M UTC")
