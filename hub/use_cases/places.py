"""Sites and groups: operators list them and make new ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.audit import record
from hub.use_cases.errors import InConflict
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.ports import Places as PlacesPort
from hub.use_cases.texts import one_line
from protocol.api import Page
from protocol.places import Place
from protocol.vocabulary import Permission

Kind = Literal["site", "group"]


class Places:
    """The sites, or the groups, by `kind`."""

    def __init__(self, database: Database, now: Callable[[], datetime], kind: Kind) -> None:
        self._database = database
        self._now = now
        self._kind = kind

    async def all(self, operator: Operator) -> Page[Place]:
        """All of them, by name, each with the number of approved devices in it. Raises NotAllowed."""
        require(operator, Permission.SCREENS_VIEW)
        places = await self._database.transact(operator.tenant_id, lambda tx: self._places(tx).all())
        return Page(places)

    async def add(self, operator: Operator, name: str) -> Place:
        """A new one. Raises NotAllowed, Invalid, InConflict (the name is taken)."""
        require(operator, Permission.PLACES_EDIT)
        name = one_line("name", name)
        now = self._now()

        def create(tx: Transaction) -> Place:
            place = self._places(tx).add(name)
            if place is None:
                raise InConflict(f"There is a {self._kind} called {name!r} already. Choose another name.")
            record(tx, operator, now, f"{self._kind}.created", self._kind, place.id, name=name)
            return place

        return await self._database.transact(operator.tenant_id, create)

    def _places(self, tx: Transaction) -> PlacesPort:
        return tx.sites if self._kind == "site" else tx.groups
