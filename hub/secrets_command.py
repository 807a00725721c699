"""`clarion secrets`: which secrets this installation keeps, how old they are, and new ones in their place.

Rule: no secret is ever printed, and nobody is signed out by a rotation unless that is asked for.
"""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from hub import jwt_keys, signing
from hub.errors import StartError
from hub.settings import Settings

secrets = typer.Typer(help="The secrets that Clarion keeps in its data folder.", no_args_is_help=True)
rotations = typer.Typer(help="Put a new secret in the place of one.", no_args_is_help=True)
secrets.add_typer(rotations, name="rotate")

_MEANINGS: Final = {
    "jwt": "signs access tokens",
    "signing": "signs what the hub sends, for whoever checks it",
    "dashboard.key": "signs the browsers' cookies",
    "second-factors.key": "seals the secrets of second factors in the database",
    "media-urls.key": "signs the addresses of files",
}


class KeptSecret(NamedTuple):
    """One file. `mode`: its permissions; `newest`: whether it is the one that is used for what is new."""

    name: str
    meaning: str
    made_at: datetime
    mode: int
    newest: bool

    @property
    def line(self) -> str:
        """For a terminal."""
        notes = [self.meaning] if self.newest else [f"{self.meaning}, until it is retired"]
        if os.name == "posix" and self.mode & 0o077:
            notes.append(f"OPEN TO OTHERS (mode {self.mode:04o}): make a new one")
        return f"  {self.name:<52} {self.made_at:%Y-%m-%d %H:%M}Z  {'; '.join(notes)}"


def kept(data_dir: Path) -> list[KeptSecret]:
    """Every file of the folder of secrets. Raises StartError."""
    folder = data_dir / "secrets"
    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        return [_kept(path, folder, files) for path in files]
    except OSError as error:
        raise StartError(f"{folder} cannot be read ({error.strerror}): run it as the hub's user.") from error


def _kept(path: Path, folder: Path, files: list[Path]) -> KeptSecret:
    name = path.relative_to(folder).as_posix()
    status = path.stat()
    newest = not any(other.parent == path.parent and other > path for other in files)
    return KeptSecret(
        name,
        _MEANINGS.get(name.partition("/")[0], "of no use to this version"),
        datetime.fromtimestamp(status.st_mtime, UTC),
        stat.S_IMODE(status.st_mode),
        newest or path.parent == folder,
    )


@secrets.command("list")
def list_secrets() -> None:
    """Show which secrets there are, since when, and whether others could read one."""
    settings = Settings.from_environment()
    found = kept(settings.data_dir)
    typer.echo(
        f"{settings.data_dir / 'secrets'}" + ("" if found else ": none yet; the first start makes them")
    )
    for each in found:
        typer.echo(each.line)
    if settings.jwt_secret is not None:
        typer.echo("  CLARION_JWT_SECRET is set: the kept keys of access tokens are not used.")


@rotations.command("jwt")
def rotate_jwt(
    retire_others: Annotated[
        bool,
        typer.Option("--retire-others", help="End the older keys at once: somebody may know one of them."),
    ] = False,
) -> None:
    """A new key for access tokens. A running hub takes it within seconds, and nobody is signed out."""
    settings = Settings.from_environment()
    if settings.jwt_secret is not None:
        raise StartError(
            "CLARION_JWT_SECRET is set, so the kept keys are not used: put a new secret there, the old one "
            "into CLARION_JWT_SECRET_BEFORE, and start the hub again."
        )
    jwt_keys.rotate(settings.data_dir, datetime.now(UTC), retire_others=retire_others)
    typer.echo("A new key signs access tokens from now on.")
    if retire_others:
        typer.echo("Tokens of the older keys are good no more; the next refresh brings people others.")


@rotations.command("signing")
def rotate_signing() -> None:
    """A new key for what the hub signs. The public halves of the older ones stay published."""
    settings = Settings.from_environment()
    try:
        kid = signing.rotate(settings.data_dir, datetime.now(UTC))
    except OSError as error:
        raise StartError(
            f"The signing key cannot be kept ({error.strerror}): check CLARION_DATA_DIR."
        ) from error
    typer.echo(f"Key {kid} signs from the hub's next start on.")
