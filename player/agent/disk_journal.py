"""A screen's journal of commands in a file: what it has carried out outlives the process, even a killed one.

Rule 1: a line a fact, appended, and on the disk (fsync) before the method returns: `begun` before the effect,
        the receipt before it is said.
Rule 2: a line without its end is one whose writing was interrupted: what it would have recorded has not
        happened. It is cut off before anything is written after it.
Rule 3: a line that cannot be read and is not the last is damage. It may hide a command that was carried out,
        so the screen does not start: an operator decides whether to delete the file.
Rule 4: the file is bounded: past four lines for each command that is remembered it is written anew, beside
        the old one, whose place it takes.

Writing waits for the disk in the caller's thread: a screen has nothing better to do meanwhile.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from player.agent.errors import JournalDamaged
from player.journal import REMEMBERED_COMMANDS, MemoryJournal, NotRecorded
from protocol.frames import Receipt
from protocol.vocabulary import CommandName

LINES_FOR_EACH_COMMAND: Final = 4


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """The effect of this command was about to begin."""

    command_id: str
    command: CommandName


_decoder: Final[msgspec.json.Decoder[Begun | Receipt]] = msgspec.json.Decoder(Begun | Receipt)
_encoder: Final = msgspec.json.Encoder()


def journal_file(folder: Path, hardware_id: str) -> Path:
    """Where the screen of that hardware id keeps its journal: any id makes a file name."""
    return folder / f"{quote(hardware_id, safe='')}.jsonl"


def read_lines(path: Path) -> list[Begun | Receipt]:
    """Every fact of the file, in order; none if there is no file. Raises JournalDamaged."""
    return _read(path)[0]


class DiskJournal:
    """Fulfils `player.journal.CommandJournal`. Raises JournalDamaged, OSError when it cannot be opened."""

    def __init__(self, path: Path, limit: int = REMEMBERED_COMMANDS) -> None:
        self._path = path
        self._limit = limit
        self._memory = MemoryJournal(limit)
        facts, sound_bytes = _read(path)
        for fact in facts:
            if isinstance(fact, Begun):
                self._memory.begin(fact.command_id, fact.command)
            else:
                self._memory.finish(fact)
        self._memory.interrupt()
        self._lines, self._bytes = len(facts), sound_bytes
        self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        os.ftruncate(self._file, sound_bytes)
        _sync_folder(path.parent)

    def close(self) -> None:
        """Nothing is lost if nobody calls it."""
        os.close(self._file)

    def receipt(self, command_id: str) -> Receipt | None:
        return self._memory.receipt(command_id)

    def begin(self, command_id: str, command: CommandName) -> None:
        try:
            self._append(Begun(command_id, command))
        except OSError as error:
            raise NotRecorded(str(error)) from error
        self._memory.begin(command_id, command)

    def finish(self, receipt: Receipt) -> None:
        self._memory.finish(receipt)
        # A full disk must not silence the screen: until it restarts it knows what it did.
        with suppress(OSError):
            self._append(receipt)
            if self._lines > LINES_FOR_EACH_COMMAND * self._limit:
                self._compact()

    def _append(self, fact: Begun | Receipt) -> None:
        line = _line(fact)
        try:
            _write(self._file, line)
        except OSError:
            os.ftruncate(self._file, self._bytes)  # Nothing may come after half a line.
            raise
        self._lines += 1
        self._bytes += len(line)

    def _compact(self) -> None:
        """Only what is remembered. Nothing is under way here: the last fact was a receipt."""
        lines = [_line(receipt) for receipt in self._memory.receipts]
        anew = self._path.with_suffix(".anew")
        file = os.open(anew, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_TRUNC, 0o600)
        try:
            _write(file, b"".join(lines))
            anew.replace(self._path)
        except OSError:
            os.close(file)
            raise
        os.close(self._file)
        self._file, self._lines, self._bytes = file, len(lines), sum(map(len, lines))
        _sync_folder(self._path.parent)


def _read(path: Path) -> tuple[list[Begun | Receipt], int]:
    """The facts, and how many bytes of the file they are."""
    try:
        *lines, _unfinished = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return [], 0
    facts: list[Begun | Receipt] = []
    for number, line in enumerate(lines, start=1):
        try:
            facts.append(_decoder.decode(line))
        except msgspec.DecodeError as error:
            raise JournalDamaged(
                f"line {number} of {path} cannot be read ({error}): delete the file, and commands that the "
                "screen has carried out may be carried out again."
            ) from None
    return facts, sum(len(line) + 1 for line in lines)


def _line(fact: Begun | Receipt) -> bytes:
    return _encoder.encode(fact) + b"\n"


def _write(file: int, line: bytes) -> None:
    view = memoryview(line)
    while view:
        view = view[os.write(file, view) :]
    os.fsync(file)


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk only when its folder is. Windows has no such thing."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
