"""Facts about screens in words. Pure, as all sentences here, so that each can be read in a test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dashboard.clock import Clock
from protocol.live import ScreenRow
from protocol.vocabulary import PRESENCE_SENTENCES, DeviceStatus, PlaybackState, Presence, PresenceReason

UNSTABLE_WITHIN_MIN: Final = 10
"""Within how many minutes the hub counts losses until it calls a screen unstable."""

PLAYBACK_WORDS: dict[PlaybackState, str] = {
    PlaybackState.READY: "ready",
    PlaybackState.IDLE: "idle",
    PlaybackState.PLAYING: "playing",
    PlaybackState.PAUSED: "paused",
    PlaybackState.STOPPED: "stopped",
    PlaybackState.ERROR: "playback error",
}


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 screen`, `50 screens`, `5,000 screens`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def count_of(number: int, every: int, one: str, many: str | None = None) -> str:
    """`2 of 5 screens`; only how many where it is all of them."""
    return count(every, one, many) if number == every else f"{number:,} of {every:,} {many or one + 's'}"


def begun(words: str) -> str:
    """`see screens` → `See screens`: as words begin a line, whatever they are."""
    return words[:1].upper() + words[1:]


def took(ms: int) -> str:
    """`0.62 s`, `1.9 s`, `74 s`, `12 min`: as precise as it matters."""
    if ms < 1_000:
        return f"{ms / 1000:.2f} s"
    if ms < 10_000:
        return f"{ms / 1000:.1f} s"
    return f"{ms / 1000:.0f} s" if ms < 120_000 else f"{ms / 60_000:.0f} min"


def presence(row: ScreenRow, clock: Clock, now_ms: int) -> str:
    """`online since 14:02`, `offline since 14:02, heartbeat lost`, `waiting for approval`."""
    if row.status is DeviceStatus.PENDING:
        return "waiting for approval"
    if row.status is not DeviceStatus.APPROVED:
        return str(row.status)
    since = f" since {clock.moment(row.since_ms, now_ms)}" if row.since_ms is not None else ""
    if row.presence is Presence.ONLINE:
        return f"online{since}"
    if row.reason is PresenceReason.NEVER_CONNECTED:
        return "offline, never connected"
    return f"offline{since}, {PRESENCE_SENTENCES[row.reason]}"


def unstable(row: ScreenRow, clock: Clock, now_ms: int) -> str:
    """`unstable since 14:02: lost its connection 5 times in 10 minutes`, or nothing."""
    if row.unstable_since_ms is None:
        return ""
    return f"unstable since {clock.moment(row.unstable_since_ms, now_ms)}: {losses(row)}"


def standing(row: ScreenRow) -> tuple[str, str]:
    """One word for the pill, and its colour: `("Unstable", "warn")`."""
    if row.status is not DeviceStatus.APPROVED:
        return row.status.capitalize(), "bad"
    if row.presence is Presence.OFFLINE:
        return "Offline", "bad"
    return ("Online", "ok") if row.unstable_since_ms is None else ("Unstable", "warn")


def trouble(row: ScreenRow, clock: Clock, now_ms: int) -> str:
    """What is wrong with a screen beyond being away, and what to do about it; or nothing."""
    if row.status is not DeviceStatus.APPROVED:
        return ""
    if row.presence is Presence.OFFLINE and row.reason is PresenceReason.QUARANTINED:
        return (
            "The hub failed on this screen again and again, so it keeps the screen out for some minutes. "
            "It gets nothing meanwhile, no alert either. Tell whoever runs the hub: it is the hub's fault."
        )
    if row.presence is Presence.OFFLINE and row.reason is PresenceReason.TAKEN_OVER:
        return "Another hub has this screen now. If you run only one hub, tell whoever runs it."
    said = unstable(row, clock, now_ms)
    if not said:
        return ""
    return f"{begun(said)}. Look at its network and its power; it may miss an alert."


def losses(row: ScreenRow) -> str:
    """`lost its connection 5 times in 10 minutes`."""
    return f"lost its connection {count(row.losses, 'time')} in {UNSTABLE_WITHIN_MIN} minutes"


def quarantined(rows: Sequence[ScreenRow]) -> str:
    """What is so, before the names: `2 screens are quarantined after repeated faults in the hub:`."""
    verb = "is" if len(rows) == 1 else "are"
    return f"{count(len(rows), 'screen')} {verb} {PRESENCE_SENTENCES[PresenceReason.QUARANTINED]}:"


def many_unstable(unstable_screens: int, screens: int) -> str:
    """A sentence when so many are unstable that it is no longer each one's own trouble; else nothing."""
    if unstable_screens < max(3, screens // 50):
        return ""
    return f"{count(unstable_screens, 'screen')} are unstable: they lose their connection again and again."


def playing(row: ScreenRow) -> str:
    """What is on the glass: the item's name, or the state in a word."""
    if row.playback is None:
        return "nothing reported yet"
    word = PLAYBACK_WORDS[row.playback]
    if row.now_playing and row.playback is PlaybackState.PLAYING:
        return row.now_playing
    return f"{word}: {row.now_playing}" if row.now_playing else word


def hub_away(since_ms: int, clock: Clock, known: bool) -> str:
    said = f"The hub does not answer since {clock.time(since_ms)}."
    return f"{said} What you see is what was last known. Retrying…" if known else f"{said} Retrying…"
