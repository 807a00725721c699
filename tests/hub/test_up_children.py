"""The processes under `clarion up`, with real ones: readiness, death, lifeline, and who ignores it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trio

from hub.errors import ChildDied, StartError
from hub.up_children import Child, stop_all, while_alive

_SERVER = """
import http.server, sys, threading
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
print("end of the lifeline", flush=True)
"""
_DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
while True:
    time.sleep(60)
"""


def _python(code: str, *arguments: str) -> Sequence[str]:
    return [sys.executable, "-c", code, *arguments]


@asynccontextmanager
async def _child(code: str, log: Path) -> AsyncIterator[Child]:
    child = await Child.start("thing", _python(code), os.environ, log)
    try:
        yield child
    finally:
        with trio.CancelScope(shield=True):
            await child.stop(within_s=0.5)


async def _first_line(log: Path) -> str:
    with trio.fail_after(10):
        while True:
            if log.exists() and "\n" in (text := log.read_text()):
                return text.splitlines()[0]
            await trio.sleep(0.01)


@pytest.mark.alone
async def test_a_child_is_awaited_until_it_answers_and_ends_with_its_lifeline(tmp_path: Path) -> None:
    log = tmp_path / "logs/thing.log"
    async with _child(_SERVER, log) as child, httpx.AsyncClient(trust_env=False) as client:
        url = f"http://127.0.0.1:{await _first_line(log)}/"
        await child.until_it_answers(url, client, within_s=10)
        assert child.process.returncode is None

        before = time.monotonic()
        await child.stop(within_s=5)

        assert time.monotonic() - before < 4
        assert child.process.returncode == 0
        assert log.read_text().splitlines()[-1] == "end of the lifeline"


async def test_a_child_that_never_answers_is_given_up_in_one_line(tmp_path: Path) -> None:
    async with _child(_DEAF, tmp_path / "thing.log") as child, httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(StartError, match="The thing was not ready within 0 s") as refusal:
            await child.until_it_answers("http://127.0.0.1:1/", client, within_s=0.3)
        assert "\n" not in str(refusal.value)


async def test_a_child_that_ignores_its_lifeline_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    log = tmp_path / "thing.log"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_DEAF!r}])"
    child = await Child.start("thing", _python(parent), os.environ, log)
    assert await _first_line(log) == "deaf"
    await stop_all([child], within_s=0.2)
    assert child.process.returncode == -signal.SIGKILL
    with trio.fail_after(5):
        while _members_of_group(child.process.pid):
            await trio.sleep(0.01)


async def test_a_death_is_noticed_at_once_and_told_with_the_last_lines(tmp_path: Path) -> None:
    code = "import sys\nfor n in range(20): print('line', n)\nsys.exit(3)"
    async with _child(_DEAF, tmp_path / "alive.log") as alive, _child(code, tmp_path / "dead.log") as dead:
        with trio.fail_after(10):
            with pytest.raises(ChildDied) as death:
                await while_alive([alive, dead], trio.sleep_forever)
    assert "thing ended by itself with status 3" in str(death.value)
    assert str(death.value).endswith("line 18\n    line 19")
    assert "line 5" not in str(death.value)


async def test_a_death_by_a_signal_names_the_signal(tmp_path: Path) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    async with _child(code, tmp_path / "dead.log") as dead:
        with trio.fail_after(10):
            with pytest.raises(ChildDied, match=r"signal 15 \(Terminated\)"):
                await while_alive([dead], trio.sleep_forever)


async def test_work_that_finishes_while_all_live_gives_its_result(tmp_path: Path) -> None:
    async def work() -> int:
        return 7

    async with _child(_DEAF, tmp_path / "alive.log") as alive:
        assert await while_alive([alive], work) == 7


async def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "thing.log"
    parent = (
        "import os, sys, trio\n"
        "from pathlib import Path\n"
        "from hub.up_children import Child\n"
        "async def main():\n"
        f"    command = [sys.executable, '-c', {_SERVER!r}]\n"
        f"    child = await Child.start('thing', command, os.environ, Path({str(log)!r}))\n"
        "    print(child.process.pid, flush=True)\n"
        "    await trio.sleep_forever()\n"
        "trio.run(main)\n"
    )
    process = subprocess.Popen(_python(parent), stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    with process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        await _first_line(log)
        process.kill()
    with trio.fail_after(10):
        while _members_of_group(child):
            await trio.sleep(0.01)


def _members_of_group(group: int) -> list[int]:
    """The live processes of a process group. Zombies, which a container may never reap, do not count."""
    members = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                members.append(int(entry.name))
    return members
