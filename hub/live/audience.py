"""An audience, and its stream: those who see the same screens, and what they are told.

Rule 1: all who may see every screen of a tenant are one audience. Those limited to the same sites are
        another; it is told of the screens there and of nothing else, not even that something else changed.
Rule 2: a screen that leaves their sites is gone, to them.
Rule 3: an emergency that an audience was told of it is told of to the end, should its screens leave.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Iterable, Sequence
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from hub.use_cases.site_limits import SiteOf, Sites
from protocol.live import CommandChange, Delta, EmergencyProgress, ScreenRow, TimelineEntry

REPLAY_DELTAS = 600
REPLAY_BYTES = 4 * 1024 * 1024
"""How much of a stream can be resumed: about a minute of a busy tenant."""

LIMITED_STREAM_KEPT_MS = 60_000
"""How long the stream of a limited audience is kept for a page that may come back."""


class Subscriber(Protocol):
    """An operator's socket."""

    def send_encoded(self, frame: bytes) -> None:
        """Send the wire bytes of one text frame; never blocks."""


class Seen(Protocol):
    """An emergency, as the members of an audience see it."""

    @property
    def id(self) -> str: ...

    def concerns(self, sites: Sites) -> bool:
        """Whether it is for a screen of these sites, or could be for no other."""

    def progress(self, sites: Sites) -> EmergencyProgress:
        """The tallies now, of the screens of these sites."""


class Audience(NamedTuple):
    """Those who see the same. `sites`: ids of those to which they are limited; None: every screen."""

    tenant_id: str
    sites: Sites = None


class Changed:
    """What changed in a tenant between two beats. `rows`: by device id; None: the screen is gone.

    It is sorted by sites once, and only if somebody who is limited to some watches.
    """

    def __init__(
        self,
        rows: Sequence[tuple[str, ScreenRow | None]],
        emergencies: Sequence[Seen],
        commands: list[CommandChange],
        timeline: list[TimelineEntry],
        site_of: SiteOf,
    ) -> None:
        self.rows = rows
        self.emergencies = emergencies
        self.commands = commands
        self.timeline = timeline
        self._site_of = site_of

    @cached_property
    def screens(self) -> frozenset[str]:
        """Ids of all of them, also of those that are gone."""
        return frozenset(device_id for device_id, _ in self.rows)

    @cached_property
    def _rows_by_site(self) -> _BySite[ScreenRow]:
        return _by_site((row.site_id, row) for _, row in self.rows if row is not None)

    @cached_property
    def _commands_by_site(self) -> _BySite[CommandChange]:
        return _by_site((self._site_of(each.device_id), each) for each in self.commands)

    @cached_property
    def _timeline_by_site(self) -> _BySite[TimelineEntry]:
        return _by_site((self._site_of(each.device_id), each) for each in self.timeline)

    def at(self, sites: frozenset[str]) -> tuple[list[ScreenRow], list[CommandChange], list[TimelineEntry]]:
        """What of it is of these sites, in the order in which it happened."""
        return (
            _at(self._rows_by_site, sites),
            _at(self._commands_by_site, sites),
            _at(self._timeline_by_site, sites),
        )


Item = TypeVar("Item")
_BySite: TypeAlias = dict[str, list[tuple[int, Item]]]
"""What is of each site, numbered through all of them."""


def _by_site(items: Iterable[tuple[str | None, Item]]) -> _BySite[Item]:
    found: _BySite[Item] = {}
    for number, (site, item) in enumerate(items):
        if site is not None:
            found.setdefault(site, []).append((number, item))
    return found


def _at(by_site: _BySite[Item], sites: frozenset[str]) -> list[Item]:
    found = [each for site in sites for each in by_site.get(site, ())]
    found.sort(key=itemgetter(0))
    return [item for _, item in found]


class Stream:
    """One audience's deltas. `screens`, `emergencies`: ids of those that a limited one has been told of."""

    def __init__(self, sites: Sites) -> None:
        self.id = secrets.token_hex(8)
        self.sites = sites
        self.seq = 0
        self.left_at_seq = 0
        self.left_ms = 0
        self.subscribers: set[Subscriber] = set()
        self.screens: set[str] = set()
        self.emergencies: set[str] = set()
        self.replay: deque[tuple[int, bytes]] = deque()
        self.replay_bytes = 0
        self.snapshot: tuple[int, int, bytes] | None = None
        """Number, instant (ms) and wire bytes of the last one."""

    def missed(self, stream_id: str | None, seq: int) -> list[bytes] | None:
        """The deltas after `seq` of that stream; None where that is not known any more."""
        if stream_id != self.id or seq > self.seq:
            return None
        missed = [frame for number, frame in self.replay if number > seq]
        return missed if len(missed) == self.seq - seq else None

    def remember(self, seq: int, frame: bytes) -> None:
        """The delta `seq` is sent."""
        self.seq = seq
        self.replay.append((seq, frame))
        self.replay_bytes += len(frame)
        while len(self.replay) > REPLAY_DELTAS or self.replay_bytes > REPLAY_BYTES:
            self.replay_bytes -= len(self.replay.popleft()[1])

    def is_over(self, now_ms: int) -> bool:
        """Whether nobody watches, and nobody is expected back. There may be many audiences that are limited,
        each with little to tell: those end by the clock as well."""
        if self.subscribers:
            return False
        used_up = self.seq - self.left_at_seq >= REPLAY_DELTAS
        return used_up or (self.sites is not None and now_ms - self.left_ms > LIMITED_STREAM_KEPT_MS)

    def told_of(self, rows: Iterable[ScreenRow], emergencies: Iterable[Seen]) -> None:
        """They are in a frame that the audience is sent."""
        if self.sites is not None:
            self.screens.update(row.id for row in rows)
            self.emergencies.update(each.id for each in emergencies)

    def delta(self, changed: Changed, now_ms: int) -> Delta | None:
        """The next one; None when nothing of it is for this audience."""
        if self.sites is None:
            return Delta(
                seq=self.seq + 1,
                server_time_ms=now_ms,
                screens=[row for _, row in changed.rows if row is not None],
                removed=[device_id for device_id, row in changed.rows if row is None],
                emergencies=[each.progress(None) for each in changed.emergencies],
                commands=changed.commands,
                timeline=changed.timeline,
            )
        return self._limited(self.sites, changed, now_ms)

    def _limited(self, sites: frozenset[str], changed: Changed, now_ms: int) -> Delta | None:
        here, commands, timeline = changed.at(sites)
        removed = changed.screens & self.screens
        removed -= {row.id for row in here}
        told = [each for each in changed.emergencies if each.id in self.emergencies or each.concerns(sites)]
        if not (here or removed or told or commands or timeline):
            return None
        self.screens -= removed
        self.told_of(here, told)
        progresses = [each.progress(sites) for each in told]
        return Delta(self.seq + 1, now_ms, here, list(removed), progresses, commands, timeline)
