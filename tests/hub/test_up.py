"""`clarion up` as a person runs it: the real command, the real processes, Ctrl-C, and what may go wrong."""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from persistence.embedded import EmbeddedPostgres

_ROOT = Path(__file__).parents[2]
_STARTED = "Ctrl-C stops everything"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_until(fact: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not fact():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


class UpRun:
    """One `clarion up` on `data_dir`, with ports of its own and what it wrote."""

    def __init__(self, data_dir: Path, *, screens: int = 0, **env: str) -> None:
        self.data_dir = data_dir
        self.port, self.dashboard_port = _free_port(), _free_port()
        self._output = data_dir.with_name(f"{data_dir.name}-{secrets.token_hex(3)}.out")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLARION_")}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub", "up"],
                cwd=data_dir.parent,  # no .env of a developer's is there
                env={
                    **inherited,
                    "PYTHONPATH": str(_ROOT),
                    "CLARION_DATA_DIR": str(data_dir),
                    "CLARION_PORT": str(self.port),
                    "CLARION_DASHBOARD_PORT": str(self.dashboard_port),
                    "SCREENS": str(screens),
                    **env,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self._output.read_text(encoding="utf-8")

    @property
    def hub_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_started(self) -> None:
        _wait_until(lambda: _STARTED in self.said or self.process.poll() is not None, within_s=60)
        assert _STARTED in self.said, self.said

    def end(self, how: signal.Signals, *, within_s: float) -> int:
        """Send a signal to this process alone and return its exit status."""
        self.process.send_signal(how)
        return self.process.wait(within_s)

    def refusal(self) -> str:
        """The one line of a run that refuses to start."""
        assert self.process.wait(60) != 0
        lines = [line for line in self.said.splitlines() if line.startswith("clarion: ")]
        assert len(lines) == 1, self.said
        assert "Traceback" not in self.said
        return lines[0]

    def processes(self) -> dict[int, str]:
        """Everything alive that belongs to this data folder: process and command line."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    environment = (entry / "environ").read_bytes()
                except OSError:
                    continue
                # A zombie has neither.
                if str(self.data_dir) in command or os.fsencode(self.data_dir) in environment:
                    found[int(entry.name)] = command
        return found

    def kill_everything(self) -> None:
        for process_id in self.processes():
            os.kill(process_id, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start(scratch_folder: Path) -> Iterator[Callable[..., UpRun]]:
    """Starts `clarion up`; whatever a failed test leaves is ended."""
    runs: list[UpRun] = []

    def run(data_dir: Path | None = None, **options: object) -> UpRun:
        runs.append(UpRun(data_dir or scratch_folder / f"up-{secrets.token_hex(3)}", **options))  # type: ignore[arg-type]
        return runs[-1]

    yield run
    for one in runs:
        one.kill_everything()


def _sign_in(run: UpRun) -> httpx.Client:
    """A client signed in with what the run printed, to be closed."""
    shown = re.search(r"Operator\s+tenant +(\S+)\s+email +(\S+)\s+password +(\S+)", run.said)
    assert shown is not None, run.said
    client = httpx.Client(base_url=run.hub_url, trust_env=False)
    answer = client.post(
        "/api/v1/auth/login", json={"tenant_id": shown[1], "email": shown[2], "password": shown[3]}
    )
    answer.raise_for_status()
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return client


def _online(client: httpx.Client) -> int:
    devices = client.get("/api/v1/devices").raise_for_status().json()["items"]
    return sum(device["presence"] == "online" for device in devices)


def test_one_command_starts_everything_ctrl_c_ends_it_and_the_next_start_goes_on_with_the_data(
    start: Callable[..., UpRun],
) -> None:
    first = start(screens=3)
    first.wait_until_started()
    assert httpx.get(f"{first.hub_url}/health/ready", trust_env=False).is_success
    page = httpx.get(f"http://127.0.0.1:{first.dashboard_port}/", trust_env=False, follow_redirects=True)
    assert page.is_success
    (player,) = re.findall(r"browser +(http://\S+)", first.said)
    assert player.startswith(f"{first.hub_url}/player/#enrol=")
    assert httpx.get(player, trust_env=False).is_success
    with closing(_sign_in(first)) as operator:
        _wait_until(lambda: _online(operator) == 3, within_s=30)
    assert len(first.processes()) >= 5  # this one, PostgreSQL, hub, dashboard, screens

    assert first.end(signal.SIGINT, within_s=5) == 0
    assert first.processes() == {}
    assert "Stopped." in first.said

    second = start(first.data_dir, screens=3)
    second.wait_until_started()
    assert "password  " not in second.said
    assert "shown at the first start" in second.said
    _wait_until(lambda: "clarion_screens_connected 3.0" in _metrics(second), within_s=30)
    assert "clarion_screens_known 3.0" in _metrics(second)  # the same three, not three more
    assert second.end(signal.SIGTERM, within_s=5) == 0
    assert second.processes() == {}


def _metrics(run: UpRun) -> str:
    return httpx.get(f"{run.hub_url}/metrics", trust_env=False).text


def test_no_password_is_among_the_arguments_of_a_process(start: Callable[..., UpRun]) -> None:
    run = start(screens=1)
    run.wait_until_started()
    passwords = re.findall(r"(?:password|key)  +(\S+)", run.said)
    assert len(passwords) == 3
    shown_to_all = " ".join(run.processes().values())
    assert not any(password in shown_to_all for password in passwords)
    logs = "".join(path.read_text() for path in (run.data_dir / "logs").iterdir())
    assert not any(password in logs for password in passwords)


def test_when_it_is_killed_nothing_outlives_it_and_the_next_start_works(
    start: Callable[..., UpRun],
) -> None:
    run = start(screens=2)
    run.wait_until_started()
    run.end(signal.SIGKILL, within_s=5)
    _wait_until(lambda: run.processes() == {}, within_s=10)
    again = start(run.data_dir)
    again.wait_until_started()
    assert again.end(signal.SIGINT, within_s=5) == 0


def test_when_the_hub_dies_everything_stops_and_it_says_which_one_died(start: Callable[..., UpRun]) -> None:
    run = start()
    run.wait_until_started()
    hubs = [process for process, command in run.processes().items() if "-m hub hub" in command]
    assert len(hubs) == 1
    os.kill(hubs[0], signal.SIGKILL)
    assert run.process.wait(10) != 0
    assert "The hub ended by itself with signal 9 (Killed)" in run.said
    assert "hub.log" in run.said
    assert run.processes() == {}


def test_when_postgresql_dies_everything_stops_and_it_says_so_in_one_line(
    start: Callable[..., UpRun],
) -> None:
    run = start()
    run.wait_until_started()
    # The server itself; what it started has other titles, and goes with it.
    servers = [process for process, command in run.processes().items() if "/postgres -D " in command]
    assert len(servers) == 1
    os.kill(servers[0], signal.SIGKILL)
    assert run.process.wait(10) == 1
    lines = [line for line in run.said.splitlines() if line.startswith("clarion: ")]
    assert len(lines) == 1 and "Traceback" not in run.said
    assert lines[0].startswith("clarion: PostgreSQL ended by itself with signal 9 (Killed); see ")
    _wait_until(lambda: run.processes() == {}, within_s=5)
    again = start(run.data_dir)
    again.wait_until_started()
    assert again.end(signal.SIGINT, within_s=5) == 0


def test_a_taken_port_is_one_line_and_nothing_is_started(start: Callable[..., UpRun]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"Port {port} is taken" in start(CLARION_PORT=str(port)).refusal()
        run = start(CLARION_DASHBOARD_PORT=str(port))
        assert f"Port {port} is taken" in run.refusal()
        assert "CLARION_DASHBOARD_PORT" in run.said
    assert not (run.data_dir / "postgres").exists()


def test_a_second_run_on_the_same_data_is_one_line_and_does_not_disturb_the_first(
    start: Callable[..., UpRun],
) -> None:
    first = start()
    first.wait_until_started()
    refusal = start(first.data_dir).refusal()
    assert f"already runs on {first.data_dir} (process {first.process.pid})" in refusal
    assert httpx.get(f"{first.hub_url}/health/ready", trust_env=False).is_success
    assert first.end(signal.SIGINT, within_s=5) == 0


def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(
    start: Callable[..., UpRun],
) -> None:
    run = start(CLARION_DATABASE_URL=f"postgresql://hub:hush@127.0.0.1:{_free_port()}/clarion")
    assert "CLARION_DATABASE_URL" in run.refusal()
    assert "hush" not in run.said


def test_a_data_folder_of_another_version_is_one_line(
    start: Callable[..., UpRun], scratch_folder: Path
) -> None:
    data_dir = scratch_folder / "of-another-version"
    with EmbeddedPostgres(data_dir, durable=False):
        pass
    (data_dir / "postgres/data/PG_VERSION").write_text("17\n")
    assert "was made by PostgreSQL 17, and this is PostgreSQL 18" in start(data_dir).refusal()


def test_a_setting_that_cannot_be_used_is_one_line(start: Callable[..., UpRun]) -> None:
    assert "CLARION_HEARTBEAT_INTERVAL_S" in start(CLARION_HEARTBEAT_INTERVAL_S="soon").refusal()
    assert "SCREENS" in start(SCREENS="many").refusal()


def test_a_database_of_ones_own_is_used_instead_of_an_embedded_one(
    start: Callable[..., UpRun], postgres: EmbeddedPostgres
) -> None:
    postgres.create_database("of_ones_own")
    run = start(CLARION_DATABASE_URL=postgres.url("of_ones_own"))
    run.wait_until_started()
    assert not (run.data_dir / "postgres").exists()
    with closing(_sign_in(run)) as operator:
        assert _online(operator) == 0
    assert run.end(signal.SIGINT, within_s=5) == 0
    postgres.drop_database("of_ones_own")
