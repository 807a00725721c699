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

import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from persistence.embedded_folder import PostgresFolder
from persistence.embedded_programs import EmbeddedPostgresError, PostgresPrograms, server_account

__all__ = ["DATABASE", "HUB_ROLE", "OWNER_ROLE", "EmbeddedPostgres", "EmbeddedPostgresError"]

OWNER_ROLE = "clarion_owner"
HUB_ROLE = "clarion_hub"
DATABASE = "clarion"

_START_DEADLINE_S = 30.0
_STOP_DEADLINE_S = 3.0
_POLL_S = 0.02

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
        self._folder = PostgresFolder(data_dir)
        self._durable = durable
        self._socket_folder: Path | None = None
        self._lock: IO[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None

    def __repr__(self) -> str:
        state = f"running as process {self._server.pid}" if self._server is not None else "stopped"
        return f"<EmbeddedPostgres {self._folder.cluster} {state}>"

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

    def end(self) -> str | None:
        """How the server that this process started has ended by itself, in one line; None while it runs."""
        how = None if self._server is None else self._server.poll()
        if how is None:
            return None
        what = f"status {how}" if how >= 0 else f"signal {-how} ({signal.strsignal(-how)})"
        return f"PostgreSQL ended by itself with {what}; see {self._folder.log}."

    def attach(self) -> bool:
        """Whether a server already runs on the folder; then `url` is good, and its owner stays its owner."""
        try:
            self._socket_folder = self._folder.socket_of_running()
        except PermissionError as error:
            raise EmbeddedPostgresError(
                f"{self._folder.private} belongs to another user: start as the user who made it, "
                "or set CLARION_DATA_DIR to another folder."
            ) from error
        return self._socket_folder is not None

    def url(self, database: str = DATABASE, role: str = OWNER_ROLE) -> str:
        """The address of `database` for `role`: OWNER_ROLE migrates, row-level security binds HUB_ROLE.

        Raises EmbeddedPostgresError before `start` or a successful `attach`.
        """
        if self._socket_folder is None:
            raise EmbeddedPostgresError("The embedded PostgreSQL has no address before its first start.")
        return f"postgresql://{role}@/{quote(database)}?host={quote(str(self._socket_folder), safe='')}"

    def start(self) -> None:
        """Start the server and return when it answers; on a new folder, make the cluster, roles and database.

        Raises EmbeddedPostgresError: another process owns the folder, it holds data of another version or
        another user, or the server does not start.
        """
        if self._server is not None:
            return
        account = server_account()
        self._lock = self._folder.lock()
        try:
            self._socket_folder = self._folder.make_private(account)
            programs = PostgresPrograms.reachable(account, self._folder.data_dir / "postgres-programs")
            if self._folder.check_cluster(account):
                self._folder.stop_leftover()
            else:
                self._make_cluster(programs)
            self._start_server(programs, self._socket_folder)
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

    def _make_cluster(self, programs: PostgresPrograms) -> None:
        # Made under another name, so that one cut short is never taken for a cluster.
        unfinished = self._folder.private / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        done = programs.account.run(
            str(programs.folder / "initdb"),
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
            cwd=self._folder.private,
        )
        if done.returncode != 0:
            reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise EmbeddedPostgresError(
                f"PostgreSQL could not make {self._folder.cluster}: {' '.join(reason)}"
            )
        unfinished.rename(self._folder.cluster)

    def _start_server(self, programs: PostgresPrograms, socket_folder: Path) -> None:
        settings = _SETTINGS | ({} if self._durable else _NOT_DURABLE)
        settings["unix_socket_directories"] = str(socket_folder)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._folder.open_log() as log:
            written_before = log.tell()
            self._server = programs.account.start(
                str(programs.folder / "postgres"),
                "-D",
                str(self._folder.cluster),
                *options,
                cwd=self._folder.private,
                stdin=subprocess.DEVNULL,
                output=log.fileno(),
            )
        # Should this process die without a word, the pipe closes and the shell stops the server.
        self._watch = programs.account.start(
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
        while not self._folder.is_ready(self._server.pid):
            ended = self._server.poll()
            if ended is not None or time.monotonic() > deadline:
                with self._folder.log.open("rb") as log:
                    log.seek(written_before)
                    said = log.read().decode(errors="replace").strip().splitlines()[-3:]
                what = "did not become ready" if ended is None else f"ended with status {ended}"
                raise EmbeddedPostgresError(
                    f"PostgreSQL {what} on {self._folder.cluster}: {' / '.join(said) or 'it said nothing'}"
                )
            time.sleep(_POLL_S)

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
