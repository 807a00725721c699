"""What ends a player: each carries one line that says what to do."""

from __future__ import annotations


class PlayerError(Exception):
    """It cannot start or go on; the message is for whoever started it."""


class HubUnreachable(PlayerError):
    """Nothing answered at the hub's address in time."""


class CredentialsRefused(PlayerError):
    """The hub does not accept what was shown to it: the enrolment key, or an operator's credentials."""


class JournalDamaged(PlayerError):
    """A screen's journal of commands has a line that cannot be read, in the middle."""


class NotKept(PlayerError):
    """The folder in which the screen keeps who it is cannot be read or written."""
