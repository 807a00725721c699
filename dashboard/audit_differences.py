"""What an entry of the audit log says beside its sentence: before and after, and all else (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from dashboard.audit_names import Names
from dashboard.audit_words import field_words
from dashboard.clock import Clock, to_ms
from protocol.vocabulary import PERMISSION_WORDS, Permission

Change = Literal["added", "removed", "changed"]


class Item(NamedTuple):
    """A value, or one of several. `mark`: it came, it went, or it is there before and after."""

    text: str
    mark: Literal["came", "went", "stayed"]


class Difference(NamedTuple):
    """One field: what was there before and what is there after; empty where nothing was."""

    field: str
    change: Change
    before: list[Item]
    after: list[Item]


class Reader:
    """Puts values into words: ids become names, instants the browser's time."""

    def __init__(self, names: Names, clock: Clock) -> None:
        self._names = names
        self._clock = clock

    def differences(self, details: Mapping[str, Any]) -> list[Difference]:
        """The fields of `before` and `after`, side by side."""
        parts = [details.get(which) for which in ("before", "after")]
        before, after = (dict(_flat(part)) if isinstance(part, dict) else {} for part in parts)
        found = (self._difference(path, before.get(path), after.get(path)) for path in {**before, **after})
        return [each for each in found if each.before or each.after]

    def facts(self, details: Mapping[str, Any]) -> list[tuple[str, str]]:
        """All that is not `before` and `after`: what it is called, and what it says."""
        rest = {name: value for name, value in details.items() if name not in ("before", "after")}
        return [
            (_called(path), ", ".join(self._several(path, value)) or "nothing") for path, value in _flat(rest)
        ]

    def _difference(self, path: tuple[str, ...], before: Any, after: Any) -> Difference:
        old, new = self._several(path, before), self._several(path, after)
        change: Change = "changed" if old and new else "removed" if old else "added"
        return Difference(
            _called(path),
            change,
            [Item(text, "stayed" if text in new else "went") for text in old],
            [Item(text, "stayed" if text in old else "came") for text in new],
        )

    def _several(self, path: tuple[str, ...], value: Any) -> list[str]:
        if value is None or value == "":
            return []
        if isinstance(value, list):
            return [self._one(path, each) for each in value]
        return [self._one(path, value)]

    def _one(self, path: tuple[str, ...], value: Any) -> str:
        match value:
            case bool():
                return "yes" if value else "no"
            case int() | float():
                return f"{value:,}" if isinstance(value, int) else f"{value}"
            case list():
                return " – ".join(self._one(path, each) for each in value)
            case str():
                return self._text(path, value)
            case _:
                return str(value)

    def _text(self, path: tuple[str, ...], text: str) -> str:
        if path[-1] == "permissions" and text in list(Permission):
            return PERMISSION_WORDS[Permission(text)]
        if _is_id(text):
            return self._names.anything(text) or text
        at = _instant(text)
        return text if at is None else self._clock.full(to_ms(at))


def _flat(value: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value that is not itself a table of values, with the way to it."""
    for name, inner in value.items():
        path = (*above, name)
        if isinstance(inner, dict) and inner:
            yield from _flat(inner, path)
        else:
            yield path, None if inner == {} else inner


def _called(path: tuple[str, ...]) -> str:
    return ": ".join(field_words(name) for name in path)


def _is_id(text: str) -> bool:
    try:
        return len(text) == 36 and str(UUID(text)) == text
    except ValueError:
        return False


def _instant(text: str) -> datetime | None:
    if len(text) < 20 or text[10:11] != "T":
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
