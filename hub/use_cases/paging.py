"""Cursors: where the next page begins. They mean nothing to a client; a made-up one is a clear error."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import msgspec

from hub.use_cases.errors import Invalid
from protocol.api import Id

Item = TypeVar("Item")

LIMIT_AT_MOST: Final = 500

# What a list is ordered by. A cursor comes back from a client, so it is checked as strictly as a body.
ByNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
ByName: TypeAlias = tuple[str, Id]
ByInstant: TypeAlias = tuple[Annotated[datetime, msgspec.Meta(tz=True)], Id]


def encode_cursor(key: object) -> str:
    """The key of the last item of a page, as text that is safe in a URL."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str | None, kind: Any) -> Any:
    """The key that `encode_cursor` was given, one of the types above; None for None. Raises Invalid."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=kind)
        if isinstance(key, tuple) and "\0" in str(key[0]):
            raise ValueError("PostgreSQL has no such text")
        return key
    except (ValueError, msgspec.MsgspecError) as error:
        raise Invalid({"cursor": "is not one that this list gave; start again without it"}) from error


def cut_page(items: Sequence[Item], limit: int) -> tuple[list[Item], bool]:
    """Of one item more than wanted: the page, and whether there is another one."""
    return list(items[:limit]), len(items) > limit
