"""`clarion audit`: what it takes; what it does is in `audit_at_terminal.py`, loaded when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

audit = typer.Typer(
    help="The audit log: is it whole, take it out, put away what is old.", no_args_is_help=True
)

_Tenant = Annotated[str | None, typer.Option(help="The id of one tenant; else all of them.")]


@audit.command()
def verify(
    tenant: _Tenant = None,
    file: Annotated[
        Path | None, typer.Option(help="An export or an archive instead; needs no database.")
    ] = None,
    archives: Annotated[
        bool, typer.Option(help="Also what was archived to the data folder of this machine.")
    ] = True,
) -> None:
    """Find every entry that was edited, removed, put in or moved. Exit status 1 if there is one."""
    from hub.audit_at_terminal import verify as look
    from hub.audit_at_terminal import verify_file

    lines, is_whole = verify_file(file) if file else look(tenant, with_archives=archives)
    for line in lines:
        typer.echo(line)
    raise typer.Exit(0 if is_whole else 1)


@audit.command()
def export(
    tenant: Annotated[str, typer.Option(help="The id of the tenant.")],
    output: Annotated[Path, typer.Option(help="The file to write; it must not exist yet.")],
    kind: Annotated[Literal["jsonl", "csv"], typer.Option("--format")] = "jsonl",
) -> None:
    """Write all entries that are in PostgreSQL to a file; JSON lines can be verified without a database."""
    from hub.audit_at_terminal import export as write

    write(tenant, output, kind)
    typer.echo(f"{output} is written.")


@audit.command()
def archive(
    days: Annotated[int, typer.Option(min=1, help="Entries older than so many days.")],
    tenant: _Tenant = None,
) -> None:
    """Move what is old to files in the data folder. CLARION_AUDIT_DAYS has the hub do it by itself."""
    from hub.audit_at_terminal import archive as move

    for line in move(tenant, days):
        typer.echo(line)
