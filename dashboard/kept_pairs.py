"""The tokens of every sign-in, one file each, readable by this process's user only.

Rule 1: a refresh token is good once, so a new pair is in its file before anybody uses it: whatever happens to
        this process then, the next one goes on with a pair that is good.
Rule 2: the browser knows none of it; its storage names the sign-in.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Final, Self

import msgspec

from protocol.access import TokenPair

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{20,80}")
_RENEW_AFTER: Final = 0.8


class KeptPair(msgspec.Struct, frozen=True):
    """A pair, and the seconds of the wall clock at which it is renewed and at which its parts end."""

    pair: TokenPair
    renew_at_s: float
    access_until_s: float
    refresh_until_s: float

    @classmethod
    def of(cls, pair: TokenPair, now_s: float) -> Self:
        """A pair that came now."""
        return cls(
            pair,
            now_s + pair.expires_in * _RENEW_AFTER,
            now_s + pair.expires_in,
            now_s + pair.refresh_expires_in,
        )


class KeptPairs:
    """The files in one folder. Every method raises OSError when the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def add(self, kept: KeptPair) -> str:
        """Keep the pair of a new sign-in; its name."""
        name = secrets.token_urlsafe(24)
        self.put(name, kept)
        return name

    def put(self, name: str, kept: KeptPair) -> None:
        """Keep it in the place of the one before; on the disk when this returns."""
        path = self._path(name)
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(kept))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def get(self, name: str, now_s: float) -> KeptPair | None:
        """The pair of this sign-in; None when there is none, or it cannot be renewed any more."""
        if not _NAME.fullmatch(name):
            return None
        try:
            kept = msgspec.json.decode(self._path(name).read_bytes(), type=KeptPair)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return kept if kept.refresh_until_s > now_s else None

    def forget(self, name: str) -> None:
        """It is over."""
        self._path(name).unlink(missing_ok=True)

    def sweep(self, now_s: float) -> None:
        """Forget those that cannot be renewed any more; called once, at start."""
        for path in self._folder.glob("*.json"):
            if self.get(path.stem, now_s) is None:
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
