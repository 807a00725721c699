"""Sites: operators list them, make and change them, and say who is limited to them.

Rule 1: who is limited to sites sees those and no others, may change what is said of them, and may neither
        make nor delete one.
Rule 2: a site goes when no screen is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from hub.operator import Operator
from hub.permissions import require, require_everywhere
from hub.use_cases.access_changes import AccessChanges
from hub.use_cases.access_port import Access
from hub.use_cases.audit import changes, record
from hub.use_cases.errors import InConflict, Invalid, NotFound
from hub.use_cases.opening_hours import checked_coordinates, checked_hours, checked_time_zone
from hub.use_cases.patches import fields_of
from hub.use_cases.people_rules import permissions_of, require_not_mightier
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import Realtime
from hub.use_cases.texts import one_line
from protocol.api import Page
from protocol.places import Site, SitePatch, SitePeople, SiteRequest
from protocol.vocabulary import Permission

NO_SUCH_SITE: Final = "There is no such site. It may have been deleted, or the id is mistyped."
_FACTS: Final = SiteRequest.__struct_fields__
_OF_SCREENS: Final = frozenset({"name", "time_zone", "opening_hours"})
"""What its screens are shown with, or told."""


class Sites:
    """Reading and changing."""

    def __init__(
        self, database: Database, realtime: Realtime, access: Access, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._change_access = AccessChanges(database, access)
        self._realtime = realtime
        self._now = now

    async def all(self, operator: Operator) -> Page[Site]:
        """Those of the operator, by name, each with the number of approved devices. Raises NotAllowed."""
        require(operator, Permission.SCREENS_VIEW)
        return Page(
            await self._database.transact(operator.tenant_id, lambda tx: tx.sites.all(operator.sites))
        )

    async def get(self, operator: Operator, site_id: str) -> Site:
        """One of them. Raises NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)
        return await self._database.transact(operator.tenant_id, lambda tx: _there_is(tx, operator, site_id))

    async def add(self, operator: Operator, request: SiteRequest) -> Site:
        """A new one. Raises NotAllowed, Invalid, InConflict (the name is taken)."""
        require_everywhere(operator, Permission.PLACES_EDIT)
        facts = _checked({name: getattr(request, name) for name in _FACTS})
        checked_coordinates(facts)
        now = self._now()

        def create(tx: Transaction) -> Site:
            site_id = tx.sites.add(facts)
            if site_id is None:
                raise _taken(facts["name"])
            record(tx, operator, now, "site.created", "site", site_id, **facts)
            return _there_is(tx, operator, site_id)

        return await self._database.transact(operator.tenant_id, create)

    async def change(self, operator: Operator, site_id: str, patch: SitePatch) -> Site:
        """What the patch names. Raises NotAllowed, NotFound, Invalid, InConflict (the name is taken)."""
        require(operator, Permission.PLACES_EDIT)
        wanted = _checked(fields_of(patch))
        now = self._now()

        def write(tx: Transaction) -> tuple[Site, list[str]]:
            tx.sites.lock()
            before = _facts(_there_is(tx, operator, site_id))
            after = {**before, **wanted}
            checked_coordinates(after)
            done = changes(before, after)
            if not done["after"]:
                return _there_is(tx, operator, site_id), []
            if not tx.sites.change(site_id, done["after"], now):
                raise _taken(after["name"])
            record(tx, operator, now, "site.changed", "site", site_id, name=after["name"], **done)
            concerned = tx.sites.screens(site_id) if _OF_SCREENS & done["after"].keys() else []
            return _there_is(tx, operator, site_id), concerned

        site, concerned = await self._database.transact(operator.tenant_id, write)
        if concerned:
            await self._realtime.refresh_devices(operator.tenant_id, concerned)
        return site

    async def delete(self, operator: Operator, site_id: str) -> None:
        """Who is limited to it loses it; what was scheduled for it goes. Raises NotAllowed, NotFound,
        InConflict (screens are in it)."""
        require_everywhere(operator, Permission.PLACES_EDIT)
        now = self._now()

        def write(tx: Transaction) -> None:
            tx.sites.lock()
            site = _there_is(tx, operator, site_id)
            people, screens = tx.sites.people(site_id), tx.sites.screens(site_id)
            entries = [row.entry.id for row in tx.schedule.naming("site", site_id)]
            if not tx.sites.remove(site_id):
                out = len(screens) - site.devices
                which = f" ({out} of them not let in, or shut out)" if out else ""
                raise InConflict(
                    f"There are screens in this site: {len(screens)}{which}. "
                    "Put them into another site first, or into none."
                )
            what = {"user_ids": people, "schedule_entries": entries}
            record(tx, operator, now, "site.deleted", "site", site_id, **_facts(site), **what)

        await self._change_access(operator.tenant_id, write)

    async def people(self, operator: Operator, site_id: str) -> SitePeople:
        """Who is limited to sites and has this one. Raises NotAllowed, NotFound."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)

        def read(tx: Transaction) -> SitePeople:
            _there_is(tx, operator, site_id)
            return SitePeople(tx.sites.people(site_id))

        return await self._database.transact(operator.tenant_id, read)

    async def put_people(self, operator: Operator, site_id: str, user_ids: Sequence[str]) -> SitePeople:
        """These people, and no others. Raises NotAllowed (also when one may do more than the operator),
        NotFound, Invalid (there is no such person, or they have all sites)."""
        require_everywhere(operator, Permission.PEOPLE_MANAGE)
        wanted = sorted({user_id.lower() for user_id in user_ids})
        now = self._now()

        def write(tx: Transaction) -> SitePeople:
            tx.users.lock()
            site = _there_is(tx, operator, site_id)
            before = tx.sites.people(site_id)
            for user_id in sorted(set(before) ^ set(wanted)):
                _require_to_limit(tx, operator, user_id)
            tx.sites.put_people(site_id, wanted)
            done = changes({"user_ids": before}, {"user_ids": wanted})
            if done["after"]:
                record(tx, operator, now, "site.people_changed", "site", site_id, name=site.name, **done)
            return SitePeople(wanted)

        return await self._change_access(operator.tenant_id, write)


def _there_is(tx: Transaction, operator: Operator, site_id: str) -> Site:
    theirs = operator.sites is None or site_id in operator.sites
    site = tx.sites.get(site_id) if theirs else None
    if site is None:
        raise NotFound(NO_SUCH_SITE)
    return site


def _require_to_limit(tx: Transaction, operator: Operator, user_id: str) -> None:
    user = tx.users.get(user_id)
    if user is None:
        raise Invalid({"user_ids": f"there is no person {user_id}"})
    if user.sites is None:
        raise Invalid(
            {"user_ids": f"{user.email} has all sites; limit them first: PATCH /api/v1/users/{user_id}"}
        )
    require_not_mightier(operator, permissions_of(tx.roles.of_user(user_id)))


def _checked(facts: dict[str, Any]) -> dict[str, Any]:
    checks: dict[str, Callable[[Any], Any]] = {
        "name": lambda name: one_line("name", name),
        "address": str.strip,
        "time_zone": checked_time_zone,
        "opening_hours": checked_hours,
    }
    return {name: checks[name](value) if name in checks else value for name, value in facts.items()}


def _facts(site: Site) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(site)
    return {name: facts[name] for name in _FACTS}


def _taken(name: str) -> InConflict:
    return InConflict(f"There is a site called {name!r} already. Choose another name.")
