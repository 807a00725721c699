"""Who the screen is: its token and the keys that it trusts, in a file that only its owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

import msgspec

from player.agent.errors import NotKept
from player.agent.kept_file import write_whole
from protocol.access import SigningKey

FILE: Final = "identity.json"


class Identity(msgspec.Struct, frozen=True):
    """`tenant_id`: empty until the first `welcome` named it."""

    device_id: str
    device_token: str
    websocket_url: str
    keys: list[SigningKey]
    tenant_id: str = ""

    def __repr__(self) -> str:
        return f"<the identity of {self.device_id}>"


def load(folder: Path) -> Identity | None:
    """Who it was; None before it was let in. Raises NotKept."""
    path = folder / FILE
    try:
        content, mode = path.read_bytes(), path.stat().st_mode
        if os.name == "posix" and mode & 0o077:
            raise NotKept(
                f"{path} is open to others (mode {stat.S_IMODE(mode):04o}): whoever read it can pass for this"
                " screen. Revoke the screen and delete the file, or, if nobody was here, run"
                f" `chmod 600 {path}`."
            )
        return msgspec.json.decode(content, type=Identity)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotKept(f"{path} cannot be read ({error.strerror}).") from None
    except msgspec.DecodeError as error:
        raise NotKept(f"{path} cannot be understood ({error}): delete it to enrol the screen anew.") from None


def save(folder: Path, identity: Identity) -> None:
    """Keep it. Raises NotKept."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(folder / FILE, msgspec.json.encode(identity))
    except OSError as error:
        raise NotKept(f"{folder} cannot be written ({error.strerror}).") from None


def forget(folder: Path) -> None:
    """The token is not good any more."""
    (folder / FILE).unlink(missing_ok=True)
