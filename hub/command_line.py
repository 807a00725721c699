"""The command `clarion`.

Rule 1: what a person can do something about is one line on standard error and a non-zero exit, no traceback.
Rule 2: the dashboard, the players, the simulated fleet and the benchmark are other programs: started, never
        imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, NoReturn

import msgspec
import trio
import typer

from hub.audit_command import audit
from hub.environment import LOCAL_DEMO, EnvironmentReader, current_environment
from hub.errors import ClarionError, StartError
from hub.lifeline import STOP_WITH_STDIN, run_until_told
from hub.passwords import generate_password
from hub.secrets_command import secrets
from hub.settings import Settings
from hub.tenant_command import tenants
from hub.use_cases.errors import Invalid, Refused
from persistence.embedded_programs import EmbeddedPostgresError
from persistence.errors import DatabaseUnavailable, MigrationFailed, UnsafeDatabaseRole

app = typer.Typer(
    name="clarion",
    help="Clarion: an on-premises hub for digital-signage screens.\n\n"
    "Settings come from CLARION_… variables and a file .env here; .env.example lists them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
users = typer.Typer(help="People who sign in.", no_args_is_help=True)
app.add_typer(users, name="user")
app.add_typer(audit, name="audit")
app.add_typer(tenants, name="tenant")
app.add_typer(secrets, name="secrets")

# Each of them is written to be read in a terminal.
_KNOWN = (
    ClarionError,
    EmbeddedPostgresError,
    DatabaseUnavailable,
    MigrationFailed,
    UnsafeDatabaseRole,
    Refused,
)
_PASSES_ARGUMENTS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command()
def up(
    screens: Annotated[
        int | None,
        typer.Option(min=0, max=100_000, help="Simulated screens; else the variable SCREENS, else 50."),
    ] = None,
) -> None:
    """Start everything on this machine: database, hub, dashboard, simulated screens. Ctrl-C stops it."""
    from hub.up import up as run_up

    env = {**current_environment(), LOCAL_DEMO: "1"}
    settings = Settings.from_environment(env)
    if screens is None:
        screens = EnvironmentReader(env).integer("SCREENS", 50, at_least=0, at_most=100_000)
    trio.run(_until_told, partial(run_up, settings, env, screens=screens, say=typer.echo), env)
    typer.echo("\n  Stopped.")


@app.command()
def hub() -> None:
    """Start the hub alone: HTTP and WebSocket on CLARION_PORT, on a database that is migrated."""
    from hub.database_place import DatabasePlace
    from hub.running import run_hub
    from persistence.migrate import pending

    env = current_environment()
    settings = Settings.from_environment(env)
    with DatabasePlace(settings) as place:
        missing = pending(place.hub_url)
        if missing:
            raise StartError(f"The database lacks {', '.join(missing)}: run `clarion migrate`.")
        trio.run(_until_told, partial(run_hub, replace(settings, database_url=place.hub_url)), env)


@app.command()
def dashboard() -> None:
    """Start the dashboard alone, for the hub at CLARION_HUB_URL."""
    env = current_environment()
    settings = Settings.from_environment(env)
    _become(
        ["dashboard"],
        {**env, "CLARION_HUB_URL": settings.hub_url, "CLARION_DATA_DIR": str(settings.data_dir)},
    )


@app.command()
def migrate() -> None:
    """Bring the database to this version: CLARION_DATABASE_URL, or the embedded one."""
    from hub.database_place import DatabasePlace
    from persistence.migrate import migrate as bring_forward

    with DatabasePlace(Settings.from_environment()) as place:
        applied = bring_forward(place.owner_url)
        for name in applied:
            typer.echo(f"applied {name}")
        typer.echo(f"{place.description}: {'up to date' if not applied else f'{len(applied)} applied'}")


@app.command("first-run")
def first_run() -> None:
    """Make the first tenants, roles and people in a migrated database; print their passwords, once."""
    from hub.database_place import DatabasePlace
    from hub.up_words import UpWords
    from hub.use_cases.first_run import first_run as fill

    with DatabasePlace(Settings.from_environment()) as place:
        UpWords(typer.echo).people(fill(place.owner_url))


@app.command()
def inspect(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as one JSON object.")] = False,
) -> None:
    """Show what the running hub of this machine is busy with: slow screens, faults, services, the journal."""
    from hub.inspect_command import fetch
    from hub.inspect_words import lines

    inspection = fetch(Settings.from_environment())
    if as_json:
        typer.echo(msgspec.json.encode(inspection))
    else:
        for line in lines(inspection):
            typer.echo(line)


@app.command(context_settings=_PASSES_ARGUMENTS_ON, add_help_option=False)
def simulate(context: typer.Context) -> None:
    """Connect simulated screens to a hub; `clarion simulate --help` says more."""
    env = current_environment()
    Settings.from_environment(env)  # a wrong setting is refused by every command alike
    _become(["loadtest", "simulate", *context.args], env)


@app.command(context_settings=_PASSES_ARGUMENTS_ON, add_help_option=False)
def agent(context: typer.Context) -> None:
    """Be a screen without a glass, and the example for others; `clarion agent --help` says more."""
    _become(["player", "agent", *context.args], current_environment())


@app.command(context_settings=_PASSES_ARGUMENTS_ON, add_help_option=False)
def conformance(context: typer.Context) -> None:
    """Try out a player under development; `clarion conformance --help` says more."""
    _become(["player", "conformance", *context.args], current_environment())


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI document of the device socket: docs/asyncapi.json, /api/v1/asyncapi.json."""
    from protocol.asyncapi import asyncapi_text

    typer.echo(asyncapi_text(), nl=False)


@app.command()
def vectors() -> None:
    """Write what players are tested by, protocol/vectors/*.json, as the reference says now."""
    _become(["player", "vectors"], current_environment())


@app.command(context_settings=_PASSES_ARGUMENTS_ON, add_help_option=False)
def bench(context: typer.Context) -> None:
    """Compare the hub with its peers on this machine; `clarion bench --help` says more."""
    env = current_environment()
    Settings.from_environment(env)
    _become(["loadtest", "bench", *context.args], env)


@users.command("set-password")
def set_password(
    email: Annotated[str, typer.Argument(help="Whose password.")],
    tenant_id: Annotated[
        str | None, typer.Option(help="Which tenant's, if the address is known in several.")
    ] = None,
    generate: Annotated[bool, typer.Option("--generate", help="Generate one and print it, once.")] = False,
) -> None:
    """Set the password of a person. It is asked for twice and not shown."""
    from hub.database_place import DatabasePlace
    from hub.use_cases.locked_out import set_password as store_password

    password = generate_password() if generate else _new_password()
    with DatabasePlace(Settings.from_environment()) as place:
        store_password(place.owner_url, email, password, tenant_id)
    typer.echo(f"The password of {email} is set.")
    if generate:
        typer.echo(password)


@users.command("remove-second-factor")
def remove_second_factor(
    email: Annotated[str, typer.Argument(help="Whose second factor.")],
    tenant_id: Annotated[
        str | None, typer.Option(help="Which tenant's, if the address is known in several.")
    ] = None,
) -> None:
    """Let a person in by their password alone, who lost telephone and recovery codes."""
    from hub.database_place import DatabasePlace
    from hub.use_cases.locked_out import remove_second_factor as remove

    with DatabasePlace(Settings.from_environment()) as place:
        was_on = remove(place.owner_url, email, tenant_id)
    typer.echo(f"{email} signs in with the password alone{'' if was_on else ', as before'}.")


@users.command("import")
def import_file(
    file: Annotated[
        typer.FileText,
        typer.Argument(
            encoding="utf-8",
            help="CSV or JSON lines: tenant, email, password_hash, full_name, roles, is_active; - is stdin.",
        ),
    ],
    replace_known: Annotated[
        bool, typer.Option("--replace", help="Whoever is there already gets the file's password and roles.")
    ] = False,
) -> None:
    """Take people over from another system, with their bcrypt or argon2 hashes: all of them, or none."""
    from hub.database_place import DatabasePlace
    from hub.use_cases.import_people import import_people

    try:
        text = file.read()
    except UnicodeDecodeError:
        raise Invalid({"the file": "must be text in UTF-8"}) from None
    with DatabasePlace(Settings.from_environment()) as place:
        done = import_people(place.owner_url, text, replace=replace_known)
    typer.echo(f"{done.made} made, {done.replaced} replaced.")


def main() -> None:
    """Run the command. What a person can act on becomes one line and a non-zero exit status."""
    try:
        app()
    except BaseExceptionGroup as group:
        _fail_with(group)
    except _KNOWN as error:
        _fail_with(error)


async def _until_told(work: Callable[[], Awaitable[None]], env: Mapping[str, str]) -> None:
    await run_until_told(work, with_stdin=env.get(STOP_WITH_STDIN) == "1")


def _become(module: list[str], env: Mapping[str, str]) -> NoReturn:
    """Let this process become `python -m module`: signals and exit status are then its own."""
    os.execve(sys.executable, [sys.executable, "-m", *module], dict(env))  # noqa: S606 - our own program


def _new_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("New password", hide_input=True, confirmation_prompt="The same again"))


def _fail_with(error: BaseException) -> NoReturn:
    """Print the line of each known error in it and exit; raise what is not known."""
    known = [leaf for leaf in _leaves(error) if isinstance(leaf, _KNOWN)]
    if len(known) != len(_leaves(error)):
        raise error
    for line in dict.fromkeys(_line(leaf) for leaf in known):
        typer.secho(f"clarion: {line}", err=True, fg="red")
    sys.exit(next((leaf.exit_code for leaf in known if isinstance(leaf, ClarionError)), 1))


def _line(error: BaseException) -> str:
    if isinstance(error, Invalid):
        return "; ".join(f"{name} {why}" for name, why in error.fields.items())
    if isinstance(error, DatabaseUnavailable):
        return f"PostgreSQL does not answer ({error}): check CLARION_DATABASE_URL, and that it runs there."
    return str(error)


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in _leaves(part)]
    return [error]
