"""Where a screen is in its playlist: a playhead that moves with the time it is given.

Rule 1: time is an argument, in seconds of a clock that never goes back; the playhead reads none.
Rule 2: every item that starts is said to end before another starts.
Rule 3: what would have played while nobody moved the playhead (the machine slept) did not play, and no event
        says that it did.
Rule 4: whatever was on the glass is told to `on_shown`, once, when it leaves: by itself or not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from protocol.frames import DeviceEvent, Playback
from protocol.vocabulary import EventName, PlaybackState


@dataclass(frozen=True, slots=True)
class PlaylistItem:
    """One thing to show for `duration_s` seconds. `id`: tells two of the same name apart. The rest is
    what the manifest calls it; of another version of its playlist it is still the same thing."""

    name: str
    duration_s: float
    id: str = ""
    media_id: str | None = None
    playlist_id: str | None = field(default=None, compare=False)
    playlist_number: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.duration_s > 0:
            raise ValueError(f"{self.name!r} must play for more than 0 seconds, not {self.duration_s}")


DEMO_PLAYLIST: Final = (
    PlaylistItem("Welcome", 45.0),
    PlaylistItem("Today's events", 75.0),
    PlaylistItem("Opening hours", 60.0),
    PlaylistItem("Wayfinding", 90.0),
    PlaylistItem("Weather", 50.0),
    PlaylistItem("House notices", 105.0),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An item was on the glass. `shown_s`: without the time that it was paused."""

    item: PlaylistItem
    started_at: float
    ended_at: float
    shown_s: float
    completed: bool


class Playhead:
    """Plays a playlist round and round; made stopped. Each method returns the events it caused, in order.

    Idle it is while it would play and there is nothing to be shown.
    """

    __slots__ = (
        "_ends_at",
        "_index",
        "_left_s",
        "_playlist",
        "_round",
        "_rounds",
        "_started_at",
        "on_shown",
        "state",
    )

    def __init__(self, playlist: Sequence[PlaylistItem]) -> None:
        self._playlist = tuple(playlist)
        self._rounds: Callable[[int], tuple[PlaylistItem, ...]] = lambda _: self._playlist
        self._round = 0
        self._index = 0
        self._ends_at = 0.0  # While playing: when the item ends.
        self._left_s = 0.0  # While paused: how much of the item is left.
        self._started_at = 0.0
        self.on_shown: Callable[[Shown], object] = lambda _: None
        self.state = PlaybackState.STOPPED

    @property
    def item(self) -> PlaylistItem | None:
        """What is on the glass; None when stopped, or idle."""
        if self.state in (PlaybackState.STOPPED, PlaybackState.IDLE):
            return None
        return self._playlist[self._index]

    @property
    def due_at(self) -> float | None:
        """When the item ends; None when nothing moves."""
        return self._ends_at if self.state is PlaybackState.PLAYING else None

    def snapshot(self, now: float) -> Playback:
        """What the screen reports about itself."""
        item = self.item
        if item is None:
            return Playback(self.state)
        left_s = self._left_s if self.state is PlaybackState.PAUSED else self._ends_at - now
        position_s = min(item.duration_s, max(0.0, item.duration_s - left_s))
        return Playback(self.state, item.name, round(position_s, 1), item.media_id)

    def play(self, now: float) -> list[DeviceEvent]:
        """Go on where it was paused, or start from the first item."""
        if self.state is PlaybackState.PAUSED:
            self.state = PlaybackState.PLAYING
            self._ends_at = now + self._left_s
            return []
        if self.state in (PlaybackState.PLAYING, PlaybackState.IDLE):
            return []
        return self._begin_round(0, now)

    def pause(self, now: float) -> list[DeviceEvent]:
        """Hold the item that is playing; nothing to do otherwise."""
        if self.state is PlaybackState.PLAYING:
            self.state = PlaybackState.PAUSED
            self._left_s = max(0.0, self._ends_at - now)
        return []

    def stop(self, now: float) -> list[DeviceEvent]:
        """Clear the glass."""
        ended = self._ended(now)
        self.state = PlaybackState.STOPPED
        return ended

    def restart(self, now: float) -> list[DeviceEvent]:
        """Play from the first item, whatever it did before."""
        return [*self.stop(now), *self.play(now)]

    def load(self, rounds: Callable[[int], tuple[PlaylistItem, ...]], now: float) -> list[DeviceEvent]:
        """Something else is to be shown: `rounds(n)` gives the items of round n, from 0. What is on the glass
        stays there if it is still among them; a playhead that was stopped stays so."""
        showing, self._rounds = self.item, rounds
        if self.state is PlaybackState.STOPPED:
            return []
        if showing is not None and showing in (items := rounds(self._round)):
            self._playlist, self._index = items, items.index(showing)
            return []
        ended = self._ended(now)
        # What was paused is not there any more, and what comes instead was not.
        return [*ended, *self._begin_round(0, now)]

    def advance(self, now: float) -> list[DeviceEvent]:
        """Move on to the next item if this one has ended."""
        if self.state is not PlaybackState.PLAYING or now < self._ends_at:
            return []
        was_due_at = self._ends_at
        ended = self._ended(was_due_at)
        following = self._index + 1
        if following == len(self._playlist):
            following, self._round = 0, self._round + 1
            self._playlist = self._rounds(self._round)
            if not self._playlist:
                return [*ended, *self._begin_round(self._round, was_due_at)]
        # The next item began when this one was due to end, unless it would be over as well by now (Rule 3).
        overslept = now >= was_due_at + self._playlist[following].duration_s
        return [*ended, self._start(following, now if overslept else was_due_at)]

    def _begin_round(self, number: int, at: float) -> list[DeviceEvent]:
        self._round, self._playlist = number, self._rounds(number)
        if self._playlist:
            return [self._start(0, at)]
        self.state = PlaybackState.IDLE
        return [DeviceEvent(EventName.IDLE)]

    def _start(self, index: int, at: float) -> DeviceEvent:
        item = self._playlist[index]
        self.state, self._index, self._ends_at = PlaybackState.PLAYING, index, at + item.duration_s
        self._started_at = at
        return DeviceEvent(EventName.PLAYBACK_STARTED, item.name)

    def _ended(self, at: float) -> list[DeviceEvent]:
        item = self.item
        if item is None:
            return []
        left_s = self._left_s if self.state is PlaybackState.PAUSED else max(0.0, self._ends_at - at)
        shown_s = max(0.0, item.duration_s - left_s)
        self.on_shown(Shown(item, self._started_at, max(self._started_at, at), shown_s, left_s <= 0.0))
        return [DeviceEvent(EventName.PLAYBACK_ENDED, item.name)]
