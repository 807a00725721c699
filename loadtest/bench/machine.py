"""On what a benchmark ran: the machine by its size only, and the versions of what was compared."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

from loadtest.bench import peers
from loadtest.bench.results import Machine


def this_machine() -> Machine:
    """The cores that this process may use, and the memory of the machine."""
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    own = {"Python": platform.python_version(), "trio": version("trio")}
    return Machine(len(os.sched_getaffinity(0)), round(memory_bytes / 1024**3), {**own, **peers.versions()})
