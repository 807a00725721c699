"""A real hub in a process of its own, on a real database: what end-to-end tests talk to."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx
import trio

from hub.use_cases.first_run import FirstRun, first_run
from tests.patience import PATIENCE_S

STOPPED_WITHIN_S = 5.0


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


class HubProcess:
    """`with HubProcess(…) as hub`: a hub that is ready, with a first run's people. `kill` and `start` as
    one likes. `MODULE`: what is run; another one may make a hub with a fault."""

    MODULE = "hub"

    def __init__(
        self,
        owner_url: str,
        hub_url: str,
        folder: Path,
        env: dict[str, str] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.port = free_port()
        self.tls = tls
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"
        self.websocket_url = f"{'ws' if tls is None else 'wss'}://127.0.0.1:{self.port}"
        self._verify: ssl.SSLContext | bool = True if tls is None else tls
        self.log = folder / "hub.log"
        self.people: FirstRun = first_run(owner_url)
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._env = {
            **os.environ,
            "CLARION_DATABASE_URL": hub_url,
            "CLARION_PORT": str(self.port),
            "CLARION_DATA_DIR": str(folder / "data"),
            "CLARION_HEARTBEAT_INTERVAL_S": "5",
            "PYTHONUNBUFFERED": "1",
            **(env or {}),
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self._output = self.log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.MODULE, "hub"],
            env=self._env,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the hub did not become ready:\n{self.log.read_text()}")
            time.sleep(0.02)

    def is_ready(self) -> bool:
        """Whether the hub says that it can do its work."""
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=2.0, verify=self._verify).is_success
        except httpx.HTTPError:
            return False

    def is_alive(self) -> bool:
        """Whether the process runs and answers."""
        if self._process is None or self._process.poll() is not None:
            return False
        return bool(
            httpx.get(f"{self.url}/health", timeout=5.0, verify=self._verify).json() == {"status": "ok"}
        )

    def kill(self) -> None:
        """SIGKILL: no goodbye, no flush."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(how)
        try:
            return process.wait(STOPPED_WITHIN_S)
        finally:
            process.kill()
            if self._output is not None:
                self._output.close()

    async def connect(self) -> trio.abc.HalfCloseableStream | trio.SSLStream[trio.SocketStream]:
        """A connection of one's own, through TLS if the hub speaks it."""
        stream = await trio.open_tcp_stream("127.0.0.1", self.port)
        if self.tls is None:
            return stream
        return trio.SSLStream(stream, self.tls, server_hostname="127.0.0.1", https_compatible=True)

    def sign_in(self) -> httpx.Client:
        """A client of the API, signed in as the operator of the default tenant."""
        answer = httpx.post(
            f"{self.url}/api/v1/auth/login",
            json={
                "tenant_id": self.people.tenant_id,
                "email": self.people.operator_email,
                "password": self.people.operator_password,
            },
            timeout=PATIENCE_S,
            verify=self._verify,
        )
        assert answer.status_code == 200, answer.text
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return httpx.Client(base_url=self.url, timeout=PATIENCE_S, headers=bearer, verify=self._verify)

    def provision(self, number: int, prefix: str = "hw", **fields: object) -> dict[str, str]:
        """Approved devices: tokens by device id, in the order of their hardware ids."""
        with self.sign_in() as client:
            devices = [{"hardware_id": f"{prefix}-{n:04}", **fields} for n in range(number)]
            answer = client.post("/api/v1/devices/provision", json={"devices": devices})
            assert answer.is_success, answer.text
            return {row["device_id"]: row["device_token"] for row in answer.json()["devices"]}


@contextmanager
def running_hub(
    owner_url: str,
    hub_url: str,
    folder: Path,
    env: dict[str, str] | None = None,
    *,
    tls: ssl.SSLContext | None = None,
) -> Iterator[HubProcess]:
    """A hub for as long as the block lasts. `tls`: what a client trusts, if the hub has a certificate."""
    with HubProcess(owner_url, hub_url, folder, env, tls=tls) as hub:
        yield hub
