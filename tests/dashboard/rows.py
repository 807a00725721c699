"""Rows, emergencies and frames as the tests of the dashboard need them, with only what matters said."""

from __future__ import annotations

from typing import Any

from protocol.live import Delta, EmergencyProgress, ScreenRow, Snapshot
from protocol.vocabulary import (
    DeviceStatus,
    EmergencyStatus,
    PlaybackState,
    Presence,
    PresenceReason,
    Severity,
)


def screen(screen_id: str = "s1", **fields: Any) -> ScreenRow:
    """An approved screen that is online and plays."""
    defaults: dict[str, Any] = {
        "name": f"Screen {screen_id}",
        "status": DeviceStatus.APPROVED,
        "presence": Presence.ONLINE,
        "reason": PresenceReason.CONNECTED,
        "playback": PlaybackState.PLAYING,
        "now_playing": "Welcome",
    }
    return ScreenRow(id=screen_id, **{**defaults, **fields})


def offline(screen_id: str = "s1", **fields: Any) -> ScreenRow:
    """An approved screen whose heartbeat was lost."""
    return screen(
        screen_id, **{"presence": Presence.OFFLINE, "reason": PresenceReason.HEARTBEAT_LOST, **fields}
    )


def pending(screen_id: str = "p1", **fields: Any) -> ScreenRow:
    """A device that asks to be let in."""
    asked = {
        "status": DeviceStatus.PENDING,
        "reason": PresenceReason.NEVER_CONNECTED,
        "pairing_code": "K7M42Q",
    }
    return offline(screen_id, **{**asked, "playback": None, "now_playing": None, **fields})


def emergency(emergency_id: str = "e1", **fields: Any) -> EmergencyProgress:
    """A live one for 50 screens that 48 show and 2 have still time for."""
    defaults: dict[str, Any] = {
        "title": "Fire alarm",
        "message": "Leave the building.",
        "severity": Severity.EXTREME,
        "status": EmergencyStatus.LIVE,
        "issued_ms": 1_000,
        "issued_by": "ana@example.org",
        "scope": "all screens",
        "targeted": 50,
        "online": 50,
        "sent": 50,
        "received": 48,
        "rendered": 48,
        "waiting": 2,
        "still_showing": 48,
    }
    return EmergencyProgress(id=emergency_id, **{**defaults, **fields})


def snapshot(*screens: ScreenRow, seq: int = 0, stream: str = "a", **fields: Any) -> Snapshot:
    return Snapshot(
        stream=stream,
        seq=seq,
        server_time_ms=1_000,
        tenant="St. Anna",
        screens=list(screens),
        emergencies=fields.get("emergencies", []),
    )


def delta(seq: int = 1, **fields: Any) -> Delta:
    return Delta(seq=seq, server_time_ms=1_000 + seq, **fields)
