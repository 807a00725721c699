"""Errors that a person running Clarion can act on: one line, whose fault, what to do.

Rule: whoever raises a `ClarionError` writes the line as it will be read in a terminal. The command line
prints it on standard error and exits with `exit_code`; it never shows a traceback for one of these.
"""

from __future__ import annotations


class ClarionError(Exception):
    """A failure with one clear line for the person at the terminal."""

    exit_code: int = 1


class SettingsError(ClarionError):
    """A `CLARION_…` variable cannot be used as it is. The message names it and says what to do."""

    exit_code = 2


class StartError(ClarionError):
    """Clarion cannot start here and now: a taken port, an unreachable database, a second `clarion up`."""


class HubFailed(ClarionError):
    """A service without which there is no hub failed again and again; the hub has stopped in order."""


class ChildDied(ClarionError):
    """A process that `clarion up` started ended by itself."""
