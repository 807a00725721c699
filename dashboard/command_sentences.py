"""Facts about commands in words: to one screen, and to many."""

from __future__ import annotations

from typing import Final

from dashboard.sentences import count
from protocol.api import BulkCommand, CommandRow
from protocol.vocabulary import OPEN_COMMAND_STATUSES, CommandName, CommandStatus

COMMAND_WORDS: Final[dict[CommandName, str]] = {
    CommandName.PLAY: "Play",
    CommandName.PAUSE: "Pause",
    CommandName.STOP: "Stop",
    CommandName.RELOAD_PLAYLIST: "Reload playlist",
    CommandName.REBOOT: "Reboot",
    CommandName.PING: "Ping",
    CommandName.SCREENSHOT: "Screenshot",
    CommandName.SET_VOLUME: "Set volume",
    CommandName.IDENTIFY: "Identify",
    CommandName.EMERGENCY_SHOW: "Show alert",
    CommandName.EMERGENCY_HIDE: "Hide alert",
}
COMMAND_EFFECTS: Final[dict[CommandName, str]] = {
    CommandName.PLAY: "goes on playing",
    CommandName.PAUSE: "holds the picture",
    CommandName.STOP: "stops playing",
    CommandName.RELOAD_PLAYLIST: "fetches its playlist anew",
    CommandName.REBOOT: "dark for a minute or more",
    CommandName.PING: "answers; nothing is seen",
    CommandName.SCREENSHOT: "sends a picture of what it shows",
    CommandName.SET_VOLUME: "how loud it plays",
    CommandName.IDENTIFY: "shows its name for half a minute",
    CommandName.EMERGENCY_SHOW: "shows an alert",
    CommandName.EMERGENCY_HIDE: "hides an alert",
}
COMMAND_STATUS_WORDS: Final[dict[CommandStatus, str]] = {
    CommandStatus.QUEUED: "waits for the screen",
    CommandStatus.SENT: "sent",
    CommandStatus.RECEIVED: "received by the screen",
    CommandStatus.SUCCEEDED: "done",
    CommandStatus.FAILED: "failed",
    CommandStatus.REJECTED: "refused by the screen",
    CommandStatus.EXPIRED: "expired",
    CommandStatus.CANCELLED: "cancelled",
    CommandStatus.SUPERSEDED: "replaced",
}
COMMAND_STATUS_MEANINGS: Final[dict[CommandStatus, str]] = {
    CommandStatus.QUEUED: "not sent yet: it goes out as soon as the screen can take it",
    CommandStatus.SENT: "on its way, no answer yet",
    CommandStatus.RECEIVED: "the screen has it and is at it",
    CommandStatus.SUCCEEDED: "",
    CommandStatus.FAILED: "the screen tried and could not, and did not say why",
    CommandStatus.REJECTED: "the screen did not want to, and did not say why",
    CommandStatus.EXPIRED: "its time was over before the screen answered",
    CommandStatus.CANCELLED: "taken back by an operator",
    CommandStatus.SUPERSEDED: "a newer one took its place before it was sent",
}
COMMAND_TONES: Final[dict[CommandStatus, str]] = {
    CommandStatus.QUEUED: "warn",
    CommandStatus.SENT: "warn",
    CommandStatus.RECEIVED: "warn",
    CommandStatus.SUCCEEDED: "ok",
    CommandStatus.FAILED: "bad",
    CommandStatus.REJECTED: "bad",
    CommandStatus.EXPIRED: "bad",
    CommandStatus.CANCELLED: "",
    CommandStatus.SUPERSEDED: "",
}
"""The colour of each status; empty for what is neither good nor bad."""


def command_words(row: CommandRow) -> str:
    """What was ordered: `Pause`, `Set volume to 40 %`."""
    volume = row.args.get("volume")
    said = f" to {volume} %" if row.command is CommandName.SET_VOLUME and volume is not None else ""
    return f"{COMMAND_WORDS[row.command]}{said}"


def outcome(status: CommandStatus, detail: str | None) -> str:
    """What became of it, or what it waits for: the hub's or the screen's own words where there are any."""
    if not detail:
        return COMMAND_STATUS_MEANINGS[status]
    if status in (CommandStatus.FAILED, CommandStatus.REJECTED):
        return f"the screen says: {detail}"
    return detail


def command_reach(targeted: int, online: int) -> str:
    """`Goes to 50 screens: 47 online now. 3 are offline and get it if they return in time.`"""
    if targeted == 0:
        return "Goes to no screen."
    begun = f"Goes to {count(targeted, 'screen')}"
    offline = targeted - online
    if offline == 0:
        return f"{begun}, online now." if targeted == 1 else f"{begun}, all online now."
    get = "gets it if it returns" if offline == 1 else "get it if they return"
    if online == 0:
        none = "offline now" if targeted == 1 else "none of them online now"
        return f"{begun}, {none}. {'It' if offline == 1 else 'They'} {get} in time."
    are = "is" if offline == 1 else "are"
    return f"{begun}: {online:,} online now. {offline:,} {are} offline and {get} in time."


def command_button(command: CommandName, targeted: int) -> str:
    """What the button that sends it says: `Reboot 50 screens`."""
    if command is CommandName.RELOAD_PLAYLIST:
        return f"Reload the playlist of {count(targeted, 'screen')}"
    if command is CommandName.SET_VOLUME:
        return f"Set the volume of {count(targeted, 'screen')}"
    if command is CommandName.SCREENSHOT:
        return f"Take a screenshot of {count(targeted, 'screen')}"
    return f"{COMMAND_WORDS[command]} {count(targeted, 'screen')}"


def bulk_open(bulk: BulkCommand) -> int:
    """How many of its commands can still be cancelled."""
    return sum(number for status, number in bulk.counts.items() if status in OPEN_COMMAND_STATUSES)


def bulk_verdict(bulk: BulkCommand) -> str:
    """Where one command to many screens stands, in one sentence."""
    if bulk.targeted == 0:
        return "No screen was in its scope."
    done = bulk.counts.get(CommandStatus.SUCCEEDED, 0)
    if done == bulk.targeted:
        return "Done on the screen." if done == 1 else f"Done on all {done:,} screens."
    parts = [f"{done:,} of {bulk.targeted:,} done"]
    parts += [f"{number:,} {text}" for status, number, text in bulk_parts(bulk) if status != "succeeded"]
    return f"{', '.join(parts)}."


def bulk_parts(bulk: BulkCommand) -> list[tuple[str, int, str]]:
    """Each status that counts, in the order of a command's life: `("queued", 3, "wait for the screen")`.

    Screens that had no room for another command come last, as `no_room`.
    """
    parts: list[tuple[str, int, str]] = []
    for status in CommandStatus:
        number = bulk.counts.get(status, 0)
        if number:
            words = COMMAND_STATUS_WORDS[status]
            if status is CommandStatus.QUEUED:
                words = "waits for its screen" if number == 1 else "wait for their screens"
            parts.append((str(status), number, words))
    if bulk.refused:
        parts.append(("no_room", bulk.refused, "had no room for another command"))
    return parts
