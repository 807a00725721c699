"""A hub whose wall clock can be set while it runs: `python -m tests.guarantees.stepping_hub hub`.

It is the hub as it is, but for the clock: that is the machine's, and so many milliseconds ahead as the file
says that STEPPING_CLOCK names. Steady time (deadlines) is untouched, as it is when a machine's clock is set.
"""

from __future__ import annotations

import mmap
import os
import struct
from functools import partial
from pathlib import Path

from hub import bootstrap, running
from hub.command_line import main
from tests.hub.hub_process import HubProcess

_AHEAD = struct.Struct("q")


class SteppingHub(HubProcess):
    """A hub process with such a clock; `set_clock` steps it."""

    MODULE = "tests.guarantees.stepping_hub"

    def __init__(self, owner_url: str, hub_url: str, folder: Path, ahead_s: float) -> None:
        self._clock = folder / "clock"
        self.set_clock(ahead_s)
        env = {"STEPPING_CLOCK": str(self._clock), "CLARION_HEARTBEAT_INTERVAL_S": "1"}
        super().__init__(owner_url, hub_url, folder, env)

    def set_clock(self, ahead_s: float) -> None:
        """From now on the hub's clock is so far ahead of the machine's."""
        with self._clock.open("r+b" if self._clock.exists() else "wb") as file:
            file.write(_AHEAD.pack(round(ahead_s * 1000)))


def run() -> None:
    """The hub's command line with the clock of the file."""
    with Path(os.environ["STEPPING_CLOCK"]).open("rb") as file:
        ahead_ms = mmap.mmap(file.fileno(), _AHEAD.size, access=mmap.ACCESS_READ)
    machine_ms = bootstrap.wall_ms

    def wall_ms() -> int:
        return machine_ms() + int(_AHEAD.unpack_from(ahead_ms)[0])

    running.run_hub = partial(running.run_hub, wall_ms=wall_ms)
    main()


if __name__ == "__main__":
    run()
