"""What goes into the log of a screen, and when it is said.

Rule 1: what is on record is said until the hub has kept it: in each session, and again when no word comes.
Rule 2: one frame at a time is under way, so that a hub that has no time is not asked twice as much.
Rule 3: with a log, what goes wrong is recorded, and not said as an event: it must not be there twice.
Rule 4: what an alert covers nobody sees: that time is not shown, and such an item was not shown to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from player.cover import Cover
from player.hub_clock import HubClock
from player.playback import Shown
from player.records import RecordLog
from player.settings import Settings
from protocol.frames import RECORDS_AT_MOST, DeviceEvent, Play, Records, RecordsKept, Uplink
from protocol.manifest import ManifestPlaylist
from protocol.vocabulary import EventName

SAID_AGAIN_AFTER_S: Final = 30.0
_ONLY_LIVE: Final = frozenset({EventName.PLAYBACK_STARTED, EventName.PLAYBACK_ENDED})
"""Said while there is a session, and not recorded: a `Play` says the same, and more."""


class Recorder:
    """Writes the log, and says it. Instants are seconds of the screen's clock."""

    __slots__ = ("_clock", "_cover", "_log", "_said_up_to", "_settings", "_wait_s", "due_at")

    def __init__(self, log: RecordLog, clock: HubClock, settings: Settings) -> None:
        self._log = log
        self._clock = clock
        self._settings = settings
        self._wait_s: float | None = None  # How long records are gathered; None while there is no session.
        self._said_up_to: int | None = None
        self._cover = Cover()
        self.due_at: float | None = None

    def record(self, what: Play | DeviceEvent, now: float) -> None:
        """Put it on record."""
        self._log.append(what)
        if self._wait_s is not None and self.due_at is None:
            self.due_at = now + self._wait_s

    def shown(self, shown: Shown) -> None:
        """Something left the glass."""
        started_ms, ended_ms = self._clock.ms(shown.started_at), self._clock.ms(shown.ended_at)
        if started_ms is None or ended_ms is None:
            return  # When it was on the glass nobody can say.
        if not self._settings.is_lit(ended_ms):
            return
        covered_s = self._cover.of(shown.started_at, shown.ended_at)
        if covered_s >= shown.shown_s > 0:
            return
        item = shown.item
        play = Play(
            item.name[:200],
            started_ms,
            ended_ms,
            round((shown.shown_s - covered_s) * 1000),
            item.media_id,
            item.playlist_id,
            item.playlist_number,
            completed=int(shown.completed and not covered_s),
        )
        self.record(play, shown.ended_at)

    def programme(self, playlist: ManifestPlaylist | None, now: float) -> None:
        """Another playlist plays from now on."""
        what = "nothing" if playlist is None else f"{playlist.name}, version {playlist.number}"
        event = DeviceEvent(EventName.PROGRAMME_CHANGED, detail=what, at_ms=self._clock.ms(now))
        self.record(event, now)

    def told(self, said: Sequence[Uplink], now: float, is_covered: bool) -> list[Uplink]:
        """What is left to be said now: events are recorded instead, and the log has its turn. `is_covered`:
        an alert covers the glass from now on (Rule 4)."""
        self._cover.turn(is_covered, now)
        rest: list[Uplink] = []
        for frame in said:
            if isinstance(frame, DeviceEvent) and frame.event not in _ONLY_LIVE:
                self.record(frame, now)
            else:
                rest.append(frame)
        return [*rest, *self.advance(now)]

    def begin(self, first_at: float, wait_s: float) -> None:
        """There is a session: say what there is at `first_at`, then gather for `wait_s` each time."""
        self._wait_s, self._said_up_to = wait_s, None
        self.due_at = first_at if len(self._log) else None

    def link_lost(self) -> None:
        """What is recorded from now on waits."""
        self._wait_s = self._said_up_to = self.due_at = None

    def advance(self, now: float) -> list[Records]:
        """What is to be said by now (Rules 1 and 2)."""
        if self.due_at is None or now < self.due_at:
            return []
        records = self._log.oldest(RECORDS_AT_MOST)
        if not records:
            self.due_at = None
            return []
        self._said_up_to, self.due_at = records[-1].number, now + SAID_AGAIN_AFTER_S
        return [Records(self._log.name, records)]

    def kept(self, frame: RecordsKept, now: float) -> None:
        """The hub has them."""
        if frame.log != self._log.name:
            return
        self._log.kept(frame.number)
        if self._said_up_to is None or frame.number < self._said_up_to or self._wait_s is None:
            return
        left, self._said_up_to = len(self._log), None
        if not left:
            self.due_at = None
        else:
            self.due_at = now if left >= RECORDS_AT_MOST else now + self._wait_s
