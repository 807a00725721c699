"""What the screen shows and plays, in a file: it starts with it when there is no hub.

Rule 1: by how much the machine's clock is wrong is kept too, so that a start without the hub knows the time.
Rule 2: a file that cannot be read is one that is not there: the hub tells everything again.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from player.agent.kept_file import write_whole
from player.remembered import Remembered


class _Kept(msgspec.Struct, frozen=True):
    remembered: Remembered
    hub_ahead_ms: int | None = None


class Memory:
    """The file. `wall_ms`: what the machine's clock shows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
        except (OSError, msgspec.DecodeError):
            self._kept = _Kept(Remembered())

    @property
    def remembered(self) -> Remembered:
        return self._kept.remembered

    def hub_ms(self, wall_ms: int) -> int | None:
        """What the hub's clock shows then, if it was ever known."""
        ahead_ms = self._kept.hub_ahead_ms
        return None if ahead_ms is None else max(0, wall_ms + ahead_ms)

    def keep(self, remembered: Remembered, hub_ms: int | None, wall_ms: int) -> None:
        """Write it if it is otherwise now, the clock by a second or more. Raises OSError."""
        ahead_ms, before = None if hub_ms is None else hub_ms - wall_ms, self._kept.hub_ahead_ms
        if ahead_ms is None or (before is not None and abs(ahead_ms - before) < 1000):
            ahead_ms = before
        kept = _Kept(remembered, ahead_ms)
        if kept != self._kept:
            write_whole(self._path, msgspec.json.encode(kept))
            self._kept = kept
