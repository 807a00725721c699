"""The environment as text, and how one variable of it becomes a typed value.

Here is the only code that reads `os.environ` or a `.env` file; `hub/settings.py` says which variables
there are.
"""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from hub.client_address import Network
from hub.errors import SettingsError
from hub.secret_strength import AT_LEAST_BYTES, weakness

Choice = TypeVar("Choice", bound=str)

LOCAL_DEMO: Final = "CLARION_LOCAL_DEMO"
"""Set by `clarion up` for what it starts: everything on one machine, for one person to look at."""


def current_environment(directory: Path | None = None) -> dict[str, str]:
    """The process's environment over the lines of `directory`/.env (default: the working directory).

    Raises SettingsError when a line of the file is not `NAME=value`.
    """
    return {**read_env_file((directory or Path.cwd()) / ".env"), **os.environ}


def some_of_environment(names: Iterable[str]) -> dict[str, str]:
    """Those of these variables that the process has: for a process that is to have no others."""
    return {name: os.environ[name] for name in names if name in os.environ}


def read_env_file(path: Path) -> dict[str, str]:
    """`NAME=value` lines of `path`; none when there is no such file.

    Blank lines and lines that begin with `#` are passed over; `export ` before a name and one pair of quotes
    around a value are taken off. Nothing is expanded: a `$` in a password stays a `$`.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read ({error}).") from error
    found: dict[str, str] = {}
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name.isidentifier():
            raise SettingsError(f"{path}, line {number}: write NAME=value.")
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        found[name] = value
    return found


class EnvironmentReader:
    """Typed look-ups in one environment. An unset or empty variable gives the default.

    Every method raises SettingsError, naming the variable, when the value cannot be used.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def text(self, name: str, default: str) -> str:
        return self._env.get(name, "").strip() or default

    def optional(self, name: str) -> str | None:
        return self._env.get(name, "").strip() or None

    def choice(self, name: str, default: Choice, allowed: tuple[Choice, ...]) -> Choice:
        value = self.optional(name)
        if value is None:
            return default
        for candidate in allowed:
            if value.lower() == candidate:
                return candidate
        raise SettingsError(f"{name}={value!r}: write one of {', '.join(allowed)}.")

    def integer(self, name: str, default: int, *, at_least: int, at_most: int = 2**31 - 1) -> int:
        value = self.optional(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            raise SettingsError(f"{name}={value!r}: write a whole number.") from None
        if not at_least <= number <= at_most:
            raise SettingsError(f"{name}={number}: write a number from {at_least} to {at_most}.")
        return number

    def port(self, name: str, default: int) -> int:
        """A TCP port; 0 lets the system choose one."""
        return self.integer(name, default, at_least=0, at_most=65_535)

    def seconds(self, name: str, default: float) -> float:
        value = self.optional(name)
        if value is None:
            return default
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number > 0):
            raise SettingsError(f"{name}={value!r}: write seconds, more than 0, such as 15 or 0.5.")
        return number

    def url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        """An address with one of `schemes`. The error does not show it: an address can carry a password."""
        value = self.optional(name)
        if value is None:
            return None
        try:
            scheme = urlsplit(value).scheme
        except ValueError:
            scheme = ""
        if scheme not in schemes or "://" not in value:
            wanted = " or ".join(f"{scheme}://" for scheme in schemes)
            raise SettingsError(f"{name} is not an address of a kind used here: begin it with {wanted}.")
        return value

    def networks(self, name: str) -> tuple[Network, ...]:
        """Addresses or networks, separated by commas."""
        value = self._env.get(name, "")
        try:
            return tuple(
                ipaddress.ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip()
            )
        except ValueError as error:
            raise SettingsError(f"{name}: {error}; write addresses such as 10.0.0.5 or 10.0.0.0/8.") from None

    def secret(self, name: str) -> str | None:
        """A secret that nobody guesses. In the local demo it need only be long enough."""
        value = self.optional(name)
        why = weakness(value) if value is not None else None
        if value is None or why is None:
            return value
        if self._env.get(LOCAL_DEMO) == "1" and len(value.encode()) >= AT_LEAST_BYTES:
            return value
        raise SettingsError(
            f"{name} {why}: write a random one (openssl rand -hex 32), or leave it out and one is generated."
        )

    def file(self, name: str) -> Path | None:
        value = self.optional(name)
        if value is None:
            return None
        path = Path(value).expanduser()
        if not path.is_file():
            raise SettingsError(f"{name}={value}: there is no such file.")
        return path.resolve()

    def directory(self, name: str) -> Path | None:
        """A folder that need not exist yet."""
        value = self.optional(name)
        if value is None:
            return None
        path = Path(value).expanduser().resolve()
        if path.exists() and not path.is_dir():
            raise SettingsError(f"{name}={value}: this is a file; write the path of a folder.")
        return path
