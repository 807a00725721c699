"""Anchors: the heads of audit chains as they once were, signed, outside PostgreSQL.

Rule 1: whoever writes a whole chain anew in PostgreSQL has one that fits itself; it does not fit its anchors.
Rule 2: an anchor whose signature is not ours stands for no hash at all, so that its entry does not fit.

A line a note, in a file for each tenant. Reading and writing block.
"""

from __future__ import annotations

import base64
import os
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from hub.signing import Signature, SigningKeys

NO_HASH: Final = ""


class Anchor(msgspec.Struct, frozen=True):
    """`signature`: Ed25519, base64, by the hub's key `kid`, of the text that `_signed` makes."""

    tenant_id: str
    seq: int
    hash: str
    at: datetime
    kid: str
    signature: str


_decoder: Final = msgspec.json.Decoder(Anchor)


def read_anchors(path: Path, keys: SigningKeys, tenant_id: str) -> dict[int, str]:
    """Hash by number of entry. Raises OSError, and ValueError for a line that is no anchor."""
    anchors: dict[int, str] = {}
    for line in path.read_bytes().splitlines():
        anchor = _decoder.decode(line)
        signature = Signature(anchor.kid, base64.b64decode(anchor.signature))
        is_ours = keys.verify(_signed(tenant_id, anchor.seq, anchor.hash, anchor.at), signature)
        anchors[anchor.seq] = anchor.hash if is_ours else NO_HASH
    return anchors


def add_anchor(path: Path, keys: SigningKeys, tenant_id: str, seq: int, head: str, at: datetime) -> None:
    """Note that the chain ends so; nothing if that is the last note. Raises OSError, ValueError."""
    lines = path.read_bytes().splitlines() if path.exists() else []
    if lines and _decoder.decode(lines[-1]).seq == seq:
        return
    kid, value = keys.sign(_signed(tenant_id, seq, head, at))
    anchor = Anchor(tenant_id, seq, head, at, kid, base64.b64encode(value).decode())
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        file.write(msgspec.json.encode(anchor) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _signed(tenant_id: str, seq: int, head: str, at: datetime) -> bytes:
    return f"clarion audit {tenant_id} {seq} {head} {at.isoformat()}".encode()
