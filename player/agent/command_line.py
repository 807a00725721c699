"""`clarion agent`: options from the command line, the enrolment key from the environment only."""

from __future__ import annotations

import os
import platform
import signal
import ssl
import uuid
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Annotated, Final

import trio
import typer

from player.agent import identity
from player.agent.agent import MODEL, Agent
from player.agent.dial import Caller
from player.agent.enrolment import enrol
from player.agent.errors import NotKept, PlayerError
from player.agent.hub_http import client_of
from player.agent.identity import Identity
from player.reference import PLAYER_VERSION
from protocol.api import Register, Registered

DEFAULT_FOLDER: Final = Path("agent")
_KEY: Final = "CLARION_ENROLMENT_KEY"


def agent_command(
    hub: Annotated[str, typer.Option(envvar="CLARION_HUB_URL", help="Address of the hub.")] = (
        "http://127.0.0.1:8000"
    ),
    folder: Annotated[
        Path, typer.Option(file_okay=False, help="Where it keeps who it is, what it has done, and its files.")
    ] = DEFAULT_FOLDER,
    name: Annotated[
        str | None, typer.Option(help="What it asks to be called; else the machine's name.")
    ] = None,
    hardware_id: Annotated[
        str | None, typer.Option(help="By which the hub knows it again; else drawn by chance, once.")
    ] = None,
) -> None:
    """Be a screen without a glass: for headless devices, and the example for other platforms.

    The first time it asks to join, with CLARION_ENROLMENT_KEY, and shows its pairing code.
    """
    try:
        trio.run(_until_told, hub.rstrip("/"), folder, name or platform.node() or "agent", hardware_id)
    except* (PlayerError, OSError, ValueError) as group:
        for line in dict.fromkeys(str(error) for error in _leaves(group)):
            typer.secho(f"clarion agent: {line}", err=True, fg="red")
        raise typer.Exit(1) from None


async def be_a_screen(
    hub_url: str, folder: Path, name: str, hardware_id: str | None, say: Callable[[str], object]
) -> None:
    """Enrol if need be, and play, until cancelled or sent away. Raises PlayerError, OSError."""
    caller, rng = Caller(ssl.create_default_context()), Random()  # noqa: S311 -- jitter, not secrets
    while True:
        who = identity.load(folder)
        if who is None:
            who = await _enrolled(hub_url, folder, name, hardware_id, caller, rng, say)
        agent = Agent(who, folder, caller, rng, say)
        try:
            await agent.live()
        finally:
            agent.close()
        if not agent.token_refused:
            return
        identity.forget(folder)


async def _enrolled(
    hub_url: str,
    folder: Path,
    name: str,
    hardware_id: str | None,
    caller: Caller,
    rng: Random,
    say: Callable[[str], object],
) -> Identity:
    key = os.environ.get(_KEY, "")
    if not key:
        raise PlayerError(f"a screen asks to join with a key: set {_KEY} in the environment.")

    def announce(registered: Registered) -> None:
        say(f"Approve this screen by its pairing code: {registered.pairing_code}")
        if registered.approval_url is not None:
            say(f"  {registered.approval_url}")

    body = Register(
        key,
        hardware_id or _hardware_id(folder),
        name=name,
        model=MODEL,
        platform=platform.system().lower(),
        player_version=PLAYER_VERSION,
    )
    async with client_of(hub_url, caller) as client:
        who = await enrol(client, caller, body, announce, rng)
    if who is None:
        raise PlayerError("an operator rejected this screen.")
    identity.save(folder, who)
    return who


def _hardware_id(folder: Path) -> str:
    """The same every time: kept beside the rest. Raises NotKept."""
    path = folder / "hardware-id"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(f"agent-{uuid.uuid4()}\n", encoding="ascii")
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise NotKept(f"{path} cannot be kept ({error.strerror}).") from None


async def _until_told(hub_url: str, folder: Path, name: str, hardware_id: str | None) -> None:
    def say(line: str) -> None:
        typer.echo(line)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(_stop_at_signal, nursery.cancel_scope)
        await be_a_screen(hub_url, folder, name, hardware_id, say)
        nursery.cancel_scope.cancel()


async def _stop_at_signal(scope: trio.CancelScope) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()
            return


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
