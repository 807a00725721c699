"""Has a process of its own look into a file, and waits for what it says: so long, and no longer.

Rule 1: what happens to that process happens to nothing else: crashed, killed or silent, the file is unusable.
Rule 2: it is given nothing that it does not need: no environment of the hub's, no open file.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Final

import msgspec
import structlog
import trio

from hub.environment import some_of_environment
from hub.media.inspecting.findings import Answer, Finding, Question, Unusable

DEADLINE_S: Final = 120.0
CPU_S: Final = 60
MEMORY_BYTES: Final = 2 * 1024**3
_ANSWER_BYTES: Final = 65_536
_KEPT_OF_ENVIRONMENT: Final = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TZ")
_TOO_LONG: Final = "It takes longer to look into this file than the hub gives it. Make it smaller or simpler."
_CRASHED: Final = "It could not be looked into: what decodes such files broke off. It is likely damaged."
_log = structlog.get_logger("hub.media")


class NoRoomToLook(Exception):
    """The disk is too full to look into the file."""


async def look_into(
    question: Question,
    *,
    deadline_s: float = DEADLINE_S,
    cpu_s: int = CPU_S,
    memory_bytes: int = MEMORY_BYTES,
) -> Finding:
    """What is found in the file. Raises Unusable, NoRoomToLook; OSError when no process can be started."""
    command = [sys.executable, "-I", "-m", "hub.media.inspecting.inspector", str(cpu_s), str(memory_bytes)]
    with trio.move_on_after(deadline_s):
        done = await trio.run_process(
            command,
            stdin=msgspec.json.encode(question),
            capture_stdout=True,
            stderr=subprocess.DEVNULL,
            check=False,
            env=some_of_environment(_KEPT_OF_ENVIRONMENT),
            deliver_cancel=_kill,
        )
        return _told(done.returncode, done.stdout)
    raise Unusable(_TOO_LONG)


def _told(code: int, said: bytes) -> Finding:
    if code == 0 and len(said) <= _ANSWER_BYTES:
        try:
            answer = msgspec.json.decode(said, type=Answer)
        except msgspec.MsgspecError:
            answer = Answer()
        if answer.finding is not None:
            return answer.finding
        if answer.no_room:
            raise NoRoomToLook("the disk is too full to look into a file")
        if answer.unusable is not None:
            raise Unusable(answer.unusable)
    _log.warning("a file could not be looked into", code=code)
    raise Unusable(_TOO_LONG if code == -signal.SIGXCPU else _CRASHED)


async def _kill(process: trio.Process) -> None:
    process.kill()
