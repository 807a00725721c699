"""`python -m player`: a screen, a hub that tries out screens, and what screens are tested by."""

from __future__ import annotations

import typer

from player.agent.command_line import agent_command
from player.conformance.command_line import conformance_command
from player.vectors import write

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)
app.command("agent")(agent_command)
app.command("conformance")(conformance_command)


@app.command("vectors")
def vectors_command() -> None:
    """Write the conformance vectors, protocol/vectors/*.json, as the reference says now."""
    changed = write()
    for path in changed:
        typer.echo(f"written  {path.name}")
    typer.echo("up to date" if not changed else f"{len(changed)} changed")
