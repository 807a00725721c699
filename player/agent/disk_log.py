"""The log of records in a file: a power cut loses at most the record that was being written.

Rule 1: a line a fact, appended, and on the disk before the method returns: the name of the log, a record, how
        far it was said, how far the hub has it.
Rule 2: a line without its end was interrupted; one that cannot be read is passed over: a record less is no
        reason for a dark screen.
Rule 3: past some thousand lines that say nothing any more it is written anew.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from player.agent.kept_file import write_whole
from player.records import RECORDS_REMEMBERED, MemoryLog
from protocol.frames import DeviceEvent, Play, Record

SUPERFLUOUS_LINES: Final = 2_000


class _Named(msgspec.Struct, frozen=True, tag="log"):
    name: str


class _Recorded(msgspec.Struct, frozen=True, tag="record"):
    record: Record


class _Said(msgspec.Struct, frozen=True, tag="said"):
    number: int


class _Kept(msgspec.Struct, frozen=True, tag="kept"):
    number: int


_Fact = _Named | _Recorded | _Said | _Kept
_encoder: Final = msgspec.json.Encoder()
_decoder: Final[msgspec.json.Decoder[_Fact]] = msgspec.json.Decoder(_Fact)


class DiskLog:
    """Fulfils `player.records.RecordLog`. Raises OSError when it cannot be opened."""

    def __init__(self, path: Path, limit: int = RECORDS_REMEMBERED) -> None:
        self._path = path
        self._limit = limit
        name, records, said, kept = _read(path)
        self._memory = MemoryLog(name or secrets.token_hex(8), limit, records)
        self._memory.said_up_to = said
        self._memory.kept(kept)
        self._lines = 0
        self._torn = False
        self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        self._write_anew()

    @property
    def name(self) -> str:
        return self._memory.name

    def __len__(self) -> int:
        return len(self._memory)

    def append(self, what: Play | DeviceEvent) -> None:
        self._append(_Recorded(self._memory.add(what)))
        if len(self._memory) > self._limit:
            self._memory.summarise()
            self._write_anew()

    def oldest(self, limit: int) -> list[Record]:
        before, records = self._memory.said_up_to, self._memory.oldest(limit)
        if self._memory.said_up_to > before:
            self._append(_Said(self._memory.said_up_to))
        return records

    def kept(self, number: int) -> None:
        self._memory.kept(number)
        self._append(_Kept(number))
        if self._lines > len(self._memory) + SUPERFLUOUS_LINES:
            self._write_anew()

    def close(self) -> None:
        """Nothing is lost if nobody calls it."""
        os.close(self._file)

    def _append(self, fact: _Fact) -> None:
        # A full disk must not end the screen: until it starts again it knows what it recorded.
        view = memoryview((b"\n" if self._torn else b"") + _encoder.encode(fact) + b"\n")
        self._torn = True
        with suppress(OSError):
            while view:
                view = view[os.write(self._file, view) :]
            os.fsync(self._file)
            self._torn = False
        self._lines += 1

    def _write_anew(self) -> None:
        memory = self._memory
        facts: list[_Fact] = [_Named(memory.name), _Said(memory.said_up_to), _Kept(memory.last_number_kept)]
        facts += [_Recorded(record) for record in memory.all()]
        write_whole(self._path, b"".join(_encoder.encode(fact) + b"\n" for fact in facts))
        os.close(self._file)
        self._file = os.open(self._path, os.O_RDWR | os.O_APPEND)
        self._lines, self._torn = len(facts), False


def _read(path: Path) -> tuple[str, list[Record], int, int]:
    """The name (empty: there is no log), its records, and how far it was said and kept."""
    try:
        *lines, _unfinished = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        lines = []
    name, records, said, kept = "", dict[int, Record](), 0, 0
    for line in lines:
        try:
            fact = _decoder.decode(line)
        except msgspec.DecodeError:
            continue
        match fact:
            case _Named():
                name = fact.name
            case _Recorded(record=record):
                records[record.number] = record
            case _Said():
                said = max(said, fact.number)
            case _Kept():
                kept = max(kept, fact.number)
    return name, [records[number] for number in sorted(records)], said, kept
