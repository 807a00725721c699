"""The audit log: append, nothing else. PostgreSQL chains the entries, and refuses the rest.

Rule: to append is to lock the head of the tenant's chain until the commit. So a transaction appends as its
last deed (`held`): nobody, least of all an emergency, waits for what somebody else does beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from psycopg.types.json import Jsonb

from persistence.repositories.base import Repository


class Done(Protocol):
    """One action. `details` must be JSON."""

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


_COLUMNS = (
    "actor_kind",
    "user_id",
    "user_email",
    "on_behalf_of",
    "ip_address",
    "user_agent",
    "request_id",
    "action",
    "target_type",
    "target_id",
    "outcome",
    "details",
)


class Audit(Repository):
    """Fits `hub.use_cases.ports.Audit`."""

    _held: list[Done] | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """What is added in this block is appended when it ends well, in one go."""
        self._held = []
        yield
        held, self._held = self._held, None
        if held:
            self.add(held)

    def add(self, done: Sequence[Done]) -> None:
        """One entry each, in this order, in the transaction of what they speak of."""
        if self._held is not None:
            self._held.extend(done)
            return
        entries = [
            {"at": each.at.isoformat(), **{name: getattr(each, name) for name in _COLUMNS}} for each in done
        ]
        self._run("SELECT audit_append(%(entries)s)", entries=Jsonb(entries))
