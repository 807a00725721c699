"""Why an ask has no answer, and none will come."""

from __future__ import annotations


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
