"""A server in a process of its own, and what the operating system says that it has used.

Rule: nothing outlives the benchmark. A server is ended, by its id, when its block is left, also by Ctrl-C,
which does not reach it from the terminal. Its standard input is a pipe that is never written to, and ends
when the benchmark is killed: a server that watches it ends then.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from loadtest.bench.errors import BenchError

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_STOP_WITHIN_S: Final = 15.0
_PACKAGES: Final = Path(__file__).parents[2]


class Usage(NamedTuple):
    """What a process has used since it began: processor time, and memory that it holds now."""

    cpu_s: float
    resident_bytes: int


def usage(pid: int) -> Usage:
    """Of one process, threads that ended included. Raises BenchError when it has ended."""
    try:
        # The process's own clock (clock_getcpuclockid), by which the kernel bills it to the nanosecond:
        # /proc/…/stat has the same in hundredths of a second, too coarse for a line of a few of them.
        cpu_s = time.clock_gettime((~pid << 3) | 2)
        resident_pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        raise BenchError(f"the server (process {pid}) has ended by itself") from None
    return Usage(cpu_s, resident_pages * _PAGE_BYTES)


def children_cpu_s(pid: int) -> float:
    """Processor time of everything that the process has started, ended or not, and what that has started."""
    children: dict[int, list[int]] = {}
    used_s: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            # The name in brackets may hold anything, blanks and brackets too.
            fields = stat[stat.rindex(")") + 2 :].split()
            children.setdefault(int(fields[1]), []).append(int(entry.name))
            # Its own, and that of its children that have ended.
            used_s[int(entry.name)] = sum(int(fields[index]) for index in (11, 12, 13, 14)) / _TICKS_PER_S
    total_s, due = 0.0, children.get(pid, [])
    while due:
        child = due.pop()
        total_s += used_s[child]
        due.extend(children.get(child, ()))
    return total_s


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """For one of Clarion's programs: these settings, and none of the caller's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLARION_")}
    return {
        **kept,
        "PYTHONPATH": str(_PACKAGES),
        "CLARION_LOG_LEVEL": "warning",
        "CLARION_STOP_WITH_STDIN": "1",
        # One operator sends all the commands, as fast as the hub takes them, and signs in once.
        "CLARION_RATE_LIMIT_TENANT_PER_MINUTE": "0",
        "CLARION_RATE_LIMIT_ACTOR_PER_MINUTE": "0",
        "CLARION_ACCESS_TOKEN_TTL_S": "28800",
        **settings,
    }


class ServerProcess:
    """`with ServerProcess(name, command, env, log) as server:`; ended when the block is left; killed, if it
    takes too long.

    It works in the folder of its log, where no `.env` or module of the caller's is in its way.
    """

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._command = command
        self._env = env
        self._log = log
        self._process: subprocess.Popen[bytes]  # from the beginning of the block

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._log.parent,
                env=dict(self._env),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        process.terminate()
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        finally:
            assert process.stdin is not None
            process.stdin.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def until_it_listens(self, port: int, within_s: float) -> None:
        """Wait until something accepts connections. Raises BenchError with the end of its log."""
        until_s = time.monotonic() + within_s
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
            except OSError:
                if self._process.poll() is not None or time.monotonic() > until_s:
                    raise BenchError(f"{self.name} did not start: {self.last_words()}") from None
                time.sleep(0.05)
            else:
                return

    def last_words(self) -> str:
        """The last lines of its log."""
        return " / ".join(self._log.read_text(errors="replace").splitlines()[-5:]) or "it said nothing"
