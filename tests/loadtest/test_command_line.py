"""`python -m loadtest simulate` as a person, or `clarion up`, runs it: a process beside a real hub."""

from __future__ import annotations

import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from loadtest.command_line import operator_of
from loadtest.errors import OpenFilesLimit, SimulationError
from loadtest.open_files import allow_open_files
from player.agent.disk_journal import read_lines
from tests.hub.hub_process import HubProcess, free_port
from tests.patience import PATIENCE_S

_ROOT = Path(__file__).parents[2]


class Run:
    """One run: what it printed so far, and how it ended."""

    def __init__(self, arguments: Sequence[str], env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "loadtest", "simulate", *arguments],
            env=env,
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.printed: list[str] = []
        self._more = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._more:
                self.printed.append(line)
                self._more.notify_all()

    @property
    def text(self) -> str:
        return "".join(self.printed)

    def until_printed(self, pattern: str) -> re.Match[str]:
        with self._more:
            found = self._more.wait_for(lambda: re.search(pattern, self.text), PATIENCE_S)
        assert found, f"never printed: {pattern}\n{self.text}"
        return found

    def ended(self, within_s: float = PATIENCE_S) -> tuple[int, str]:
        """Exit status and what went to standard error."""
        status = self.process.wait(within_s)
        self._reader.join(PATIENCE_S)
        assert self.process.stderr is not None
        return status, self.process.stderr.read()


@contextmanager
def running(env: dict[str, str], *arguments: str) -> Iterator[Run]:
    run = Run(arguments, env)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()
        run._reader.join()
        for pipe in (run.process.stdin, run.process.stdout, run.process.stderr):
            if pipe is not None:
                pipe.close()


def wait_for(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def devices(api: httpx.Client, text: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = api.get("/api/v1/devices", params={"q": text, "limit": 200}).json()[
        "items"
    ]
    return [device for device in found if str(device["hardware_id"]).startswith(text)]


def test_approved_screens_connect_and_a_second_run_finds_the_same_devices(
    hub: HubProcess, operator_env: dict[str, str]
) -> None:
    seen: list[set[object]] = []
    for _ in range(2):
        with running(
            operator_env, "--screens", "20", "--approve", "--prefix", "again", "--duration", "2"
        ) as run:
            status, errors = run.ended()
            assert (status, errors) == (0, "")
            assert re.search(r"Simulated fleet: 20 screens for \d+ s", run.text)
            assert re.search(r"connected +20 at most at once; 0 reconnects, 0 failed attempts", run.text)
            assert re.search(r"heartbeat +p50 .* ms, p99 .* ms", run.text)
        with hub.sign_in() as api:
            seen.append({device["id"] for device in devices(api, "again")})
    assert len(seen[0]) == 20
    assert seen[0] == seen[1]


def test_screens_without_approval_show_their_pairing_codes_and_wait_for_an_operator(
    hub: HubProcess, operator_env: dict[str, str]
) -> None:
    with running(operator_env, "--screens", "2", "--prefix", "asks") as run, hub.sign_in() as api:
        code = run.until_printed(r"(\w+)  Main entrance \(St Brigid Hospital\), asks-0001")[1]
        run.until_printed("asks-0002")
        (device,) = (d for d in devices(api, "asks") if d["hardware_id"] == "asks-0001")
        assert (device["status"], device["pairing_code"]) == ("pending", code)
        approval = api.post(f"/api/v1/devices/{device['id']}/approve")
        assert approval.is_success, approval.text
        wait_for(lambda: {d["presence"] for d in devices(api, "asks")} == {"online", "offline"})
        other = next(d for d in devices(api, "asks") if d["hardware_id"] == "asks-0002")
        assert api.post(f"/api/v1/devices/{other['id']}/reject").is_success
        run.until_printed(r"rejected  Ticket hall")


@pytest.mark.alone
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, "end of input"])
def test_told_to_stop_it_says_goodbye_for_every_screen_within_two_seconds(
    hub: HubProcess, operator_env: dict[str, str], how: signal.Signals | str
) -> None:
    env = {**operator_env, "CLARION_STOP_WITH_STDIN": "1"}
    with running(env, "--screens", "20", "--approve", "--prefix", "stops") as run, hub.sign_in() as api:
        run.until_printed("20 of 20 connected")
        told_at = time.monotonic()
        if isinstance(how, signal.Signals):
            run.process.send_signal(how)
        else:
            assert run.process.stdin is not None
            run.process.stdin.close()
        status, errors = run.ended()
        assert time.monotonic() - told_at < 2.0
        assert (status, errors) == (0, "")
        wait_for(lambda: {d["presence"] for d in devices(api, "stops")} == {"offline"})
        assert {d["presence_reason"] for d in devices(api, "stops")} == {"said_goodbye"}


def test_a_folder_for_journals_is_made_and_has_a_file_for_each_screen(
    hub: HubProcess, operator_env: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "journals"
    arguments = ["--screens", "2", "--approve", "--prefix", "kept", "--journal-dir", str(folder)]
    with running(operator_env, *arguments) as run, hub.sign_in() as api:
        run.until_printed("2 of 2 connected")
        (one,) = (d for d in devices(api, "kept") if d["hardware_id"] == "kept-0001")
        api.post(f"/api/v1/devices/{one['id']}/command", json={"command": "ping"})
        wait_for(lambda: len(read_lines(folder / "kept-0001.jsonl")) == 2)
    assert sorted(path.name for path in folder.iterdir()) == ["kept-0001.jsonl", "kept-0002.jsonl"]


def test_a_folder_that_cannot_be_made_is_named(operator_env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with running(operator_env, "--approve", "--journal-dir", str(tmp_path / "file" / "journals")) as run:
        status, errors = run.ended()
        assert status == 1
        assert errors.startswith("clarion simulate: The journals cannot be kept in ")
        assert errors.count("\n") == 1


def test_quiet_prints_nothing(operator_env: dict[str, str]) -> None:
    with running(
        operator_env, "--screens", "2", "--approve", "--prefix", "quiet", "--quiet", "--duration", "1"
    ) as run:
        assert run.ended() == (0, "")
        assert run.text == ""


@pytest.mark.parametrize(
    ("arguments", "changed", "explained"),
    [
        (["--approve"], {"CLARION_SIMULATE_PASSWORD": "wrong"}, "check CLARION_SIMULATE_TENANT_ID"),
        (["--approve"], {"CLARION_SIMULATE_EMAIL": ""}, "set CLARION_SIMULATE_EMAIL in the environment"),
        (["--approve"], {"CLARION_SIMULATE_TENANT_ID": "mine"}, "is not an id of a tenant"),
        ([], {"CLARION_ENROLMENT_KEY": "wrong"}, "check CLARION_ENROLMENT_KEY"),
        ([], {"CLARION_ENROLMENT_KEY": ""}, "set CLARION_ENROLMENT_KEY in the environment"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line_that_says_what_to_do(
    operator_env: dict[str, str], arguments: list[str], changed: dict[str, str], explained: str
) -> None:
    with running({**operator_env, **changed}, "--quiet", "--screens", "1", *arguments) as run:
        status, errors = run.ended()
        assert status == 1
        assert errors.startswith("clarion simulate: ")
        assert explained in errors
        assert errors.count("\n") == 1


def test_a_hub_that_is_not_there_is_waited_for_and_then_named(operator_env: dict[str, str]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with running({**operator_env, "CLARION_HUB_URL": url}, "--approve", "--wait-hub", "1") as run:
        status, errors = run.ended()
        assert status == 1
        assert errors.startswith(f"clarion simulate: No hub answers at {url}")
        assert errors.count("\n") == 1


def test_more_screens_than_the_system_has_files_for_are_refused_with_the_number_that_works() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256));"
        "resource.setrlimit = lambda *limits: (_ for _ in ()).throw(ValueError('not allowed'));"
        "from loadtest.open_files import allow_open_files; allow_open_files(1000)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=_ROOT
    )
    assert "1000 screens need 1128 open files and the limit here is 256" in done.stderr
    assert "at most 128" in done.stderr
    assert OpenFilesLimit.__name__ in done.stderr
    allow_open_files(1)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(
        SimulationError, match="CLARION_SIMULATE_TENANT_ID, CLARION_SIMULATE_EMAIL, CLARION_SIMULATE_PASS"
    ):
        operator_of({})
