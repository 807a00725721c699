"""Bodies of the HTTP API about the audit log. As in `protocol.api`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from protocol.vocabulary import ActorKind, AuditOutcome


class AuditRow(Struct, frozen=True):
    """One entry. `details` has `before` and `after` where something was changed, secrets left out.
    `on_behalf_of`: the maker of a key, or the tenant of a ROOT that acted here."""

    seq: int
    at: datetime
    actor_kind: ActorKind
    user_id: str | None
    user_email: str
    on_behalf_of: str | None
    ip_address: str | None
    user_agent: str | None
    request_id: str | None
    action: str
    target_type: str
    target_id: str | None
    outcome: AuditOutcome
    details: dict[str, Any]
    hash: str


class AuditLink(Struct, frozen=True):
    """One line of an export. `hash` is the SHA-256, in hex, of the bytes of `previous_hash` followed by those
    of `entry`; the line before has `previous_hash` as its `hash`. See docs/audit.md."""

    entry: str
    previous_hash: str
    hash: str


class AuditSeal(Struct, frozen=True, forbid_unknown_fields=True):
    """The last line of an export: what must stand before it, so that a line that was cut off is missed.

    `previous_hash` is that of the first link, `head` the hash of the last one. `is_whole`: every entry from
    `first_seq` to `last_seq` is there; else only those that fitted a filter. `has_more`: the export was cut
    here, the next one begins after `last_seq`. Without entries the numbers are 0, the hashes empty."""

    tenant_id: str
    entries: int
    first_seq: int
    last_seq: int
    previous_hash: str
    head: str
    is_whole: bool
    has_more: bool = False


class AuditAction(Struct, frozen=True):
    """An action that was done lately: how often among the newest entries, and when last."""

    action: str
    entries: int
    last_at: datetime


class AuditFault(Struct, frozen=True):
    """What does not fit: `seq` is the entry at which it shows, `text` a sentence."""

    seq: int
    text: str


class AuditVerdict(Struct, frozen=True):
    """`entries`: how many were looked at, from `first_seq` to `last_seq`, and when those two say they are of;
    `head`: the last link, in hex."""

    entries: int
    first_seq: int
    last_seq: int
    head: str
    archived: int
    faults: list[AuditFault]
    first_at: datetime | None = None
    last_at: datetime | None = None
