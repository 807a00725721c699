"""Facts in words: the short sentences the pages say. Pure, so that each can be read in a test."""

from __future__ import annotations

from dashboard.clock import Clock
from protocol.api import LedgerRow, ScopePreview
from protocol.live import EmergencyProgress, ScreenRow
from protocol.vocabulary import (
    MISSING_SENTENCES,
    PRESENCE_SENTENCES,
    CommandName,
    CommandStatus,
    DeviceStatus,
    EmergencyStatus,
    LedgerState,
    MissingReason,
    PlaybackState,
    Presence,
    PresenceReason,
    Severity,
)

SEVERITY_WORDS: dict[Severity, str] = {
    Severity.EXTREME: "Extreme",
    Severity.SEVERE: "Severe",
    Severity.MODERATE: "Moderate",
    Severity.MINOR: "Minor",
}
SEVERITY_MEANINGS: dict[Severity, str] = {
    Severity.EXTREME: "danger to life",
    Severity.SEVERE: "serious danger",
    Severity.MODERATE: "possible danger",
    Severity.MINOR: "for attention",
}
COMMAND_WORDS: dict[CommandName, str] = {
    CommandName.PLAY: "Play",
    CommandName.PAUSE: "Pause",
    CommandName.STOP: "Stop",
    CommandName.RELOAD_PLAYLIST: "Reload playlist",
    CommandName.REBOOT: "Reboot",
    CommandName.PING: "Ping",
    CommandName.EMERGENCY_SHOW: "Show alert",
    CommandName.EMERGENCY_HIDE: "Hide alert",
}
COMMAND_STATUS_WORDS: dict[CommandStatus, str] = {
    CommandStatus.QUEUED: "waits for the screen",
    CommandStatus.SENT: "sent",
    CommandStatus.RECEIVED: "received by the screen",
    CommandStatus.SUCCEEDED: "done",
    CommandStatus.FAILED: "failed",
    CommandStatus.REJECTED: "refused by the screen",
    CommandStatus.EXPIRED: "expired",
}
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


def joined(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


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


def reach(preview: ScopePreview | None) -> str:
    """`Reaches 50 screens: 47 online now, 3 offline will get it when they return.` None: nobody could say."""
    if preview is None:
        return "The hub does not say how many screens this reaches. You can still try to send it."
    if preview.targeted == 0:
        return "Reaches no screen."
    begun = f"Reaches {count(preview.targeted, 'screen')}"
    if preview.offline == 0:
        return f"{begun}, online now." if preview.targeted == 1 else f"{begun}, all online now."
    if preview.online == 0:
        return f"{begun}, none of them online now. They will get it when they return."
    return (
        f"{begun}: {preview.online:,} online now, {preview.offline:,} offline will get it when they return."
    )


def alert_button(preview: ScopePreview | None) -> str:
    """What the button that sends the alert says."""
    return "Send the alert" if preview is None else f"Alert {count(preview.targeted, 'screen')}"


def shown_of(progress: EmergencyProgress) -> str:
    """`48 of 50 show it`; while the all-clear is chased `3 still show it`; then `48 of 50 showed it`."""
    of = f"{progress.rendered:,} of {progress.targeted:,}"
    if progress.status is EmergencyStatus.LIVE:
        return f"{of} show it"
    if progress.status is EmergencyStatus.CLEARED:
        return f"{of} showed it"
    return f"{progress.still_showing:,} still {'shows' if progress.still_showing == 1 else 'show'} it"


def percent(progress: EmergencyProgress) -> int:
    """Whole percent of the targeted that show it, rounded down: 100 means every single one."""
    return 100 if progress.targeted == 0 else progress.rendered * 100 // progress.targeted


def verdict(progress: EmergencyProgress) -> str:
    """Where one emergency stands, in one sentence."""
    match progress.status:
        case EmergencyStatus.CLEARED:
            return "All clear: no screen shows it any more."
        case EmergencyStatus.CLEARING:
            if progress.still_showing == 0:
                return "All clear: no screen shows it any more."
            verb = "shows" if progress.still_showing == 1 else "show"
            return f"All clear sent. {count(progress.still_showing, 'screen')} still {verb} it."
        case EmergencyStatus.LIVE:
            return _verdict_of_live(progress)


def _verdict_of_live(progress: EmergencyProgress) -> str:
    missing = sum(progress.missing.values())
    if progress.targeted == 0:
        return "No screen is in its scope."
    if progress.waiting:
        return f"Waiting for {count(progress.waiting, 'screen')}…"
    after = f" after {took(progress.slowest_ms)}" if progress.slowest_ms is not None else ""
    if missing == 0:
        return f"Every screen shows it{after}." if progress.targeted > 1 else f"The screen shows it{after}."
    offline = progress.missing.get(MissingReason.OFFLINE, 0)
    if offline == missing and progress.rendered:
        return (
            f"Every connected screen shows it{after}. {count(offline, 'screen')} "
            f"{'is' if offline == 1 else 'are'} not connected."
        )
    return f"{count(missing, 'screen')} {'does' if missing == 1 else 'do'} not show it."


def missing_by_reason(missing: dict[MissingReason, int]) -> list[tuple[int, str]]:
    """Each reason that counts, the most frequent first: `(3, "not connected")`."""
    counted = [(number, MISSING_SENTENCES[reason]) for reason, number in missing.items() if number]
    return sorted(counted, key=lambda pair: (-pair[0], pair[1]))


def missing_title(progress: EmergencyProgress, listed: int) -> str:
    """What the list of `listed` screens is a list of."""
    screens = count(listed, "screen")
    match progress.status:
        case EmergencyStatus.LIVE if listed:
            return f"Not shown on {screens}"
        case EmergencyStatus.LIVE:
            return "Waiting for the screens…" if progress.waiting else "Shown on every screen"
        case EmergencyStatus.CLEARING:
            return f"Still shown on {screens}" if listed else "No screen shows it any more"
        case EmergencyStatus.CLEARED:
            return f"Was not shown on {screens}" if listed else "Was shown on every screen"


def why_missing(row: LedgerRow) -> str:
    """Why this screen does not show the alert."""
    if row.explanation:
        return row.explanation
    if row.missing is not None:
        return MISSING_SENTENCES[row.missing]
    return {
        LedgerState.TARGETED: "not sent yet",
        LedgerState.SENT: "sent, no answer yet",
        LedgerState.RECEIVED: "received, not painted yet",
    }.get(row.state, "shows it")


def tab_title(page: str, gravest: EmergencyProgress | None) -> str:
    """The browser tab: an emergency in force comes first, because a tab shows only the first words."""
    if gravest is None:
        return f"{page} · Clarion"
    if gravest.status is EmergencyStatus.LIVE:
        return f"⚠ {gravest.rendered}/{gravest.targeted} {gravest.title} · Clarion"
    return f"⚠ clearing {gravest.still_showing} {gravest.title} · Clarion"
