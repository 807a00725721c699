"""How PostgreSQL's types become Python's: uuid is text everywhere in Clarion, jsonb goes through msgspec."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
from psycopg.adapt import AdaptersMap, Loader
from psycopg.pq import Format
from psycopg.types.json import set_json_dumps, set_json_loads


class UuidText(Loader):
    """A uuid as PostgreSQL writes it: lower case, with hyphens."""

    format = Format.TEXT

    def load(self, data: bytes | bytearray | memoryview) -> str:
        return bytes(data).decode("ascii")


class UuidBinary(Loader):
    """The same from the binary format, which COPY and server-side cursors may use."""

    format = Format.BINARY

    def load(self, data: bytes | bytearray | memoryview) -> str:
        digits = bytes(data).hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _json_text(value: Any) -> bytes:
    return msgspec.json.encode(value)


adapters = AdaptersMap(psycopg.adapters)
adapters.register_loader("uuid", UuidText)
adapters.register_loader("uuid", UuidBinary)
set_json_loads(msgspec.json.decode, adapters)
set_json_dumps(_json_text, adapters)
