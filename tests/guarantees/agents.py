"""Simulated screens in a process of their own, which a test starts, stops, kills and holds as it likes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.hub.hub_process import HubProcess

LEFT_WITHIN_S = 10.0


class Agents:
    """`with Agents(hub, 20, folder, "--prefix", "lobby"):` approved screens that connect and come back."""

    def __init__(self, hub: HubProcess, screens: int, folder: Path, *options: str) -> None:
        self.screens = screens
        self._command = [
            *(sys.executable, "-m", "loadtest", "simulate", "--quiet", "--approve"),
            *("--hub", hub.url, "--screens", str(screens), *options),
        ]
        self._env = {
            **os.environ,
            "CLARION_SIMULATE_TENANT_ID": hub.people.tenant_id,
            "CLARION_SIMULATE_EMAIL": hub.people.operator_email,
            "CLARION_SIMULATE_PASSWORD": hub.people.operator_password or "",
        }
        self._log = folder / "agents.log"
        self._output: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.thaw()
            self._end(signal.SIGTERM)

    def start(self) -> None:
        self._output = self._log.open("ab")
        self._process = subprocess.Popen(
            self._command, env=self._env, stdout=self._output, stderr=subprocess.STDOUT
        )

    def kill(self) -> None:
        """SIGKILL: no goodbye, and whatever was under way stays undone."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP: the sockets stay open, and nobody is behind them."""
        self._running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._running.send_signal(signal.SIGCONT)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "these agents do not run"
        assert self._process.poll() is None, f"the agents ended:\n{self._log.read_text()}"
        return self._process

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._running, None
        process.send_signal(how)
        try:
            process.wait(LEFT_WITHIN_S)
        finally:
            process.kill()
            if self._output is not None:
                self._output.close()
