"""The folder of an embedded PostgreSQL: who may use it, what is in it, and what an earlier run left running.

data_dir/postgres.lock            held by the process that owns the server
data_dir/postgres/                0700, belongs to the server's user
data_dir/postgres/data            the cluster
data_dir/postgres/run             the socket, unless that path is too long for one
data_dir/logs/postgresql.log      what the server says
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import signal
import stat
import subprocess
import time
from pathlib import Path
from typing import IO

from persistence.embedded_programs import MAJOR_VERSION, Account, EmbeddedPostgresError

# struct sockaddr_un holds 108 bytes on Linux and 104 on macOS, with a closing zero.
_MAX_SOCKET_PATH_BYTES = 103
_MAX_LOG_BYTES = 5_000_000
_STOP_DEADLINE_S = 3.0
_POLL_S = 0.02


class PostgresFolder:
    """The paths of one embedded server under `data_dir`, and the checks before it starts."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.absolute()
        self.private = self.data_dir / "postgres"
        self.cluster = self.private / "data"
        self.log = self.data_dir / "logs" / "postgresql.log"

    def lock(self) -> IO[bytes]:
        """Become the folder's owner until the returned file is closed, or this process dies.

        Raises EmbeddedPostgresError when another process owns it.
        """
        make_folder(self.data_dir)
        # Closed to others: whoever can open a file can lock it.
        path = self.data_dir / "postgres.lock"
        lock = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise EmbeddedPostgresError(
                f"Another process of Clarion already runs on {self.data_dir}: stop it first, "
                "or set CLARION_DATA_DIR to another folder."
            ) from error
        return lock

    def make_private(self, account: Account) -> Path:
        """Make the server's private folders, and return that of its socket.

        Raises EmbeddedPostgresError when one of them is there and belongs to somebody else, or the account
        cannot enter it.
        """
        _make_private_folder(self.private, account)
        entered = account.run("/bin/sh", "-c", 'cd "$1"', "sh", str(self.private), cwd=Path("/"))
        if entered.returncode != 0:
            raise EmbeddedPostgresError(
                f"The user {account.name!r}, as whom PostgreSQL runs, cannot enter {self.private}: "
                "set CLARION_DATA_DIR to a folder outside private homes, such as /var/lib/clarion/data."
            )
        socket_folder = self.private / "run"
        if len(os.fsencode(socket_folder / ".s.PGSQL.5432")) > _MAX_SOCKET_PATH_BYTES:
            place = hashlib.sha256(os.fsencode(self.private)).hexdigest()[:12]
            socket_folder = Path("/tmp") / f"clarion-{account.user_id}-{place}"  # noqa: S108 - private, checked
        _make_private_folder(socket_folder, account)
        return socket_folder

    def check_cluster(self, account: Account) -> bool:
        """Whether there is a cluster, one that this PostgreSQL and this account can serve.

        Raises EmbeddedPostgresError when there is one that they cannot.
        """
        if not self.cluster.exists():
            return False
        try:
            version = (self.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            version = "of an unknown version"
        if version != str(MAJOR_VERSION):
            raise EmbeddedPostgresError(
                f"{self.cluster} was made by PostgreSQL {version}, and this is PostgreSQL {MAJOR_VERSION}: "
                "move it away, or set CLARION_DATA_DIR to another folder."
            )
        if self.cluster.stat().st_uid != account.user_id:
            raise EmbeddedPostgresError(
                f"{self.cluster} does not belong to user {account.name!r}: start as the user who made it, "
                "or set CLARION_DATA_DIR to another folder."
            )
        return True

    def socket_of_running(self) -> Path | None:
        """The folder of the socket of the server that runs on this cluster now; None when none does."""
        lines = self._process_file()
        ready = len(lines) >= 8 and lines[7].strip() == "ready" and self._serves(int(lines[0]))
        return Path(lines[4].strip()) if ready else None

    def is_ready(self, process_id: int) -> bool:
        """Whether the server of this process says so; the last of eight lines in its file is its state."""
        lines = self._process_file()
        return len(lines) >= 8 and lines[0].strip() == str(process_id) and lines[7].strip() == "ready"

    def stop_leftover(self) -> None:
        """Stop a server that outlived its owner; take away the file of one that did not."""
        lines = self._process_file()
        if not lines:
            return
        process_id = int(lines[0])
        for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if not self._serves(process_id):
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, how)
            deadline = time.monotonic() + _STOP_DEADLINE_S
            while self._serves(process_id) and time.monotonic() < deadline:
                time.sleep(_POLL_S)
        # After a power cut the number may be another process's by now, and PostgreSQL would refuse to start.
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def open_log(self) -> IO[bytes]:
        """The server's log, to append to; a large one is put aside first."""
        self.log.parent.mkdir(exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        return self.log.open("ab")

    def _process_file(self) -> list[str]:
        try:
            return (self.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _serves(self, process_id: int) -> bool:
        """Whether the process is a live server on this cluster."""
        if Path("/proc/self/cwd").exists():
            try:
                # A server works in its cluster; a zombie, which a container may never reap, works nowhere.
                return Path(f"/proc/{process_id}/cwd").readlink() == self.cluster.resolve()
            except OSError:
                return False
        shown = subprocess.run(
            ["ps", "-o", "command=", "-p", str(process_id)], capture_output=True, text=True
        )
        return str(self.cluster) in shown.stdout


def make_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it. What exists keeps its permissions."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        # Whatever the umask: the server's user must be able to pass through to its own, private folder.
        path.chmod(0o755)


def _make_private_folder(folder: Path, account: Account) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.user_id or found.st_mode & 0o077:
            raise EmbeddedPostgresError(
                f"{folder} is not a private folder of user {account.name!r}: start as the user who made it, "
                "or set CLARION_DATA_DIR to another folder."
            ) from None
    else:
        account.own(folder)
