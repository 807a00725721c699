"""Whom an emergency or a command is for: the scope, tidied, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.operator import Operator
from hub.use_cases.errors import Invalid
from hub.use_cases.ports import Database, NamedTable
from hub.use_cases.realtime import Realtime
from protocol.api import Scope

_TABLES: Final[dict[str, NamedTable]] = {"sites": "sites", "groups": "device_groups", "devices": "devices"}
_WORDS: Final = {"sites": ("site", "sites"), "groups": ("group", "groups"), "devices": ("screen", "screens")}


class Scopes:
    """The places that a scope may name."""

    def __init__(self, database: Database, realtime: Realtime) -> None:
        self._database = database
        self._realtime = realtime

    async def in_words(self, operator: Operator, scope: Scope, *, urgent: bool = False) -> str:
        """Such as "sites Main building, North wing and 3 more". Raises Invalid, naming ids of no place here.

        The live side knows every place that has a screen; PostgreSQL is asked only about the others.
        """
        if scope.kind == "all":
            return "all screens"
        names = dict(self._realtime.names(operator.tenant_id, scope))
        unknown = [id for id in scope.ids if id not in names]
        if unknown:
            table = _TABLES[scope.kind]
            names |= await self._database.transact(
                operator.tenant_id, lambda tx: tx.names.of(table, unknown), urgent=urgent
            )
        return _words(scope, names)


def tidy(scope: Scope) -> Scope:
    """Ids in lower case, each once. Raises Invalid."""
    if scope.kind == "all":
        if scope.ids:
            raise Invalid({"scope.ids": "must be empty for the kind all"})
        return scope
    if not scope.ids:
        raise Invalid({"scope.ids": f"name at least one id for the kind {scope.kind}"})
    return Scope(scope.kind, list(dict.fromkeys(id.lower() for id in scope.ids)))


def _words(scope: Scope, names: Mapping[str, str]) -> str:
    unknown = [id for id in scope.ids if id not in names]
    if unknown:
        shown = ", ".join(unknown[:10]) + (f" and {len(unknown) - 10} more" if len(unknown) > 10 else "")
        raise Invalid({"scope.ids": f"not {scope.kind} of your tenant: {shown}"})
    first = [names[id] for id in scope.ids[:3]]
    more = len(scope.ids) - len(first)
    listed = ", ".join(first) + (f" and {more} more" if more else "")
    return f"{_WORDS[scope.kind][len(scope.ids) > 1]} {listed}"
