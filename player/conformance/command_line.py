"""`clarion conformance`: where to listen, and what to tell whoever starts a player."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import trio
import typer

from player.conformance.run import CHECKS, line, serve, summary, try_out
from player.conformance.stage import KEY, TOKEN, Stage
from player.conformance.verdicts import Outcome, Verdict


def conformance_command(
    address: Annotated[
        str, typer.Argument(help="Where to listen for the player: ws://127.0.0.1:9000, say.")
    ] = "ws://127.0.0.1:9000",
    interval: Annotated[
        float, typer.Option(min=0.2, max=30.0, help="Seconds between two heartbeats of the player.")
    ] = 0.5,
) -> None:
    """Play the hub against a player under development, and say rule by rule what it did.

    Exit status 0: nothing failed.
    """
    parts = urlsplit(address)
    if parts.scheme != "ws" or not parts.hostname:
        typer.secho(f"clarion conformance: not an address to listen at: {address}", err=True, fg="red")
        raise typer.Exit(2)
    try:
        verdicts = trio.run(_run, parts.hostname, parts.port or 9000, parts.path, interval)
    except OSError as error:
        typer.secho(f"clarion conformance: {address} cannot be listened at: {error}.", err=True, fg="red")
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if any(verdict.outcome is Outcome.FAILED for verdict in verdicts):
        raise typer.Exit(1)


async def _run(host: str, port: int, path: str, interval_s: float) -> list[Verdict]:
    stage = Stage(interval_s, f"ws://{host}:{port}{path or '/'}")
    async with trio.open_nursery() as nursery:
        port = await nursery.start(serve, host, port, stage)
        for words in _invitation(host, port, path):
            typer.echo(words)
        verdicts = await try_out(stage, CHECKS, lambda verdict: typer.echo(line(verdict)))
        nursery.cancel_scope.cancel()
    for words in summary(verdicts):
        typer.echo(words)
    return verdicts


def _invitation(host: str, port: int, path: str) -> list[str]:
    return [
        "Start your player now. It may ask to join here with any enrolment key, or be told:",
        f"  hub            http://{host}:{port}",
        f"  websocket_url  ws://{host}:{port}{path or '/'}",
        f"  device token   {TOKEN}",
        f"  signing key    kid {KEY.kid}, x {KEY.x}  (GET /api/v1/signing-keys)",
        "",
    ]
