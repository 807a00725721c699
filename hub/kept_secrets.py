"""The secrets that Clarion generates and keeps: files (0600) in the folder `data_dir`/secrets (0700)."""

from __future__ import annotations

import os
import secrets
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
        _make_secrets_folder(path.parent)
        if not path.exists():
            with suppress(FileExistsError):
                _write_once(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise StartError(
            f"{path} cannot be read or kept ({error.strerror}): check CLARION_DATA_DIR."
        ) from error


def known_secret(data_dir: Path, name: str) -> str | None:
    """The secret of this name if there is one already. Raises StartError when it cannot be read."""
    path = data_dir / "secrets" / name
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StartError(f"{path} cannot be read ({error.strerror}): run it as the hub's user.") from error


def _make_secrets_folder(folder: Path) -> None:
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _write_once(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all. Raises FileExistsError."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.link(unfinished, path)
    finally:
        unfinished.unlink()
