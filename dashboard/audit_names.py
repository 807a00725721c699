"""What the ids in the audit log are called (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from protocol.audit import AuditRow

_NAMES: Final = {"user": "email", "emergency": "title", "feature": "key"}
"""Where the details of an entry have the name of what it is about; `name` for all else."""


class Names:
    """By kind of thing and id: what is known of now, and what entries say of things that are gone."""

    def __init__(self, known: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._now = dict(known or {})
        self._known = {kind: dict(names) for kind, names in self._now.items()}

    def learn(self, rows: Iterable[AuditRow]) -> None:
        """From entries, the newest first: what is known already stays."""
        for row in rows:
            name = told(row)
            if name and row.target_id:
                self._known.setdefault(row.target_type, {}).setdefault(row.target_id, name)

    def is_there(self, kind: str, thing_id: str) -> bool:
        """Whether it is known of now, and not by entries alone."""
        return thing_id in self._now.get(kind, ())

    def of(self, kind: str, thing_id: str) -> str:
        """The name; empty if nobody knows it."""
        return self._known.get(kind, {}).get(thing_id, "")

    def anything(self, thing_id: str) -> str:
        """The name of whatever has this id; empty if nobody knows it."""
        found = (names[thing_id] for names in self._known.values() if thing_id in names)
        return next(found, "")


def told(row: AuditRow) -> str:
    """What the entry itself says that its thing is called, as it was then."""
    key = _NAMES.get(row.target_type, "name")
    for part in (row.details, _part(row, "after"), _part(row, "before")):
        name = part.get(key)
        if isinstance(name, str) and name:
            return name
    return ""


def _part(row: AuditRow, which: str) -> Mapping[str, Any]:
    part = row.details.get(which)
    return part if isinstance(part, dict) else {}
