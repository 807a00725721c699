"""What changed, to the operators' pages: one numbered stream of deltas an audience, coalesced, encoded once.

Rule 1: rows are whole and latest wins, so a thousand changes of one screen within a beat are one row.
Rule 2: a subscriber is given frames to send and is never waited for; one that cannot keep up is closed by the
        gateway and resumes by its last number.
Rule 3: a tenant that nobody watches costs nothing: its streams end when what a page could resume is used up.
Rule 4: what changed is collected once a tenant; who is told what of it is decided at the beat, by
        `audience.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from hub.live.audience import Audience, Changed, Seen, Stream, Subscriber
from hub.use_cases.site_limits import Sites
from protocol.codec import encode
from protocol.live import CommandChange, Recovered, ScreenRow, Snapshot, TimelineEntry

BEAT_S = 0.1
"""Deltas go out at most this often."""

SNAPSHOT_GOOD_FOR_MS = 1_000
"""Pages that come together (the hub was away) share one snapshot: ten thousand screens are 0.1 s of work."""


class Picture(Protocol):
    """Where rows and the snapshot come from."""

    def row(self, device_id: str) -> ScreenRow | None:
        """The screen's row now; None when it is gone."""

    def rows(self, tenant_id: str, sites: Sites) -> list[ScreenRow]:
        """Every row of the tenant, or of these sites of it."""

    def site_of(self, device_id: str) -> str | None:
        """The id of the site that the screen is in now."""

    def emergency(self, tenant_id: str, emergency_id: str) -> Seen | None:
        """The emergency, while it is live or clearing."""

    def emergencies(self, tenant_id: str) -> Sequence[Seen]:
        """Every emergency of the tenant that is live or clearing."""

    def tenant_name(self, tenant_id: str) -> str:
        """For the page's title."""


class _Changes:
    """What changed in one tenant since the last beat, and who is to be told."""

    def __init__(self) -> None:
        self.streams: dict[Sites, Stream] = {}
        self.screens: set[str] = set()
        self.emergencies: dict[str, Seen | None] = {}
        self.commands: list[CommandChange] = []
        self.timeline: list[TimelineEntry] = []


class Feed:
    """Collects changes; `beat` sends them. All synchronous, on the trio thread."""

    def __init__(
        self, picture: Picture, wall_ms: Callable[[], int], text_frame: Callable[[bytes], bytes]
    ) -> None:
        self._picture = picture
        self._text_frame = text_frame
        self._wall_ms = wall_ms
        self._tenants: dict[str, _Changes] = {}
        self._changed: set[str] = set()

    # ---- changes ----

    def screen_changed(self, tenant_id: str, device_id: str) -> None:
        """The screen's row is another one now (or gone)."""
        changes = self._listened(tenant_id)
        if changes is not None:
            changes.screens.add(device_id)

    def emergency_changed(self, tenant_id: str, emergency_id: str, last: Seen | None = None) -> None:
        """The emergency's tallies changed. `last`: how it ended, when the board forgets it."""
        changes = self._listened(tenant_id)
        if changes is not None:
            changes.emergencies[emergency_id] = last

    def command_changed(self, tenant_id: str, change: CommandChange) -> None:
        """A command has a new status."""
        changes = self._listened(tenant_id)
        if changes is not None:
            changes.commands.append(change)

    def happened(self, tenant_id: str, entry: TimelineEntry) -> None:
        """Something happened to a screen."""
        changes = self._listened(tenant_id)
        if changes is not None:
            changes.timeline.append(entry)

    def _listened(self, tenant_id: str) -> _Changes | None:
        changes = self._tenants.get(tenant_id)
        if changes is not None:
            self._changed.add(tenant_id)
        return changes

    # ---- subscribers ----

    def subscribe(self, audience: Audience, subscriber: Subscriber, stream_id: str | None, seq: int) -> None:
        """Send what `subscriber` missed since `seq` of `stream_id`, or a snapshot; then every delta."""
        tenant_id, sites = audience
        changes = self._tenants.setdefault(tenant_id, _Changes())
        self._send_beat(tenant_id, changes)
        stream = changes.streams.setdefault(sites, Stream(sites))
        # Before anything is sent: a subscriber that cannot take it unsubscribes in the middle of this.
        stream.subscribers.add(subscriber)
        missed = stream.missed(stream_id, seq)
        if missed is None:
            frame, missed = self._snapshot(tenant_id, stream)
        else:
            frame = self._text_frame(encode(Recovered(stream.id, seq)))
        for each in (frame, *missed):
            subscriber.send_encoded(each)

    def _snapshot(self, tenant_id: str, stream: Stream) -> tuple[bytes, list[bytes]]:
        """A snapshot, encoded, and the deltas since it was taken."""
        now_ms, sites = self._wall_ms(), stream.sites
        if stream.snapshot is not None:
            seq, taken_ms, frame = stream.snapshot
            missed = stream.missed(stream.id, seq)
            if missed is not None and 0 <= now_ms - taken_ms < SNAPSHOT_GOOD_FOR_MS:
                return frame, missed
        seen = [each for each in self._picture.emergencies(tenant_id) if each.concerns(sites)]
        snapshot = Snapshot(
            stream=stream.id,
            seq=stream.seq,
            server_time_ms=now_ms,
            tenant=self._picture.tenant_name(tenant_id),
            screens=self._picture.rows(tenant_id, sites),
            emergencies=[each.progress(sites) for each in seen],
        )
        stream.told_of(snapshot.screens, seen)
        frame = self._text_frame(encode(snapshot))
        stream.snapshot = stream.seq, now_ms, frame
        return frame, []

    def unsubscribe(self, audience: Audience, subscriber: Subscriber) -> None:
        """Send nothing more. The stream goes on for a while, so that a page that comes back resumes."""
        changes = self._tenants.get(audience.tenant_id)
        stream = None if changes is None else changes.streams.get(audience.sites)
        if stream is not None:
            stream.subscribers.discard(subscriber)
            stream.left_at_seq, stream.left_ms = stream.seq, self._wall_ms()

    @property
    def subscribers(self) -> int:
        """Operators' sockets of all tenants."""
        streams = (stream for changes in self._tenants.values() for stream in changes.streams.values())
        return sum(len(stream.subscribers) for stream in streams)

    # ---- the beat ----

    def beat(self) -> None:
        """Send one delta to every audience for which something changed. Called every `BEAT_S`."""
        changed, self._changed = self._changed, set()
        now_ms = self._wall_ms()
        for tenant_id in changed:
            changes = self._tenants[tenant_id]
            for stream in tuple(changes.streams.values()):
                if stream.is_over(now_ms):
                    del changes.streams[stream.sites]
            if changes.streams:
                self._send_beat(tenant_id, changes)
            else:
                del self._tenants[tenant_id]

    def _send_beat(self, tenant_id: str, changes: _Changes) -> None:
        if not (changes.screens or changes.emergencies or changes.commands or changes.timeline):
            return
        found = [last or self._picture.emergency(tenant_id, key) for key, last in changes.emergencies.items()]
        changed = Changed(
            [(device_id, self._picture.row(device_id)) for device_id in changes.screens],
            [each for each in found if each is not None],
            changes.commands,
            changes.timeline,
            self._picture.site_of,
        )
        changes.screens, changes.emergencies, changes.commands, changes.timeline = set(), {}, [], []
        for stream in tuple(changes.streams.values()):
            delta = stream.delta(changed, self._wall_ms())
            if delta is not None:
                frame = self._text_frame(encode(delta))
                stream.remember(delta.seq, frame)
                for subscriber in tuple(stream.subscribers):
                    subscriber.send_encoded(frame)
