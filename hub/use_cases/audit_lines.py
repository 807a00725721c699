"""The audit log as text that leaves the house: JSON Lines that carry the chain, and CSV for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from hub.use_cases import spreadsheets
from hub.use_cases.audit_chain import Chain
from protocol.audit import AuditLink, AuditSeal

_COLUMNS: Final = (
    "seq",
    "at",
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

_encoder: Final = msgspec.json.Encoder()
_line: Final = msgspec.json.Decoder(AuditLink)
_seal: Final = msgspec.json.Decoder(AuditSeal)


def to_json_lines(lines: Iterable[AuditLink | AuditSeal]) -> bytes:
    """One line each."""
    return b"".join(_encoder.encode(line) + b"\n" for line in lines)


def from_json_line(line: bytes) -> AuditLink | AuditSeal:
    """What `to_json_lines` made a line of. Raises ValueError."""
    try:
        return _line.decode(line)
    except msgspec.ValidationError:
        return _seal.decode(line)


def csv_head() -> bytes:
    """The names of the columns. The last three are the chain: `entry` is what is hashed."""
    return spreadsheets.to_csv([(*_COLUMNS, "previous_hash", "hash", "entry")])


def to_csv(links: Iterable[AuditLink]) -> bytes:
    """A row each. What is in a cell is no formula."""
    return spreadsheets.to_csv(_cells(link) for link in links)


def _cells(link: AuditLink) -> list[str]:
    entry = msgspec.json.decode(link.entry)
    told = [_cell(name, entry.get(name)) for name in _COLUMNS]
    return [*told, link.previous_hash, link.hash, link.entry]


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "details":
        return msgspec.json.encode(value).decode()
    text = str(value)
    if name == "ip_address":
        # PostgreSQL writes a single address as a network of one.
        text = text.removesuffix("/32").removesuffix("/128")
    return spreadsheets.cell(text)


def seal_of(chain: Chain, tenant_id: str, *, is_whole: bool, has_more: bool = False) -> AuditSeal:
    """The last line after the links that `chain` followed."""
    at = chain.at
    if at is None or not chain.entries:
        return AuditSeal(tenant_id, 0, 0, 0, "", "", is_whole, has_more)
    return AuditSeal(
        tenant_id, chain.entries, chain.first_seq, at.seq, chain.previous_hash, at.hash, is_whole, has_more
    )
