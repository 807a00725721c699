"""The peers (`loadtest/peers/`), each in a process of its own: what the hub is compared with.

They run on what `make peers` installs: a virtual environment of their own, and `ws` beside its script.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from loadtest.bench.driver import Address, Driver
from loadtest.bench.errors import BenchError
from loadtest.bench.frames import text_frame, upgrade_request
from loadtest.bench.handshake import open_websocket
from loadtest.bench.process import ServerProcess, free_port, usage
from loadtest.bench.server import CpuTime
from loadtest.open_files import allow_open_files
from protocol.alert import content_hash
from protocol.frames import Alert, Command
from protocol.vocabulary import CommandName, Severity

SCRIPTS: Final = Path(__file__).parents[1] / "peers"
PYTHON: Final = SCRIPTS.parents[1] / ".venv-peers" / "bin" / "python"
"""Of their own virtual environment."""
_NODE_PACKAGES: Final = SCRIPTS / "node_modules"
_STARTS_WITHIN_S: Final = 15.0


class Peer:
    """One script. Fulfils `Server`. `runs_on`: the Python of it, or None for node."""

    def __init__(self, name: str, title: str, script: str, runs_on: Path | None) -> None:
        self.name = name
        self.title = title
        self._script = SCRIPTS / script
        self._runs_on = runs_on

    def missing(self) -> str | None:
        """See `Server`."""
        if self._runs_on is not None:
            return None if self._runs_on.exists() else "The peers are not installed: run `make peers`."
        if shutil.which("node") is None:
            return "There is no node here: install node and npm, then run `make peers`."
        if not (_NODE_PACKAGES / "ws").exists():
            return "The package ws is not installed: run `make peers` (it needs npm)."
        return None

    @contextmanager
    def start(self, screens: int) -> Iterator[RunningPeer]:
        """See `Server`."""
        missing = self.missing()
        if missing is not None:
            raise BenchError(missing)
        # What this process may have open, the processes that it starts may have open too.
        allow_open_files(screens)
        program = "node" if self._runs_on is None else str(self._runs_on)
        address = Address("127.0.0.1", free_port())
        with tempfile.TemporaryDirectory(prefix="clarion-bench-") as folder:
            command = [program, str(self._script), str(address.port)]
            with ServerProcess(self.name, command, os.environ, Path(folder, "log")) as process:
                process.until_it_listens(address.port, _STARTS_WITHIN_S)
                with open_websocket(
                    address, upgrade_request("/control", address.host, None, None)
                ) as control:
                    yield RunningPeer(process, address, control, screens)


class RunningPeer:
    """Fulfils `RunningServer`."""

    def __init__(
        self, process: ServerProcess, address: Address, control: socket.socket, screens: int
    ) -> None:
        self._process = process
        self._control = control
        self._alerts = 0
        self.address = address
        self.handshakes: Sequence[bytes] = [
            upgrade_request("/ws", address.host, None, None) for _ in range(screens)
        ]
        self.resident_before_bytes = self.resident_bytes()

    def resident_bytes(self) -> int:
        """See `RunningServer`."""
        return usage(self._process.pid).resident_bytes

    def cpu(self) -> CpuTime:
        """See `RunningServer`."""
        return CpuTime(usage(self._process.pid).cpu_s, 0.0)

    def alert(self, driver: Driver) -> Callable[[], None]:
        """See `RunningServer`. A peer keeps no alert, so there is nothing to end."""
        self._alerts += 1
        self._control.sendall(text_frame(alert_order(self._alerts)))
        return lambda: None


def alert_order(version: int) -> bytes:
    """The hub's own order to show an alert, byte for byte as long, for a server that has no alerts."""
    title, message = "Evacuate the building", "Leave by the nearest exit. Do not use the lifts."
    alert = Alert(
        str(uuid.uuid4()), title, message, Severity.EXTREME, 1_760_000_000_000,
        content_hash(title, message, Severity.EXTREME),
    )  # fmt: skip
    arguments = {"alert": alert, "emergency_version": version}
    return msgspec.json.encode(Command(alert.emergency_id, CommandName.EMERGENCY_SHOW, arguments))


def versions() -> dict[str, str]:
    """What the peers run on: version by name of the package; what is not installed is left out."""
    found: dict[str, str] = {}
    if PYTHON.exists():
        asked = (
            "from importlib.metadata import distributions\n"
            "for each in distributions(): print(each.name, each.version)"
        )
        installed = dict(line.split() for line in _said(str(PYTHON), "-c", asked).splitlines())
        names = ("fastapi", "uvicorn", "uvloop", "websockets", "quart-trio", "hypercorn", "trio-websocket")
        by_name = {name.lower().replace("_", "-"): version for name, version in installed.items()}
        found |= {name: by_name[name] for name in names if name in by_name}
    manifest = _NODE_PACKAGES / "ws" / "package.json"
    if shutil.which("node") is not None and manifest.exists():
        found["node"] = _said("node", "--version").strip().removeprefix("v")
        found["ws"] = msgspec.json.decode(manifest.read_bytes())["version"]
    return found


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
