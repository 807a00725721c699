"""Cursors: where the next page begins. They mean nothing to a client; a made-up one is a clear error."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from hub.use_cases.errors import Invalid

Key = TypeVar("Key")
Item = TypeVar("Item")

LIMIT_AT_MOST: Final = 500


def encode_cursor(key: object) -> str:
    """The key of the last item of a page, as text that is safe in a URL."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str | None, kind: type[Key]) -> Key | None:
    """The key that `encode_cursor` was given. Raises Invalid."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=kind)
    except (ValueError, msgspec.MsgspecError) as error:
        raise Invalid({"cursor": "is not one that this list gave; start again without it"}) from error


def cut_page(items: Sequence[Item], limit: int) -> tuple[list[Item], bool]:
    """Of one item more than wanted: the page, and whether there is another one."""
    return list(items[:limit]), len(items) > limit
