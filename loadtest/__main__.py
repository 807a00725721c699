"""`python -m loadtest`."""

from __future__ import annotations

from loadtest.command_line import app

app(prog_name="python -m loadtest")
