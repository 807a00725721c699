"""What a patch says: of a field that is left out, nothing."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct


def fields_of(patch: Struct) -> dict[str, Any]:
    """By name those that the patch names, with what they are to be."""
    said = {name: getattr(patch, name) for name in patch.__struct_fields__}
    return {name: value for name, value in said.items() if value is not UNSET}
