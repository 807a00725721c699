"""The servers of the benchmark: each does what the driver counts on, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loadtest.bench.driver import Driver
from loadtest.bench.errors import BenchError
from loadtest.bench.peers import SCRIPTS, Peer, alert_order
from loadtest.bench.screens import Screens
from loadtest.bench.servers import CLARION, SERVERS
from protocol.api import Emergency
from protocol.codec import decode_downlink
from protocol.frames import Command
from protocol.vocabulary import CommandName, EmergencyStatus

SCREENS = 20
# What the peers are locked to is in this environment too: the dashboard's uvicorn brings uvloop.
_PYTHON_PEERS = [
    Peer(script.stem, script.stem, script.name, Path(sys.executable))
    for script in sorted(SCRIPTS.glob("*_server.py"))
]


def processes_in(folder: Path) -> list[int]:
    """Those that work in the folder, or below it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                works_in = (entry / "cwd").readlink()
            except OSError:  # it ended, or is a zombie
                continue
            if works_in.is_relative_to(folder):
                found.append(int(entry.name))
    return found


def is_command_of(process_id: int, *ending: bytes) -> bool:
    """Whether its command line ends so."""
    arguments = Path(f"/proc/{process_id}/cmdline").read_bytes().split(b"\0")[:-1]
    return arguments[-len(ending) :] == list(ending)


def open_files(process_id: int) -> int:
    """How many; none when it has ended."""
    try:
        return len(list(Path(f"/proc/{process_id}/fd").iterdir()))
    except OSError:
        return 0


@pytest.mark.parametrize("peer", _PYTHON_PEERS, ids=lambda peer: peer.name)
def test_a_peer_greets_acknowledges_and_alerts_every_screen_also_when_others_vanish(peer: Peer) -> None:
    with peer.start(SCREENS) as running:
        assert running.resident_before_bytes > 1_000_000
        used_s = running.cpu().server_s
        with Driver(running.address) as driver, Driver(running.address) as others:
            screens = Screens(driver, running)
            screens.connect()
            Screens(others, running).connect()
            screens.beat()
            others.hang_up()
            for _ in range(2):
                alerted = screens.alert()
                screens.beat()
                screens.end(alerted)
        assert running.cpu().server_s > used_s
        assert running.resident_bytes() > 1_000_000
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(running.address)


def test_a_peer_sends_the_alert_that_the_hub_would_send() -> None:
    order = decode_downlink(alert_order(7))
    assert isinstance(order, Command)
    assert order.command is CommandName.EMERGENCY_SHOW
    assert order.args["emergency_version"] == 7
    assert order.command_id == order.args["alert"]["emergency_id"]
    assert 250 < len(alert_order(7)) < 450


def test_a_server_that_cannot_run_here_is_left_out_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    not_installed = Peer("x", "x", "fastapi_server.py", tmp_path / "python")
    missing = {server.name: server.missing() for server in (*SERVERS, not_installed)}
    assert missing["clarion"] is None
    assert missing["floor"] is None
    assert missing["node-ws"] == "There is no node here: install node and npm, then run `make peers`."
    assert missing["x"] == "The peers are not installed: run `make peers`."
    with pytest.raises(BenchError, match="make peers"), not_installed.start(1):
        pass


def test_a_server_that_does_not_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no such luck; exit 1\n")
    python.chmod(0o755)
    with (
        pytest.raises(BenchError, match="fastapi did not start: no such luck"),
        Peer("fastapi", "FastAPI", "fastapi_server.py", python).start(1),
    ):
        pass


def test_the_hub_does_its_full_work_and_leaves_nothing_behind_although_it_was_killed() -> None:
    folders: list[Path] = []
    with pytest.raises(KeyboardInterrupt), CLARION.start(SCREENS) as hub:
        folders.append(hub.folder)
        assert len(hub.device_ids) == len(set(hub.handshakes)) == SCREENS
        with Driver(hub.address) as driver:
            screens = Screens(driver, hub)
            screens.connect()
            used_s = hub.cpu().server_s
            screens.beat()
            alerted = screens.alert()
            assert hub.cpu().server_s > used_s
            assert hub.cpu().database_s > 0
            assert hub.metrics()["clarion_screens_connected"] == SCREENS
            assert hub.metrics()["clarion_operators_connected"] == 1
            screens.end(alerted)
            ended = hub.client.get(f"/api/v1/emergencies/{alerted.emergency_id}", Emergency)
            assert (ended.status, ended.rendered) == (EmergencyStatus.CLEARED, SCREENS)
        assert len(processes_in(hub.folder)) > 1  # the hub, and PostgreSQL's
        (its_own,) = (each for each in processes_in(hub.folder) if is_command_of(each, b"-m", b"hub", b"hub"))
        os.kill(its_own, signal.SIGKILL)
        raise KeyboardInterrupt
    (folder,) = folders
    assert not folder.exists()
    assert processes_in(folder) == []


def test_a_benchmark_that_is_told_to_end_says_so_and_its_server_ends_with_it(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    options = f"--quick --only floor --screens {SCREENS} --folder {tmp_path / 'kept'}".split()
    with subprocess.Popen(
        [sys.executable, "-m", "loadtest", "bench", *options],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stderr=subprocess.PIPE,
        text=True,
    ) as bench:
        until_s = time.monotonic() + 30.0
        # Until the floor has all its screens.
        while not any(open_files(each) > SCREENS for each in processes_in(tmp_path)):
            assert bench.poll() is None
            assert time.monotonic() < until_s
        for _ in range(2):  # as `timeout` does
            bench.terminate()
        _, said = bench.communicate(timeout=30.0)
    assert bench.returncode == 1
    assert said.splitlines()[-1].startswith("clarion bench: stopped; ")
    assert "Traceback" not in said
    assert processes_in(tmp_path) == []
    assert list((tmp_path / "tmp").iterdir()) == []
