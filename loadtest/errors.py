"""What ends a run: each carries one line that says what to do. A screen's own: `player.agent.errors`."""

from __future__ import annotations

from player.agent.errors import CredentialsRefused, HubUnreachable, JournalDamaged, PlayerError

__all__ = ["CredentialsRefused", "HubUnreachable", "JournalDamaged", "OpenFilesLimit", "SimulationError"]

SimulationError = PlayerError
"""The run cannot start or go on; the message is for whoever started it."""


class OpenFilesLimit(SimulationError):
    """The system does not let one process hold that many connections."""
