"""A server in a process of its own, and what the operating system says that it has used."""

from __future__ import annotations

import os
import signal
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


class Usage(NamedTuple):
    """What a process has used since it began: processor time, and memory that it holds now."""

    cpu_s: float
    resident_bytes: int


def usage(pid: int) -> Usage:
    """Of one process, threads that ended included."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    # The name in brackets may hold anything, blanks and brackets too.
    fields = stat[stat.rindex(")") + 2 :].split()
    return Usage((int(fields[11]) + int(fields[12])) / _TICKS_PER_S, int(fields[21]) * _PAGE_BYTES)


def children_cpu_s(pid: int) -> float:
    """Processor time of everything that the process has started, ended or not, and what that has started."""
    total = 0.0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            fields = stat[stat.rindex(")") + 2 :].split()
            if int(fields[1]) == pid:
                own = sum(int(fields[index]) for index in (11, 12, 13, 14)) / _TICKS_PER_S
                total += own + children_cpu_s(int(entry.name))
    return total


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class ServerProcess:
    """`with ServerProcess(name, command, env, log) as server:`; ended, by its id, when the block is left."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._command = command
        self._env = env
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=dict(self._env), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def until_it_listens(self, port: int, within_s: float) -> None:
        """Wait until something accepts connections. Raises BenchError with the end of its log."""
        until_s = time.monotonic() + within_s
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
            except OSError:
                if self._process is None or self._process.poll() is not None or time.monotonic() > until_s:
                    raise BenchError(f"{self.name} did not start: {self.last_words()}") from None
                time.sleep(0.05)
            else:
                return

    def last_words(self) -> str:
        """The last lines of its log."""
        return " / ".join(self._log.read_text(errors="replace").splitlines()[-5:]) or "it said nothing"
