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


class AuditFault(Struct, frozen=True):
    """What does not fit: `seq` is the entry at which it shows, `text` a sentence."""

    seq: int
    text: str


class AuditVerdict(Struct, frozen=True):
    """`entries`: how many were looked at, from `first_seq` to `last_seq`; `head`: the last link, in hex."""

    entries: int
    first_seq: int
    last_seq: int
    head: str
    archived: int
    faults: list[AuditFault]
