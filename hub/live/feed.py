"""What changed, to the operators' pages: one numbered stream of deltas a tenant, coalesced, encoded once.

Rule 1: rows are whole and latest wins, so a thousand changes of one screen within a beat are one row.
Rule 2: a subscriber is given frames to send and is never waited for; one that cannot keep up is closed by the
        gateway and resumes by its last number.
Rule 3: a tenant that nobody watches costs nothing: its stream ends when what a page could resume is used up.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from typing import Protocol

from protocol.codec import encode
from protocol.live import (
    CommandChange,
    Delta,
    EmergencyProgress,
    Recovered,
    ScreenRow,
    Snapshot,
    TimelineEntry,
)

BEAT_S = 0.1
"""Deltas go out at most this often."""

REPLAY_DELTAS = 600
REPLAY_BYTES = 4 * 1024 * 1024
"""How much of a stream can be resumed: about a minute of a busy tenant."""

SNAPSHOT_GOOD_FOR_MS = 1_000
"""Pages that come together (the hub was away) share one snapshot: ten thousand screens are 0.1 s of work."""


class Subscriber(Protocol):
    """An operator's socket."""

    def send_encoded(self, frame: bytes) -> None:
        """Send the wire bytes of one text frame; never blocks."""


class Picture(Protocol):
    """Where rows and the snapshot come from."""

    def row(self, device_id: str) -> ScreenRow | None:
        """The screen's row now; None when it is gone."""

    def rows(self, tenant_id: str) -> list[ScreenRow]:
        """Every row of the tenant."""

    def progress(self, emergency_id: str) -> EmergencyProgress | None:
        """The emergency's tallies now."""

    def progresses(self, tenant_id: str) -> list[EmergencyProgress]:
        """Every emergency of the tenant that is live or clearing."""

    def tenant_name(self, tenant_id: str) -> str:
        """For the page's title."""


class _Stream:
    """One tenant's deltas."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self.seq = 0
        self.left_at_seq = 0
        self.subscribers: set[Subscriber] = set()
        self.screens: set[str] = set()
        self.emergencies: dict[str, EmergencyProgress | None] = {}
        self.commands: list[CommandChange] = []
        self.timeline: list[TimelineEntry] = []
        self.replay: deque[tuple[int, bytes]] = deque()
        self.replay_bytes = 0
        self.snapshot: tuple[int, int, bytes] | None = None
        """Number, instant (ms) and wire bytes of the last one."""

    def remember(self, seq: int, frame: bytes) -> None:
        self.replay.append((seq, frame))
        self.replay_bytes += len(frame)
        while len(self.replay) > REPLAY_DELTAS or self.replay_bytes > REPLAY_BYTES:
            self.replay_bytes -= len(self.replay.popleft()[1])


class Feed:
    """Collects changes; `beat` sends them. All synchronous, on the trio thread."""

    def __init__(
        self, picture: Picture, wall_ms: Callable[[], int], text_frame: Callable[[bytes], bytes]
    ) -> None:
        self._picture = picture
        self._text_frame = text_frame
        self._wall_ms = wall_ms
        self._streams: dict[str, _Stream] = {}
        self._changed: set[str] = set()

    # ---- changes ----

    def screen_changed(self, tenant_id: str, device_id: str) -> None:
        """The screen's row is another one now (or gone)."""
        stream = self._listened(tenant_id)
        if stream is not None:
            stream.screens.add(device_id)

    def emergency_changed(
        self, tenant_id: str, emergency_id: str, last: EmergencyProgress | None = None
    ) -> None:
        """The emergency's tallies changed. `last`: its final word, when the board forgets it."""
        stream = self._listened(tenant_id)
        if stream is not None:
            stream.emergencies[emergency_id] = last

    def command_changed(self, tenant_id: str, change: CommandChange) -> None:
        """A command has a new status."""
        stream = self._listened(tenant_id)
        if stream is not None:
            stream.commands.append(change)

    def happened(self, tenant_id: str, entry: TimelineEntry) -> None:
        """Something happened to a screen."""
        stream = self._listened(tenant_id)
        if stream is not None:
            stream.timeline.append(entry)

    def _listened(self, tenant_id: str) -> _Stream | None:
        stream = self._streams.get(tenant_id)
        if stream is not None:
            self._changed.add(tenant_id)
        return stream

    # ---- subscribers ----

    def subscribe(self, tenant_id: str, subscriber: Subscriber, stream_id: str | None, seq: int) -> None:
        """Send what `subscriber` missed since `seq` of `stream_id`, or a snapshot; then every delta."""
        stream = self._streams.get(tenant_id)
        if stream is None:
            stream = self._streams[tenant_id] = _Stream()
        self._send_beat(tenant_id, stream)
        # Before anything is sent: a subscriber that cannot take it unsubscribes in the middle of this.
        stream.subscribers.add(subscriber)
        missed = self._missed(stream, stream_id, seq)
        if missed is None:
            frame, missed = self._snapshot(tenant_id, stream)
        else:
            frame = self._text_frame(encode(Recovered(stream.id, seq)))
        for each in (frame, *missed):
            subscriber.send_encoded(each)

    def _snapshot(self, tenant_id: str, stream: _Stream) -> tuple[bytes, list[bytes]]:
        """A snapshot, encoded, and the deltas since it was taken."""
        now_ms = self._wall_ms()
        if stream.snapshot is not None:
            seq, taken_ms, frame = stream.snapshot
            missed = self._missed(stream, stream.id, seq)
            if missed is not None and 0 <= now_ms - taken_ms < SNAPSHOT_GOOD_FOR_MS:
                return frame, missed
        snapshot = Snapshot(
            stream=stream.id,
            seq=stream.seq,
            server_time_ms=now_ms,
            tenant=self._picture.tenant_name(tenant_id),
            screens=self._picture.rows(tenant_id),
            emergencies=self._picture.progresses(tenant_id),
        )
        frame = self._text_frame(encode(snapshot))
        stream.snapshot = stream.seq, now_ms, frame
        return frame, []

    def unsubscribe(self, tenant_id: str, subscriber: Subscriber) -> None:
        """Send nothing more. The stream goes on for a while, so that a page that comes back resumes."""
        stream = self._streams.get(tenant_id)
        if stream is not None:
            stream.subscribers.discard(subscriber)
            stream.left_at_seq = stream.seq

    @property
    def subscribers(self) -> int:
        """Operators' sockets of all tenants."""
        return sum(len(stream.subscribers) for stream in self._streams.values())

    @staticmethod
    def _missed(stream: _Stream, stream_id: str | None, seq: int) -> list[bytes] | None:
        if stream_id != stream.id or seq > stream.seq:
            return None
        missed = [frame for number, frame in stream.replay if number > seq]
        return missed if len(missed) == stream.seq - seq else None

    # ---- the beat ----

    def beat(self) -> None:
        """Send one delta to every tenant with changes. Called every `BEAT_S`."""
        changed, self._changed = self._changed, set()
        for tenant_id in changed:
            stream = self._streams[tenant_id]
            if not stream.subscribers and stream.seq - stream.left_at_seq >= REPLAY_DELTAS:
                del self._streams[tenant_id]
            else:
                self._send_beat(tenant_id, stream)

    def _send_beat(self, tenant_id: str, stream: _Stream) -> None:
        if not (stream.screens or stream.emergencies or stream.commands or stream.timeline):
            return
        rows = [(device_id, self._picture.row(device_id)) for device_id in stream.screens]
        progresses = [last or self._picture.progress(key) for key, last in stream.emergencies.items()]
        stream.seq += 1
        delta = Delta(
            seq=stream.seq,
            server_time_ms=self._wall_ms(),
            screens=[row for _, row in rows if row is not None],
            removed=[device_id for device_id, row in rows if row is None],
            emergencies=[progress for progress in progresses if progress is not None],
            commands=stream.commands,
            timeline=stream.timeline,
        )
        frame = self._text_frame(encode(delta))
        stream.screens, stream.emergencies, stream.commands, stream.timeline = set(), {}, [], []
        stream.remember(stream.seq, frame)
        for subscriber in tuple(stream.subscribers):
            subscriber.send_encoded(frame)
