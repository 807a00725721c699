"""A PostgreSQL of one's own: the programs of a wheel, run on a private folder, for `make up` and the tests.

Rule 1: nothing listens on the network. There is a Unix socket in a folder that only one user can enter, and
        whoever can enter it is trusted.
Rule 2: no permission of any folder above ours is ever changed. What the server's user cannot reach is copied
        to where it can, or is one clear error.
Rule 3: PostgreSQL does not run as root. Started by root, it runs as the system user `clarion`.
Rule 4: one owner at a time, held by a file lock that the kernel lets go of when the owner dies, however it
        dies. A server that outlived its owner is stopped before the next one starts.

The calls block for up to a few seconds: on trio, run them with `trio.to_thread.run_sync`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from persistence.embedded_programs import (
    MAJOR_VERSION,
    Account,
    EmbeddedPostgresError,
    PostgresPrograms,
    server_account,
)

__all__ = ["DATABASE", "HUB_ROLE", "OWNER_ROLE", "EmbeddedPostgres", "EmbeddedPostgresError"]

OWNER_ROLE = "clarion_owner"
HUB_ROLE = "clarion_hub"
DATABASE = "clarion"

# struct sockaddr_un holds 108 bytes on Linux and 104 on macOS, with a closing zero.
_MAX_SOCKET_PATH_BYTES = 103
_START_DEADLINE_S = 30.0
_STOP_DEADLINE_S = 3.0
_POLL_S = 0.02
_MAX_LOG_BYTES = 5_000_000

# The server's settings, handed over at each start: a newer Clarion needs no edit of an old folder.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The hub's queries are short: compiling them costs more than running them.
    "jit": "off",
    # Solid-state storage: a random read costs about what a sequential one does.
    "random_page_cost": "1.1",
    # A forgotten transaction must not hold back vacuum for ever.
    "idle_in_transaction_session_timeout": "60s",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_min_messages": "warning",
}
# For tests: a lost power supply would lose the data, and nobody would mind.
_NOT_DURABLE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
}


class EmbeddedPostgres:
    """One PostgreSQL server on the folder `data_dir`/postgres, owned by this process while it runs.

    Usable as a context manager. `durable=False` trades safety for speed, for tests.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self.data_dir = data_dir.absolute()
        self._durable = durable
        self._folder = self.data_dir / "postgres"
        self._cluster = self._folder / "data"
        self._log_path = self.data_dir / "logs" / "postgresql.log"
        self._socket_folder = self._folder / "run"
        self._lock: IO[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        state = f"running as process {self._server.pid}" if self._server is not None else "stopped"
        return f"<EmbeddedPostgres {self._folder} {state}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def process_id(self) -> int | None:
        """The server's process, None when it does not run."""
        return None if self._server is None or self._server.poll() is not None else self._server.pid

    def url(self, database: str = DATABASE, role: str = OWNER_ROLE) -> str:
        """The address of `database` for `role`: OWNER_ROLE migrates, row-level security binds HUB_ROLE."""
        return f"postgresql://{role}@/{quote(database)}?host={quote(str(self._socket_folder), safe='')}"

    def start(self) -> None:
        """Start the server and return when it answers; on a new folder, make the cluster, roles and database.

        Raises EmbeddedPostgresError: another process owns the folder, it holds data of another version or
        another user, or the server does not start.
        """
        if self._server is not None:
            return
        account = server_account()
        _make_folder(self.data_dir)
        self._take_lock()
        try:
            programs = PostgresPrograms.reachable(account, self.data_dir / "postgres-programs")
            self._make_private_folder(self._folder, account)
            self._socket_folder = self._place_of_socket(account)
            self._check_reachable(programs)
            self._check_cluster(account)
            _stop_leftover(self._cluster)
            if not self._cluster.exists():
                self._make_cluster(programs)
            self._start_server(programs)
            self._make_roles_and_database()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, if it runs: open transactions are rolled back, what is committed stays."""
        if self._watch is not None:
            # First of all: after the server's end its number may belong to another process.
            self._watch.kill()
            self._watch.communicate()
            self._watch = None
        if self._server is not None:
            for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                self._server.send_signal(how)
                try:
                    self._server.wait(_STOP_DEADLINE_S)
                    break
                except subprocess.TimeoutExpired:
                    continue
            self._server = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def create_database(self, name: str, *, template: str = "template0") -> None:
        """Create the database `name` as a copy of `template`, which nobody may be connected to."""
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )

    def drop_database(self, name: str) -> None:
        """Drop the database `name`, if there is one, and cut whoever is connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    # ------------------------------------------------------------------------------ the steps of a start

    def _take_lock(self) -> None:
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
        self._lock = lock

    def _make_private_folder(self, folder: Path, account: Account) -> None:
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.user_id or found.st_mode & 0o077:
                raise EmbeddedPostgresError(
                    f"{folder} is not a private folder of user {account.name!r}: start as who made it, "
                    "or set CLARION_DATA_DIR to another folder."
                ) from None
        else:
            account.own(folder)

    def _place_of_socket(self, account: Account) -> Path:
        """Beside the data or, where that path is too long for a socket, a private folder in /tmp."""
        folder = self._folder / "run"
        if len(os.fsencode(folder / ".s.PGSQL.5432")) > _MAX_SOCKET_PATH_BYTES:
            place = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:12]
            folder = Path("/tmp") / f"clarion-{account.user_id}-{place}"  # noqa: S108 - private, and checked
        self._make_private_folder(folder, account)
        return folder

    def _check_reachable(self, programs: PostgresPrograms) -> None:
        try:
            entered = programs.start(
                "/bin/sh",
                "-c",
                'cd "$1"',
                "sh",
                str(self._folder),
                cwd=Path("/"),
                stdin=subprocess.DEVNULL,
                output=subprocess.DEVNULL,
            ).wait()
        except OSError as error:
            raise EmbeddedPostgresError(
                f"/bin/sh does not run as {programs.account.name!r}: {error}."
            ) from error
        if entered != 0:
            raise EmbeddedPostgresError(
                f"The user {programs.account.name!r}, as whom PostgreSQL runs, cannot enter {self._folder}: "
                "set CLARION_DATA_DIR to a folder outside private homes, such as /var/lib/clarion/data."
            )

    def _check_cluster(self, account: Account) -> None:
        if not self._cluster.exists():
            return
        try:
            version = (self._cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            version = "an unknown version"
        if version != str(MAJOR_VERSION):
            raise EmbeddedPostgresError(
                f"{self._cluster} was made by PostgreSQL {version}, and this is PostgreSQL {MAJOR_VERSION}: "
                "move it away, or set CLARION_DATA_DIR to another folder."
            )
        if self._cluster.stat().st_uid != account.user_id:
            raise EmbeddedPostgresError(
                f"{self._cluster} does not belong to user {account.name!r}: start as the user who made it, "
                "or set CLARION_DATA_DIR to another folder."
            )

    def _make_cluster(self, programs: PostgresPrograms) -> None:
        # Made under another name, so that one cut short is never taken for a cluster.
        unfinished = self._folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        done = programs.run(
            "initdb",
            f"--pgdata={unfinished}",
            f"--username={OWNER_ROLE}",
            "--auth=trust",
            "--encoding=UTF8",
            # Sorts the same on every machine, so an index outlives a move or an upgrade of the system.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
            *(() if self._durable else ("--no-sync",)),
            cwd=self._folder,
        )
        if done.returncode != 0:
            reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise EmbeddedPostgresError(f"PostgreSQL could not make {self._cluster}: {' '.join(reason)}")
        unfinished.rename(self._cluster)

    def _start_server(self, programs: PostgresPrograms) -> None:
        settings = _SETTINGS | ({} if self._durable else _NOT_DURABLE)
        settings["unix_socket_directories"] = str(self._socket_folder)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with _open_log(self._log_path) as log:
            written_before = log.tell()
            self._server = programs.start(
                str(programs.folder / "postgres"),
                "-D",
                str(self._cluster),
                *options,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                output=log.fileno(),
            )
        # Should this process die without a word, the pipe closes and the shell stops the server.
        self._watch = programs.start(
            "/bin/sh",
            "-c",
            'read -r _; kill -INT "$1"',
            "clarion-postgres-watch",
            str(self._server.pid),
            cwd=Path("/"),
            stdin=subprocess.PIPE,
            output=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_DEADLINE_S
        while not self._is_ready(self._server.pid):
            ended = self._server.poll()
            if ended is not None or time.monotonic() > deadline:
                with self._log_path.open("rb") as log:
                    log.seek(written_before)
                    said = log.read().decode(errors="replace").strip().splitlines()[-3:]
                what = "did not become ready" if ended is None else f"ended with status {ended}"
                raise EmbeddedPostgresError(
                    f"PostgreSQL {what} on {self._cluster}: {' / '.join(said) or 'it said nothing'}"
                )
            time.sleep(_POLL_S)

    def _is_ready(self, process_id: int) -> bool:
        """Whether the server of this process says so; the last of eight lines in its file is its state."""
        lines = _pid_file(self._cluster)
        return len(lines) >= 8 and lines[0].strip() == str(process_id) and lines[7].strip() == "ready"

    def _make_roles_and_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (HUB_ROLE,)).rowcount:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE").format(
                        sql.Identifier(HUB_ROLE)
                    )
                )
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).rowcount:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def _make_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it. What exists keeps its permissions."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        # Whatever the umask: the server's user must be able to pass through to its own, private folder.
        path.chmod(0o755)


def _open_log(path: Path) -> IO[bytes]:
    path.parent.mkdir(exist_ok=True)
    if path.exists() and path.stat().st_size > _MAX_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []


def _stop_leftover(cluster: Path) -> None:
    """Stop a server that outlived its owner; take away the file of one that did not."""
    lines = _pid_file(cluster)
    if not lines:
        return
    process_id = int(lines[0])
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if not _serves(process_id, cluster):
            break
        os.kill(process_id, how)
        deadline = time.monotonic() + _STOP_DEADLINE_S
        while _serves(process_id, cluster) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
    # After a power cut the number may be another process's by now, and PostgreSQL would refuse to start.
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _serves(process_id: int, cluster: Path) -> bool:
    """Whether the process is a live server on `cluster`."""
    if Path("/proc/self/cwd").exists():
        try:
            return (
                Path(f"/proc/{process_id}/cwd").readlink() == cluster.resolve()
            )  # a server works in its cluster
        except OSError:
            return False
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(process_id)], capture_output=True, text=True)
    return str(cluster) in shown.stdout
