"""`python -m player`."""

from __future__ import annotations

from player.command_line import app

app(prog_name="clarion")
