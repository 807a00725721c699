"""Clarion's hub as a server of the benchmark: a process and a fresh PostgreSQL, in a folder of their own.

Rule 1: it is started and set up as a user would, by its commands and its HTTP API, with the settings that it
        has by itself, but for a quiet log: nothing is tuned for the benchmark, and no setting of the caller's
        reaches it.
Rule 2: nothing is left behind: its database ends with it, also if it was killed, and its folder is removed.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from loadtest.bench.driver import Address
from loadtest.bench.errors import BenchError
from loadtest.bench.hub_client import HubClient
from loadtest.bench.process import ServerProcess, environment_of, free_port
from loadtest.bench.results import HUB
from loadtest.bench.running_hub import RunningHub
from loadtest.open_files import allow_open_files
from protocol.access import UserLogin

_COMMAND_WITHIN_S: Final = 60.0
_DATABASE_ENDS_WITHIN_S: Final = 10.0


class HubServer:
    """Fulfils `Server`."""

    name = HUB
    title = "Clarion"

    def missing(self) -> str | None:
        """See `Server`. The hub is always here."""
        return None

    @contextmanager
    def start(self, screens: int) -> Iterator[RunningHub]:
        """See `Server`."""
        # What this process may have open, the processes that it starts may have open too.
        allow_open_files(screens)
        with _folder() as folder, _database_that_ends(folder):
            port = free_port()
            env = environment_of({"CLARION_DATA_DIR": str(folder), "CLARION_PORT": str(port)})
            _run("migrate", env, folder)
            login = _login(_run("first-run", env, folder))
            command = [sys.executable, "-m", "hub", "hub"]
            with (
                ServerProcess("the hub", command, env, folder / "hub.log") as process,
                HubClient(Address("127.0.0.1", port)) as client,
            ):
                hub = RunningHub(process, client, login, folder, screens)
                try:
                    yield hub
                finally:
                    hub.close_page()


# ---- the folder, and the commands that fill it ----


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for the hub's data that the user who runs PostgreSQL can reach: below /var/lib/clarion for
    root, in whose place another user runs it; removed at the end."""
    above = None
    if os.geteuid() == 0:
        above = Path("/var/lib/clarion")
        above.mkdir(mode=0o711, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=above))
    try:
        folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database_that_ends(folder: Path) -> Iterator[None]:
    """The hub stops its database; one that was killed could not, and then it is stopped here."""
    cluster = folder / "postgres" / "data"
    try:
        yield
    finally:
        process_id = _server_of(cluster)
        if process_id is not None:
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGQUIT)
            until_s = time.monotonic() + _DATABASE_ENDS_WITHIN_S
            while _server_of(cluster) is not None and time.monotonic() < until_s:
                time.sleep(0.02)


def _server_of(cluster: Path) -> int | None:
    """The process id of the PostgreSQL that runs on this cluster. A server works in its cluster: the number
    alone could be another process's by now."""
    try:
        process_id = int((cluster / "postmaster.pid").read_text().split()[0])
        works_in = Path(f"/proc/{process_id}/cwd").readlink()
    except (OSError, ValueError, IndexError):
        return None
    return process_id if works_in == cluster.resolve() else None


def _run(command: str, env: dict[str, str], folder: Path) -> str:
    """One of the hub's commands, to its end: what it printed. Raises BenchError."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "hub", command],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_COMMAND_WITHIN_S,
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"`clarion {command}` took longer than {_COMMAND_WITHIN_S:.0f} s") from None
    if done.returncode != 0:
        raise BenchError(f"`clarion {command}` failed: {' / '.join(done.stderr.splitlines()[-5:])}")
    return done.stdout


def _login(printed: str) -> UserLogin:
    """The operator, out of what `clarion first-run` prints."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", printed)
    found = re.search(r"Operator\s+tenant\s+(\S+)\s+email\s+(\S+)\s+password\s+(\S+)", plain)
    if found is None:
        raise BenchError("`clarion first-run` named no operator")
    tenant_id, email, password = found.groups()
    return UserLogin(email, password, tenant_id)
