"""`python -m loadtest`: options from the command line, secrets from the environment only."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import trio
import typer

from loadtest.bench.command import bench_command
from loadtest.cast import DEFAULT_PREFIX, SITES
from loadtest.errors import SimulationError
from loadtest.open_files import allow_open_files
from loadtest.progress import Progress
from loadtest.simulation import Plan, simulate
from protocol.access import UserLogin

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)


app.command("bench")(bench_command)


@app.callback()
def loadtest() -> None:
    """Simulated screens for a Clarion hub, and a benchmark of it."""


@app.command("simulate")
def simulate_command(
    hub: Annotated[str, typer.Option(envvar="CLARION_HUB_URL", help="Address of the hub.")] = (
        "http://127.0.0.1:8000"
    ),
    screens: Annotated[int, typer.Option(min=1, max=100_000, help="How many screens.")] = 50,
    approve: Annotated[
        bool,
        typer.Option(
            "--approve",
            help="Have them approved at once, as the operator of CLARION_SIMULATE_TENANT_ID, "
            "CLARION_SIMULATE_EMAIL and CLARION_SIMULATE_PASSWORD. Without it they ask to join with "
            "CLARION_ENROLMENT_KEY and wait for an operator to approve their pairing codes.",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    duration: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds to run; without it, until Ctrl-C.")
    ] = None,
    sites: Annotated[int, typer.Option(min=1, max=len(SITES), help="How many sites they hang in.")] = 4,
    rate: Annotated[float, typer.Option(min=0.1, help="How many connect in a second.")] = 200.0,
    prefix: Annotated[str, typer.Option(help="Hardware ids are this and a number.")] = DEFAULT_PREFIX,
    wait_hub: Annotated[float, typer.Option(min=0.0, help="Seconds to wait for a hub to answer.")] = 30.0,
    never_read: Annotated[
        int,
        typer.Option(
            min=0,
            help="So many take nothing off the wire: silent, and stalled once buffers are full.",
        ),
    ] = 0,
    never_answer: Annotated[
        int, typer.Option(min=0, help="So many send no receipts: the hub should call them silent.")
    ] = 0,
    lose_pushes: Annotated[
        int,
        typer.Option(
            min=0,
            help="So many lose what the hub pushes: alerts come with a heartbeat, commands the second time.",
        ),
    ] = 0,
    journal_dir: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help="Keep what each screen has carried out in a file here: a run that follows knows it.",
        ),
    ] = None,
    recording: Annotated[
        int, typer.Option(min=0, help="So many, the first, say what they played: for the proof of play.")
    ] = 0,
) -> None:
    """Run a fleet of simulated screens until Ctrl-C."""
    try:
        plan = Plan(
            hub_url=hub,
            screens=screens,
            operator=operator_of(os.environ) if approve else None,
            enrolment_key=None if approve else enrolment_key_of(os.environ),
            sites=sites,
            prefix=prefix,
            connects_per_s=rate,
            duration_s=duration,
            wait_for_hub_s=wait_hub,
            never_reading=never_read,
            never_answering=never_answer,
            losing_pushes=lose_pushes,
            journal_dir=journal_dir,
            recording=recording,
            stop_with_stdin=os.environ.get("CLARION_STOP_WITH_STDIN") == "1",
        )
        allow_open_files(screens if journal_dir is None else 2 * screens)
        stats = trio.run(simulate, plan, Progress(sys.stdout, quiet=quiet))
    except SimulationError as error:
        typer.echo(f"clarion simulate: {error}", err=True)
        raise typer.Exit(1) from None
    except BrokenPipeError:
        raise typer.Exit(1) from None  # Whoever read our progress is gone.
    if not stats.welcomes:
        typer.echo("clarion simulate: not one screen got a connection.", err=True)
        raise typer.Exit(1)


def operator_of(env: Mapping[str, str]) -> UserLogin:
    """The operator's credentials. Raises SimulationError that names what is missing."""
    names = ("CLARION_SIMULATE_TENANT_ID", "CLARION_SIMULATE_EMAIL", "CLARION_SIMULATE_PASSWORD")
    if missing := [name for name in names if not env.get(name)]:
        raise SimulationError(f"--approve needs an operator: set {', '.join(missing)} in the environment.")
    tenant_id, email, password = (env[name] for name in names)
    login = UserLogin(email, password, tenant_id)
    try:
        return msgspec.convert(msgspec.to_builtins(login), UserLogin)
    except msgspec.ValidationError:
        raise SimulationError("CLARION_SIMULATE_TENANT_ID is not an id of a tenant (a UUID).") from None


def enrolment_key_of(env: Mapping[str, str]) -> str:
    """Raises SimulationError when there is none."""
    key = env.get("CLARION_ENROLMENT_KEY", "")
    if not key:
        raise SimulationError(
            "screens ask to join with a key: set CLARION_ENROLMENT_KEY in the environment, or use --approve."
        )
    return key
