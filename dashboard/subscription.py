"""What changed in the picture of the fleet, gathered for one reader until it takes it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from protocol.live import CommandChange, TimelineEntry

_LINES_KEPT: Final = 2_000


@dataclass(slots=True)
class Change:
    """What is different since the last `take`. Screens and emergencies by id; commands and lines in order."""

    screens: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    emergencies: set[str] = field(default_factory=set)
    commands: deque[CommandChange] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))
    timeline: deque[TimelineEntry] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))
    hub: bool = False
    resynchronised: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.screens
            or self.removed
            or self.emergencies
            or self.commands
            or self.timeline
            or self.hub
            or self.resynchronised
        )


class Subscription:
    """One reader of the store. `take` hands over what changed since the last time; `close` ends it."""

    def __init__(self, readers: set[Subscription]) -> None:
        self._readers = readers
        self._change = Change()
        readers.add(self)

    def take(self) -> Change | None:
        """What changed, or None."""
        if not self._change:
            return None
        change, self._change = self._change, Change()
        return change

    def close(self) -> None:
        self._readers.discard(self)

    def gather(self, more: Change) -> None:
        """Add `more` to what waits. For the store."""
        mine = self._change
        mine.screens = (mine.screens - more.removed) | more.screens
        mine.removed = (mine.removed - more.screens) | more.removed
        mine.emergencies |= more.emergencies
        mine.commands.extend(more.commands)
        mine.timeline.extend(more.timeline)
        mine.hub |= more.hub
        mine.resynchronised |= more.resynchronised
