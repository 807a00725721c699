"""Why an ask has no answer, and none will come; what a fault is called where people read it."""

from __future__ import annotations

FAULT_LETTERS = 200


class AskFailed(Exception):
    """The actor will not answer. The message names it and says why."""


class ActorStopped(AskFailed):
    """It was stopped before it answered, or before it was asked."""


class ActorFailed(AskFailed):
    """A turn of it raised before it answered; the cause is that error."""


class MailboxFull(AskFailed):
    """Too much waits for it already."""


class UrgentLaneFull(Exception):
    """The fault of an actor that does not keep up with its urgent lane (Rule 3)."""


def fault_line(error: BaseException) -> str:
    """The error on one short line that any terminal can show, whatever its text came from."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(error))
    line = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return line if len(line) <= FAULT_LETTERS else f"{line[: FAULT_LETTERS - 1]}…"
