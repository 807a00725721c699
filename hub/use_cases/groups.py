"""Groups of screens: by hand, by a query over tags, and of other groups.

Rule 1: whatever changes who is in a group is told to the live side at once, for every screen whose groups are
        others now: emergencies that run reach it, and so does what is sent next.
Rule 2: a group reaches across sites: who is limited to some counts the screens there, and changes none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import UNSET

from hub.operator import Operator
from hub.permissions import require, require_everywhere
from hub.use_cases.audit import changes, record
from hub.use_cases.errors import InConflict, Invalid, NotFound
from hub.use_cases.group_tree import require_fits
from hub.use_cases.ports import Database, Result, Transaction
from hub.use_cases.realtime import Realtime
from hub.use_cases.tag_query import in_text, parse
from hub.use_cases.texts import one_line
from protocol.api import Page
from protocol.places import Group, GroupDevices, GroupPatch, GroupRequest, TagInUse, TagQueryPreview
from protocol.vocabulary import Permission

NO_SUCH_GROUP: Final = "There is no such group. It may have been deleted, or the id is mistyped."
QUERIES_AT_MOST: Final = 200
"""Groups of a tenant with a tag query. Each of them is asked of each screen when the hub starts."""

NAMES_SHOWN: Final = 10
KEYS_SHOWN: Final = 200
VALUES_SHOWN: Final = 100


class Groups:
    """Reading and changing."""

    def __init__(self, database: Database, realtime: Realtime, now: Callable[[], datetime]) -> None:
        self._database = database
        self._realtime = realtime
        self._now = now

    async def all(self, operator: Operator) -> Page[Group]:
        """By name, each with how many of the operator's screens it reaches. Raises NotAllowed."""
        require(operator, Permission.SCREENS_VIEW)
        return Page(
            await self._database.transact(operator.tenant_id, lambda tx: tx.groups.all(operator.sites))
        )

    async def get(self, operator: Operator, group_id: str) -> Group:
        """One of them. Raises NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)
        return await self._database.transact(operator.tenant_id, lambda tx: _there_is(tx, operator, group_id))

    async def add(self, operator: Operator, request: GroupRequest) -> Group:
        """A new one. Raises NotAllowed, Invalid, InConflict (the name is taken, or too many have queries)."""
        require_everywhere(operator, Permission.PLACES_EDIT)
        facts = {"parent_id": None, **_checked(request.name, request.parent_id, request.tag_query)}
        now = self._now()

        def create(tx: Transaction) -> tuple[Group, set[str]]:
            tx.groups.lock()
            _require_room(tx, None, facts)
            group_id = tx.groups.add(facts)
            if group_id is None:
                raise _taken(facts["name"])
            group = _there_is(tx, operator, group_id)
            record(tx, operator, now, "group.created", "group", group_id, **_facts(group))
            return group, tx.groups.reach(group_id)

        return await self._told(operator, create)

    async def change(self, operator: Operator, group_id: str, patch: GroupPatch) -> Group:
        """What the patch names. Raises NotAllowed, NotFound, Invalid (also: groups in a circle), InConflict
        (the name is taken, or too many have queries)."""
        require_everywhere(operator, Permission.PLACES_EDIT)
        wanted = _checked(patch.name, patch.parent_id, patch.tag_query)
        now = self._now()

        def write(tx: Transaction) -> tuple[Group, set[str]]:
            tx.groups.lock()
            group = _there_is(tx, operator, group_id)
            before, reached = _facts(group), tx.groups.reach(group_id)
            done = changes(before, {name: value for name, value in wanted.items() if name in before})
            if not done["after"]:
                return group, set()
            _require_room(tx, group, wanted)
            if not tx.groups.change(group_id, wanted, now):
                raise _taken(wanted["name"])
            group, reaches = _there_is(tx, operator, group_id), tx.groups.reach(group_id)
            record(tx, operator, now, "group.changed", "group", group_id, name=group.name, **done)
            # What has another name or place is another group for all of its screens.
            only_query = done["after"].keys() == {"tag_query"}
            return group, reached ^ reaches if only_query else reached | reaches

        return await self._told(operator, write)

    async def delete(self, operator: Operator, group_id: str) -> None:
        """The groups below it move up; what was scheduled for it goes. Raises NotAllowed, NotFound."""
        require_everywhere(operator, Permission.PLACES_EDIT)
        now = self._now()

        def write(tx: Transaction) -> tuple[None, set[str]]:
            tx.groups.lock()
            group, reached = _there_is(tx, operator, group_id), tx.groups.reach(group_id)
            device_ids = tx.groups.members(group_id)
            entries = [row.entry.id for row in tx.schedule.naming("group", group_id)]
            moved = tx.groups.remove(group_id)
            what = {"device_ids": device_ids, "groups_moved_up": moved, "schedule_entries": entries}
            record(tx, operator, now, "group.deleted", "group", group_id, **_facts(group), **what)
            return None, reached

        await self._told(operator, write)

    async def devices(self, operator: Operator, group_id: str) -> GroupDevices:
        """The operator's screens that were put into it by hand. Raises NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)

        def read(tx: Transaction) -> GroupDevices:
            _there_is(tx, operator, group_id)
            return GroupDevices(tx.groups.members(group_id, operator.sites))

        return await self._database.transact(operator.tenant_id, read)

    async def put_devices(self, operator: Operator, group_id: str, device_ids: Sequence[str]) -> GroupDevices:
        """These screens by hand, and no others. Raises NotAllowed, NotFound, Invalid (no such screen)."""
        require_everywhere(operator, Permission.PLACES_EDIT)
        wanted = sorted({device_id.lower() for device_id in device_ids})
        now = self._now()

        def write(tx: Transaction) -> tuple[GroupDevices, set[str]]:
            tx.groups.lock()
            group, reached = _there_is(tx, operator, group_id), tx.groups.reach(group_id)
            unknown = set(wanted) - tx.names.of("devices", wanted).keys()
            if unknown:
                raise Invalid({"device_ids": f"there is no screen {min(unknown)}"})
            before = set(tx.groups.members(group_id))
            tx.groups.put_members(group_id, wanted)
            if before != set(wanted):
                what = {"put_in": sorted(set(wanted) - before), "taken_out": sorted(before - set(wanted))}
                record(tx, operator, now, "group.devices_changed", "group", group_id, name=group.name, **what)
            return GroupDevices(tx.groups.members(group_id)), reached ^ tx.groups.reach(group_id)

        return await self._told(operator, write)

    async def preview(self, operator: Operator, tag_query: str) -> TagQueryPreview:
        """Which of the operator's screens a query finds now. Raises NotAllowed, Invalid."""
        require(operator, Permission.SCREENS_VIEW)
        terms = parse(tag_query)
        return await self._database.transact(
            operator.tenant_id, lambda tx: tx.tags.found(terms, operator.sites, NAMES_SHOWN)
        )

    async def tags(self, operator: Operator) -> Page[TagInUse]:
        """The tags of the operator's screens, the most frequent first. Raises NotAllowed."""
        require(operator, Permission.SCREENS_VIEW)
        return Page(
            await self._database.transact(
                operator.tenant_id,
                lambda tx: tx.tags.in_use(operator.sites, keys=KEYS_SHOWN, values=VALUES_SHOWN),
            )
        )

    async def _told(
        self, operator: Operator, work: Callable[[Transaction], tuple[Result, set[str]]]
    ) -> Result:
        """What `work` did, after the live side has read the screens that it names (Rule 1)."""
        done, device_ids = await self._database.transact(operator.tenant_id, work)
        if device_ids:
            await self._realtime.refresh_devices(operator.tenant_id, sorted(device_ids))
        return done


def _there_is(tx: Transaction, operator: Operator, group_id: str) -> Group:
    group = tx.groups.get(group_id, operator.sites)
    if group is None:
        raise NotFound(NO_SUCH_GROUP)
    return group


def _require_room(tx: Transaction, before: Group | None, facts: dict[str, Any]) -> None:
    """Raises Invalid (its place), InConflict (too many queries)."""
    if facts.get("parent_id") is not None:
        require_fits(tx.groups.parents(), before.id if before else None, facts["parent_id"])
    has_query = before is not None and before.tag_query is not None
    if facts.get("tag_query") is not None and not has_query and tx.groups.with_queries() >= QUERIES_AT_MOST:
        raise InConflict(
            f"A tenant has at most {QUERIES_AT_MOST} groups with a tag query. Delete one that nobody needs."
        )


def _checked(name: Any, parent_id: Any, tag_query: Any) -> dict[str, Any]:
    """What is given, as it is kept. Raises Invalid."""
    facts: dict[str, Any] = {}
    if name is not UNSET:
        facts["name"] = one_line("name", name)
    if parent_id is not UNSET:
        facts["parent_id"] = None if parent_id is None else parent_id.lower()
    if tag_query is not UNSET:
        terms = None if tag_query is None else parse(tag_query)
        facts["tag_query"] = None if terms is None else in_text(terms)
        facts["tag_terms"] = None if terms is None else [list(term) for term in terms]
    return facts


def _facts(group: Group) -> dict[str, Any]:
    return {"name": group.name, "parent_id": group.parent_id, "tag_query": group.tag_query}


def _taken(name: str) -> InConflict:
    return InConflict(f"There is a group called {name!r} already. Choose another name.")
