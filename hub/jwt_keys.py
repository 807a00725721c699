"""The keys that access tokens are signed with: the newest signs, older ones are good until they are retired.

Rule 1: a token names its key (`kid`). A key that is not in the ring, even one that was, opens nothing.
Rule 2: a ring that is kept in files may change while the hub runs: it is looked at again at every signature,
        every few seconds, and when a token names a key that is not known; never more than once a second.
Rule 3: CLARION_JWT_SECRET is the key where it is set; CLARION_JWT_SECRET_BEFORE is good beside it.

`data_dir`/secrets/jwt/<when>-<random> is one key. `secrets/jwt.key`, of older versions, becomes the first.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from hub.errors import StartError
from hub.kept_secrets import make_secrets_folder, read_kept, write_once
from hub.settings import Settings

FOLDER: Final = "jwt"
AT_LEAST_BYTES: Final = 32
LOOK_AGAIN_S: Final = 1.0
RETIRED_AFTER: Final = timedelta(days=1)
"""A rotation removes keys that a newer one replaced so long ago: no access token lives longer."""

_KID: Final = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")


class Key(NamedTuple):
    """`kid` is what tokens call it."""

    kid: str
    secret: str


class Keys(Protocol):
    """A ring of keys."""

    @property
    def newest(self) -> Key:
        """The one that signs."""

    @property
    def changes(self) -> int:
        """Rises whenever a key came or went."""

    def secret_of(self, kid: str) -> str | None:
        """The secret of a key that is good; None: there is none of this name."""

    def look_again(self) -> None:
        """Sees what was rotated meanwhile."""


class GivenKeys:
    """Fulfils `Keys`: the first of these secrets signs, and there will be no others."""

    changes = 0

    def __init__(self, secret: str, *before: str) -> None:
        """Raises ValueError when a secret is shorter than 32 bytes."""
        if any(len(each.encode()) < AT_LEAST_BYTES for each in (secret, *before)):
            raise ValueError(f"the secret must have at least {AT_LEAST_BYTES} bytes")
        keys = [Key(hashlib.sha256(each.encode()).hexdigest()[:16], each) for each in (secret, *before)]
        self.newest = keys[0]
        self._secrets: Mapping[str, str] = dict(keys)

    def secret_of(self, kid: str) -> str | None:
        """See `Keys`."""
        return self._secrets.get(kid)

    def look_again(self) -> None:
        """See `Keys`."""


class KeptKeys:
    """Fulfils `Keys`, with those in this folder. The first one is generated. Raises StartError."""

    def __init__(self, data_dir: Path, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._data_dir = data_dir
        self._clock_s = clock_s
        self._names: tuple[str, ...] = ()
        self._secrets: dict[str, str] = {}
        self.changes = 0
        if not known_kids(data_dir):
            rotate(data_dir, datetime.now(UTC))
        self._look()

    @property
    def newest(self) -> Key:
        """See `Keys`."""
        self.look_again()
        kid = self._names[-1]
        return Key(kid, self._secrets[kid])

    def secret_of(self, kid: str) -> str | None:
        """See `Keys`."""
        if kid not in self._secrets:
            self.look_again()
        return self._secrets.get(kid)

    def look_again(self) -> None:
        """See `Keys`. What cannot be read now stays as it was."""
        if self._clock_s() - self._looked_s >= LOOK_AGAIN_S:
            with suppress(StartError):
                self._look()

    def _look(self) -> None:
        self._looked_s = self._clock_s()
        names = known_kids(self._data_dir)
        if names and names != self._names:
            secrets_of = {kid: self._secrets.get(kid) or _read(self._data_dir, kid) for kid in names}
            self._names, self._secrets = names, secrets_of
            self.changes += 1


def keys_of(settings: Settings) -> Keys:
    """The ring of a hub with these settings. Raises StartError."""
    if settings.jwt_secret is None:
        return KeptKeys(settings.data_dir)
    before = settings.jwt_secret_before
    return GivenKeys(settings.jwt_secret, *([] if before is None else [before]))


def known_kids(data_dir: Path) -> tuple[str, ...]:
    """What is kept there, the newest last. Raises StartError."""
    folder = data_dir / "secrets" / FOLDER
    old = data_dir / "secrets" / "jwt.key"
    try:
        if old.exists():
            make_secrets_folder(data_dir, FOLDER)
            at = datetime.fromtimestamp(old.stat().st_mtime, UTC)
            with suppress(FileNotFoundError):  # another process was quicker
                old.rename(folder / _new_kid(at))
        if not folder.exists():
            return ()
        return tuple(sorted(path.name for path in folder.iterdir() if _KID.fullmatch(path.name)))
    except OSError as error:
        raise _unreadable(folder, error) from error


def rotate(data_dir: Path, now: datetime, *, retire_others: bool = False) -> str:
    """A new key, which signs from now on; its kid. Nobody is signed out: access tokens of the older keys are
    good until these are retired, and after that a refresh token brings a new one. `retire_others`: at once,
    for when a key became known to somebody. Raises StartError."""
    before = known_kids(data_dir)
    kid = _new_kid(now)
    try:
        folder = make_secrets_folder(data_dir, FOLDER)
        write_once(folder / kid, secrets.token_urlsafe(48))
        for older, newer in pairwise((*before, kid)):
            if retire_others or made_at(newer) < now - RETIRED_AFTER:
                (folder / older).unlink(missing_ok=True)
    except OSError as error:
        raise _unreadable(data_dir / "secrets" / FOLDER, error) from error
    return kid


def made_at(kid: str) -> datetime:
    """When a kept key was made."""
    return datetime.strptime(kid.partition("-")[0], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)


def _new_kid(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def _read(data_dir: Path, kid: str) -> str:
    path = data_dir / "secrets" / FOLDER / kid
    try:
        secret = read_kept(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(secret.encode()) < AT_LEAST_BYTES:
        raise StartError(f"{path} is not a key that Clarion made: restore it, or remove it.")
    return secret


def _unreadable(path: Path, error: OSError) -> StartError:
    return StartError(f"{path} cannot be read or kept ({error.strerror}): check CLARION_DATA_DIR.")
