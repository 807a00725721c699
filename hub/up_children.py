"""The processes that `clarion up` starts: each has a log, a lifeline, and somebody who notices its end."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeVar

import httpx
import trio

from hub.errors import ChildDied, StartError
from hub.lifeline import STOP_WITH_STDIN

Result = TypeVar("Result")

_POLL_S = 0.05
_SHOWN_LINES = 8
_MAX_LOG_BYTES = 5_000_000


class Child:
    """One process and its log file. It ends when its lifeline does (see hub/lifeline.py)."""

    def __init__(self, name: str, process: trio.Process, log: Path, log_begins_at: int) -> None:
        self.name = name
        self.process = process
        self._log = log
        self._log_begins_at = log_begins_at

    def __repr__(self) -> str:
        return f"<Child {self.name} {self.process.pid} {self.process.returncode}>"

    @classmethod
    async def start(cls, name: str, command: Sequence[str], env: Mapping[str, str], log: Path) -> Child:
        """Start `command` out of the terminal's reach, its output going to the end of `log`."""
        with _open_log(log) as output:
            begins_at = output.tell()
            process = await trio.lowlevel.open_process(
                list(command),
                stdin=subprocess.PIPE,
                stdout=output.fileno(),
                stderr=subprocess.STDOUT,
                env={**env, STOP_WITH_STDIN: "1", "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )
        return cls(name, process, log, begins_at)

    async def until_it_answers(self, url: str, client: httpx.AsyncClient, *, within_s: float) -> None:
        """Wait until `url` answers without an error. Raises StartError when it does not in time."""
        said = "nothing"
        with trio.move_on_after(within_s):
            while True:
                try:
                    answer = await client.get(url)
                except httpx.HTTPError as error:
                    said = str(error) or type(error).__name__
                else:
                    if not answer.is_error:  # a page may send on to the sign-in
                        return
                    said = f"status {answer.status_code}"
                await trio.sleep(_POLL_S)
        raise StartError(
            f"The {self.name} was not ready within {within_s:.0f} s ({url} answered {said}): see {self._log}."
        )

    def death(self) -> ChildDied:
        """The error that says how it ended, with the last lines that it wrote."""
        with self._log.open("rb") as log:
            log.seek(self._log_begins_at)
            lines = log.read().decode(errors="replace").strip().splitlines()[-_SHOWN_LINES:]
        how = self.process.returncode or 0
        what = f"status {how}" if how >= 0 else f"signal {-how} ({signal.strsignal(-how)})"
        shown = "".join(f"\n    {line}" for line in lines) or "\n    (it wrote nothing)"
        return ChildDied(f"The {self.name} ended by itself with {what}. The end of {self._log}:{shown}")

    async def stop(self, *, within_s: float) -> None:
        """Let go of its lifeline, wait, and kill it when it does not end in time."""
        assert self.process.stdin is not None
        await self.process.stdin.aclose()
        with trio.move_on_after(within_s):
            await self.process.wait()
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()


def _open_log(path: Path) -> IO[bytes]:
    path.parent.mkdir(exist_ok=True)
    if path.exists() and path.stat().st_size > _MAX_LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


async def stop_all(children: Iterable[Child], *, within_s: float) -> None:
    """Stop them side by side."""
    async with trio.open_nursery() as nursery:
        for child in children:
            nursery.start_soon(_stop_one, child, within_s)


async def _stop_one(child: Child, within_s: float) -> None:
    await child.stop(within_s=within_s)


async def while_alive(children: Iterable[Child], work: Callable[[], Awaitable[Result]]) -> Result:
    """`await work()`, as long as every child lives. Raises ChildDied when one ends first."""
    dead: list[Child] = []
    results: list[Result] = []

    async def watch(child: Child) -> None:
        await child.process.wait()
        dead.append(child)
        nursery.cancel_scope.cancel()

    async def do_work() -> None:
        results.append(await work())
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        for child in children:
            nursery.start_soon(watch, child)
        nursery.start_soon(do_work)
    if results:
        return results[0]
    # Which of several deaths came first nobody can tell; the first that was noticed is as good as any.
    raise dead[0].death()
