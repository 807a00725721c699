"""Files of audit entries: archives that the hub writes, and exports that somebody kept.

Rule 1: an archive is on disk, whole and read back, before what it holds leaves PostgreSQL.
Rule 2: an archive is for its owner alone (0600), as the log is for those who may read it.
"""

from __future__ import annotations

import gzip
import os
import secrets
import zlib
from collections.abc import Generator, Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, cast

from hub.audit_anchors import add_anchor, read_anchors
from hub.folders import sync_names
from hub.signing import SigningKeys
from hub.use_cases.audit_chain import Chain
from hub.use_cases.audit_lines import from_json_line, to_json_lines
from persistence.embedded_folder import make_folder
from protocol.audit import AuditLink, AuditSeal


class AuditArchives:
    """The folder `data_dir`/archive/audit; in it one folder a tenant. Made when the first archive is."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / "archive" / "audit"

    def write(self, seal: AuditSeal, links: Iterable[AuditLink]) -> str:
        """The name of the file, below this folder. The same entries make the same file. Raises OSError."""
        name = f"{seal.tenant_id}/{seal.first_seq}-{seal.last_seq}.jsonl.gz"
        path = self._folder / name
        self._make_folder(path.parent)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                    packed.write(to_json_lines(links))
                    packed.write(to_json_lines([seal]))
                file.flush()
                os.fsync(file.fileno())
            _check(unfinished, seal)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_names(path.parent)
        return name

    def read(self, file: str) -> Generator[AuditLink | AuditSeal]:
        """Every line of an archive. Raises OSError, ValueError."""
        path = (self._folder / file).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise ValueError("its name leads out of the folder of archives")
        yield from read_lines(path)

    def anchor(self, tenant_id: str, seq: int, head: str, at: datetime) -> None:
        """Note, signed, that the chain ends so. Raises OSError, ValueError."""
        path = self._anchors(tenant_id)
        self._make_folder(path.parent)
        add_anchor(path, SigningKeys.kept_in(self._data_dir, at), tenant_id, seq, head, at)

    def anchors(self, tenant_id: str) -> dict[int, str]:
        """The hashes that were noted, by number of entry. Raises OSError, ValueError."""
        path = self._anchors(tenant_id)
        return read_anchors(path, SigningKeys.kept_in(self._data_dir), tenant_id) if path.exists() else {}

    def _anchors(self, tenant_id: str) -> Path:
        return self._folder / tenant_id / "anchors.jsonl"

    def _make_folder(self, folder: Path) -> None:
        make_folder(self._data_dir)
        for each in (self._folder.parent, self._folder, folder):
            if not each.is_dir():
                each.mkdir(mode=0o700, exist_ok=True)
                sync_names(each.parent)


def read_lines(path: Path) -> Generator[AuditLink | AuditSeal]:
    """Every line of an export or an archive, packed or not. Raises OSError, ValueError."""
    with path.open("rb") as raw:
        is_packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        file = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if is_packed else raw
        number = 0
        try:
            for line in file:
                number += 1
                yield from_json_line(line)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"it cannot be unpacked after line {number}") from error
        except ValueError as error:
            raise ValueError(f"line {number} is neither an entry nor a seal") from error


def follow_file(path: Path) -> Chain:
    """The chain in a file, followed to its seal. Raises OSError, ValueError."""
    chain, is_sealed = Chain(None), False
    for line in read_lines(path):
        if isinstance(line, AuditSeal):
            is_sealed = True
            chain.seal(line)
        elif is_sealed:
            raise ValueError("an entry stands after the seal")
        else:
            chain.follow([line])
    if not is_sealed:
        chain.unsealed()
    return chain


def _check(path: Path, seal: AuditSeal) -> None:
    """What was written reads back as it was meant. Raises OSError."""
    try:
        chain = follow_file(path)
    except ValueError as error:
        raise OSError(f"{path} does not read back as it was written: {error}") from error
    if chain.faults or chain.entries != seal.entries:
        raise OSError(f"{path} does not read back as it was written")
