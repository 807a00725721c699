"""Facts about emergencies in words."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.languages import language_name
from dashboard.sentences import count, took
from protocol.api import EmergencyText, LedgerRow, ScopePreview
from protocol.live import EmergencyProgress
from protocol.vocabulary import (
    MISSING_SENTENCES,
    AlertSound,
    EmergencyStatus,
    LedgerState,
    MissingReason,
    Pictogram,
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

PICTOGRAM_WORDS: dict[Pictogram, str] = {
    Pictogram.FIRE: "Fire",
    Pictogram.EVACUATE: "Evacuate",
    Pictogram.SHELTER: "Shelter",
    Pictogram.LOCKDOWN: "Lockdown",
    Pictogram.WEATHER: "Weather",
    Pictogram.MEDICAL: "Medical",
    Pictogram.HAZARD: "Hazard",
    Pictogram.INFORMATION: "Information",
}
SOUND_WORDS: dict[AlertSound, str] = {AlertSound.CHIME: "Chime", AlertSound.SIREN: "Siren"}


def in_turn(first: str, texts: Sequence[EmergencyText], sound: AlertSound | None) -> str:
    """`English, Deutsch and Türkçe in turn. With a siren.`; nothing of one language without a sound."""
    others = [language_name(text.language) for text in texts if text.language]
    names = [language_name(first) if first else "The first language", *others]
    said = f"{', '.join(names[:-1])} and {names[-1]} in turn." if others else ""
    heard = f"With a {SOUND_WORDS[sound].lower()}." if sound is not None else ""
    return f"{said} {heard}".strip()


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
        case EmergencyStatus.CLEARED if progress.still_showing:
            return f"Signed off: {may_still_show(progress.still_showing)}."
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


def may_still_show(screens: int) -> str:
    """`3 screens may still show it`."""
    return f"{count(screens, 'screen')} may still show it"


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
        case EmergencyStatus.CLEARED if progress.still_showing:
            return f"May still be shown on {screens}"
        case EmergencyStatus.CLEARED:
            return f"Was not shown on {screens}" if listed else "Was shown on every screen"


def is_chased(progress: EmergencyProgress) -> bool:
    """Whether those matter that still show it: after the all-clear, and when the case was signed off."""
    if progress.status is EmergencyStatus.CLEARED:
        return progress.still_showing > 0
    return progress.status is EmergencyStatus.CLEARING


def why_listed(progress: EmergencyProgress, row: LedgerRow, away: str) -> str:
    """Why this screen is in the list beside the progress. `away`: since when and why it is away, if it is."""
    if not is_chased(progress):
        return why_missing(row)
    if away:
        return f"may still show it: {away}"
    return "still shows it" if progress.status is EmergencyStatus.CLEARING else "may still show it"


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


def proven(row: LedgerRow, content_hash: str) -> tuple[str, str]:
    """Whether a screen showed what was sent, by what it read from its own glass; and the colour of that."""
    if row.content_hash is None:
        return "shown, not proven", "warn"
    return ("the words that were sent", "ok") if row.content_hash == content_hash else ("other words", "bad")


def tab_title(page: str, gravest: EmergencyProgress | None) -> str:
    """The browser tab: an emergency in force comes first, because a tab shows only the first words."""
    if gravest is None:
        return f"{page} · Clarion"
    if gravest.status is EmergencyStatus.LIVE:
        return f"⚠ {gravest.rendered}/{gravest.targeted} {gravest.title} · Clarion"
    return f"⚠ clearing {gravest.still_showing} {gravest.title} · Clarion"
