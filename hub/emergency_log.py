"""What is kept of an emergency when PostgreSQL does not answer: lines in a file of the hub, synced to disk.

Rule 1: an alert is not held back for a record. The record is kept here, and brought to PostgreSQL later.
Rule 2: a line stays until PostgreSQL has it. Bringing it twice changes nothing: the id decides.
Rule 3: a torn last line (the hub died while it wrote) was never relied upon, and is set aside.
Rule 4: what the disk does not take is kept in memory, and written as soon as the disk takes it.
See docs/decisions/0012-an-emergency-waits-for-nothing.md.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import trio

from hub.folders import sync_names
from protocol.api import Scope
from protocol.frames import AlertText
from protocol.vocabulary import ActorKind, AlertSound, Pictogram, Severity

logger = logging.getLogger(__name__)


class Actor(msgspec.Struct, frozen=True):
    """Who did it, for the audit."""

    user_id: str
    email: str
    ip: str | None
    kind: ActorKind = ActorKind.USER
    on_behalf_of: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


class Created(msgspec.Struct, frozen=True, tag="created"):
    """An operator triggered an emergency."""

    tenant_id: str
    by: Actor
    at: datetime
    id: str
    hide_command_id: str
    title: str
    message: str
    severity: Severity
    scope: Scope
    scope_text: str
    content_hash: str
    expires_at: datetime | None
    language: str = ""
    texts: tuple[AlertText, ...] = ()
    pictogram: Pictogram | None = None
    sound: AlertSound | None = None


class Cleared(msgspec.Struct, frozen=True, tag="cleared"):
    """An operator gave the all-clear."""

    tenant_id: str
    by: Actor
    at: datetime
    id: str


class SignedOff(msgspec.Struct, frozen=True, tag="signed_off"):
    """An operator closed the case although so many screens may still show the alert."""

    tenant_id: str
    by: Actor
    at: datetime
    id: str
    still_showing: int


Entry = Created | Cleared | SignedOff

_decoder: Final[msgspec.json.Decoder[Entry]] = msgspec.json.Decoder(Entry)
_encoder: Final = msgspec.json.Encoder()


class EmergencyLog:
    """One file. `open` it once, before anything else is asked of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: list[Entry] = []
        self._is_saved = True
        self._writing = trio.Lock()
        # Not among the threads that wait for a database.
        self._thread = trio.CapacityLimiter(1)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What PostgreSQL does not have yet, in order."""
        return tuple(self._entries)

    @property
    def is_saved(self) -> bool:
        """Whether the file says what PostgreSQL does not have yet, no less and no more."""
        return self._is_saved

    def open(self) -> None:
        """Read what an earlier run left; set aside what cannot be read. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._path.exists():
            self._write([])
            return
        *lines, torn = self._path.read_bytes().split(b"\n")
        unreadable = [torn] if torn else []
        for line in lines:
            try:
                self._entries.append(_decoder.decode(line))
            except msgspec.DecodeError:
                unreadable.append(line)
        if unreadable:
            aside = self._path.with_suffix(".unreadable")
            logger.error("%d lines of %s cannot be read; they are in %s", len(unreadable), self._path, aside)
            for line in unreadable:
                _append(aside, line + b"\n")
            self._write(self._entries)

    async def append(self, entry: Entry) -> None:
        """Keep the entry; returns when the disk has it. Raises OSError, and then nothing of it is kept."""
        async with self._writing:
            line = _encoder.encode(entry) + b"\n"
            await trio.to_thread.run_sync(_append, self._path, line, limiter=self._thread)
            self._entries.append(entry)

    def hold(self, entry: Entry) -> None:
        """Keep the entry in memory only: the disk would not take it."""
        self._entries.append(entry)
        self._is_saved = False

    async def settle(self, entry: Entry) -> None:
        """PostgreSQL has the entry. Raises OSError: the file still has it, which does no harm (Rule 2)."""
        async with self._writing:
            self._entries = [kept for kept in self._entries if kept is not entry]
            self._is_saved = False
        await self.save()

    async def save(self) -> None:
        """Write the file anew if it is not as it should be. Raises OSError."""
        async with self._writing:
            if self._is_saved:
                return
            entries = self.entries
            await trio.to_thread.run_sync(self._write, entries, limiter=self._thread)
            # What was held meanwhile is not in it.
            self._is_saved = entries == self.entries

    def _write(self, entries: Iterable[Entry]) -> None:
        """The file anew, whole or not at all."""
        unfinished = self._path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        _append(unfinished, b"".join(_encoder.encode(entry) + b"\n" for entry in entries))
        unfinished.replace(self._path)
        sync_names(self._path.parent)


def _append(path: Path, data: bytes) -> None:
    """Add to the file and sync it; when that fails the file is as long as it was."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        try:
            written = os.write(descriptor, data)
            if written < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)
