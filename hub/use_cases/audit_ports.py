"""What the audit log needs, to write it and to read it: PostgreSQL's side, and the folder of archives. See
`ports.py`."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from protocol.audit import AuditAction, AuditLink, AuditRow, AuditSeal


class Done(Protocol):
    """One action; see `hub.use_cases.audit.Done`."""

    @property
    def at(self) -> datetime: ...
    @property
    def actor_kind(self) -> str: ...
    @property
    def user_id(self) -> str | None: ...
    @property
    def user_email(self) -> str: ...
    @property
    def on_behalf_of(self) -> str | None: ...
    @property
    def ip_address(self) -> str | None: ...
    @property
    def user_agent(self) -> str | None: ...
    @property
    def request_id(self) -> str | None: ...
    @property
    def action(self) -> str: ...
    @property
    def target_type(self) -> str: ...
    @property
    def target_id(self) -> str | None: ...
    @property
    def outcome(self) -> str: ...
    @property
    def details(self) -> dict[str, Any]: ...


class Audit(Protocol):
    """The audit log: append, nothing else."""

    def add(self, done: Sequence[Done]) -> None: ...


class Archive(Protocol):
    """Entries that were taken out of PostgreSQL, and in which file they are."""

    @property
    def first_seq(self) -> int: ...
    @property
    def last_seq(self) -> int: ...
    @property
    def last_hash(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def archived_at(self) -> datetime: ...


class AuditLog(Protocol):
    """The audit log as it is read. `filters`: the fields of `audit_log.Filter`."""

    def head(self) -> tuple[int, str] | None: ...

    def first(self) -> int: ...

    def last(self) -> int: ...

    def newest(
        self, filters: Mapping[str, Any], *, lowest: int, highest: int, limit: int
    ) -> list[AuditRow]: ...

    def links(
        self, filters: Mapping[str, Any], *, lowest: int, highest: int, limit: int
    ) -> list[AuditLink]: ...

    def actions(self, lowest: int) -> list[AuditAction]: ...

    def archives(self) -> Sequence[Archive]: ...

    def drop_archived(self, last_seq: int, last_hash: str, file: str) -> int: ...


class ArchiveFolder(Protocol):
    """Where archives and anchors are. Each method blocks."""

    def write(self, seal: AuditSeal, links: Iterable[AuditLink]) -> str:
        """The name of the file; when this returns the disk has all of it. Raises OSError."""
        ...

    def read(self, file: str) -> Generator[AuditLink | AuditSeal]:
        """Every line. Raises OSError, and ValueError for a line that is none."""
        ...

    def anchor(self, tenant_id: str, seq: int, head: str, at: datetime) -> None:
        """Note, signed, that the chain ends so. Raises OSError, ValueError."""
        ...

    def anchors(self, tenant_id: str) -> Mapping[int, str]:
        """The hashes that were noted, by number of entry. Raises OSError, ValueError."""
        ...
