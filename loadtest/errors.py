"""What ends a run: each carries one line that says what to do."""

from __future__ import annotations


class SimulationError(Exception):
    """The run cannot start or go on; the message is for whoever started it."""


class HubUnreachable(SimulationError):
    """Nothing answered at the hub's address in time."""


class CredentialsRefused(SimulationError):
    """The hub does not accept the operator's credentials, or the enrolment key."""


class JournalDamaged(SimulationError):
    """A screen's journal of commands has a line that cannot be read, in the middle."""


class OpenFilesLimit(SimulationError):
    """The system does not let one process hold that many connections."""
