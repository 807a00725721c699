"""The secrets that Clarion generates and keeps: files (0600) in the folder `data_dir`/secrets (0700)."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from hub.errors import StartError
from persistence.embedded_folder import make_folder


def kept_secret(data_dir: Path, name: str) -> str:
    """The secret of this name, 48 random bytes as URL-safe text; generated when first asked for.

    Two processes that ask at once get the same one. Raises StartError when it cannot be read or kept.
    """
    path = data_dir / "secrets" / name
    try:
        make_secrets_folder(data_dir)
        if not path.exists():
            with suppress(FileExistsError):
                write_once(path, secrets.token_urlsafe(48))
        return read_kept(path)
    except OSError as error:
        raise StartError(
            f"{path} cannot be read or kept ({error.strerror}): check CLARION_DATA_DIR."
        ) from error


def make_secrets_folder(data_dir: Path, name: str = "") -> Path:
    """The folder of secrets, or the one of this name in it, for its owner only. Raises OSError."""
    make_folder(data_dir)
    folder = data_dir / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    if name:
        folder = folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def read_kept(path: Path) -> str:
    """What the file says. Raises OSError; StartError when others could read or change it: then it is none."""
    text, mode = path.read_text(encoding="ascii").strip(), path.stat().st_mode
    if os.name == "posix" and mode & 0o077:
        raise StartError(
            f"{path} is open to others (mode {stat.S_IMODE(mode):04o}): whoever read it can pass for the hub."
            f" Put another in its place (docs/run-in-production.md says how), or, if nobody else was here, "
            f"run `chmod 600 {path}`."
        )
    return text


def write_once(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all. Raises FileExistsError."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.link(unfinished, path)
    finally:
        unfinished.unlink()
