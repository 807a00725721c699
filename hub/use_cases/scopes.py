"""Whom an emergency or a command is for: the scope, tidied, and in words.

Rule 1: a scope of somebody who is limited to sites is within those, whatever it names.
Rule 2: what is at another site is, to them, not there.
Rule 3: an emergency asks nothing for their sites' sake: those whose names the live side does not know are
        counted, not named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from hub.operator import Operator
from hub.use_cases.errors import Invalid, NotAllowed
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import Realtime
from protocol.api import Scope

_WORDS: Final = {"sites": ("site", "sites"), "groups": ("group", "groups"), "devices": ("screen", "screens")}
_NAMED: Final = 3


class Scopes:
    """The places that a scope may name."""

    def __init__(self, database: Database, realtime: Realtime) -> None:
        self._database = database
        self._realtime = realtime

    async def in_words(self, operator: Operator, scope: Scope, *, urgent: bool = False) -> str:
        """Such as "sites Main building, North wing and 3 more", or "all screens of site Main building".
        `scope` is tidy. Raises Invalid, naming ids of no place here.

        The live side knows every place that has a screen; PostgreSQL is asked only about the others.
        """
        names = dict(self._realtime.names(operator.tenant_id, scope))
        unknown = [id for id in scope.ids if id not in names]
        if unknown:
            names |= await self._database.transact(
                operator.tenant_id, lambda tx: _names(tx, scope, unknown), urgent=urgent
            )
        unknown = [id for id in scope.ids if id not in names]
        if unknown:
            raise Invalid({"scope.ids": f"not {scope.kind} of your tenant: {_shortly(unknown)}"})
        words = "all screens"
        if scope.kind != "all":
            words = f"{_WORDS[scope.kind][len(scope.ids) > 1]} {_listed(scope.ids, names)}"
        # A screen or a site says by itself where it is.
        if scope.within is None or (operator.sites is not None and scope.kind in ("sites", "devices")):
            return words
        joined = "of" if scope.kind == "all" else "in"
        return f"{words} {joined} {await self._sites(operator, scope.within, urgent=urgent)}"

    async def _sites(self, operator: Operator, sites: Sequence[str], *, urgent: bool) -> str:
        names = dict(self._realtime.site_names(operator.tenant_id, sites))
        unknown = [id for id in sites if id not in names]
        if unknown and operator.sites is None:
            # They wrote the list themselves; that of the others is true already, and Rule 3 holds.
            names |= await self._database.transact(
                operator.tenant_id, lambda tx: tx.names.of("sites", unknown), urgent=urgent
            )
            unknown = [id for id in sites if id not in names]
            if unknown:
                raise Invalid({"scope.within": f"not sites of your tenant: {_shortly(unknown)}"})
        known = sorted((id for id in sites if id in names), key=lambda id: names[id])
        if not known:
            return f"{len(sites)} site{'s' if len(sites) > 1 else ''}"
        return f"site{'s' if len(sites) > 1 else ''} {_listed(known + unknown, names)}"


def tidy(operator: Operator, scope: Scope) -> Scope:
    """Ids in lower case, each once; within the operator's sites. Raises Invalid, NotAllowed."""
    if scope.kind == "all":
        if scope.ids:
            raise Invalid({"scope.ids": "must be empty for the kind all"})
    elif not scope.ids:
        raise Invalid({"scope.ids": f"name at least one id for the kind {scope.kind}"})
    if scope.within is not None and not scope.within:
        raise Invalid({"scope.within": "name at least one site, or leave it out"})
    ids = _each_once(scope.ids)
    within = None if scope.within is None else _each_once(scope.within)
    if operator.sites is not None:
        within = _within(operator.sites, within)
        foreign = [id for id in ids if id not in operator.sites] if scope.kind == "sites" else []
        if foreign:
            raise Invalid({"scope.ids": f"not sites of your tenant: {_shortly(foreign)}"})
    return msgspec.structs.replace(scope, ids=ids, within=within)


def _within(sites: frozenset[str], asked: list[str] | None) -> list[str]:
    if not sites:
        raise NotAllowed(
            "You are limited to sites, and no site was given to you. Ask an administrator of your tenant."
        )
    if asked is None:
        return sorted(sites)
    foreign = [id for id in asked if id not in sites]
    if foreign:
        raise Invalid({"scope.within": f"not sites of your tenant: {_shortly(foreign)}"})
    return asked


def _names(tx: Transaction, scope: Scope, ids: Sequence[str]) -> dict[str, str]:
    if scope.kind == "devices":
        return tx.devices.names(ids, scope.within)
    return tx.names.of("sites" if scope.kind == "sites" else "device_groups", ids)


def _each_once(ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(id.lower() for id in ids))


def _shortly(ids: Sequence[str]) -> str:
    return ", ".join(ids[:10]) + (f" and {len(ids) - 10} more" if len(ids) > 10 else "")


def _listed(ids: Sequence[str], names: Mapping[str, str]) -> str:
    """Those that have a name, up to three, and how many more there are."""
    first = [names[id] for id in ids[:_NAMED] if id in names]
    more = len(ids) - len(first)
    if more:
        return f"{', '.join(first)} and {more} more"
    return " and ".join(filter(None, (", ".join(first[:-1]), first[-1])))
