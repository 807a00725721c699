"""The process that looks into one file: a question comes in on stdin, an answer goes out on stdout, as JSON.

    python -I -m hub.media.inspecting.inspector <most seconds of CPU> <most bytes of memory>

Rule 1: its limits are set before a byte of the file is read, and before anything that decodes is loaded.
Rule 2: whatever is wrong with the file is an answer. Anything else ends the process, and the hub tells.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys

import msgspec

from hub.media.inspecting.findings import KINDS, Answer, FileType, Finding, Question, Unusable
from protocol.vocabulary import MediaKind

_FILE_BYTES = 512 * 1024 * 1024
_OPEN_FILES = 64
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NICE = 15
_TOO_LARGE = "It needs more memory than the hub gives to one file. Make it smaller."


def main(cpu_s: int, memory_bytes: int) -> None:
    """Answer the one question."""
    limit(cpu_s, memory_bytes)
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    sys.stdout.buffer.write(msgspec.json.encode(answer(question)))


def answer(question: Question) -> Answer:
    """What is found, or why the file is unusable."""
    try:
        return Answer(_look(question))
    except Unusable as error:
        return Answer(unusable=error.reason)
    except MemoryError:
        return Answer(unusable=_TOO_LARGE)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        return Answer(no_room=True)


def _look(question: Question) -> Finding:
    # Loaded for the one kind that is asked about: what is not there cannot be attacked.
    match KINDS[FileType(question.type)]:
        case MediaKind.IMAGE:
            from hub.media.inspecting import pictures

            return pictures.look(question)
        case MediaKind.VIDEO:
            from hub.media.inspecting import videos

            return videos.look(question)
        case _:
            from hub.media.inspecting import archives

            return archives.look(question)


def limit(cpu_s: int, memory_bytes: int) -> None:
    """What this process may use from now on. Where the system knows no such limits, the
    deadline of the hub remains."""
    if sys.platform == "win32":
        return
    import resource

    # Everybody who waits for the hub goes before.
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    wanted = [
        # First the signal that says why; whoever does not listen is killed a second later.
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 1),
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_FSIZE, _FILE_BYTES, _FILE_BYTES),
        (resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ]
    for which, soft, hard in wanted:
        # macOS refuses some of them.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (soft, hard))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
