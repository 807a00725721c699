"""Operators find devices, read one, change it, and read its history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET

from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.audit import record
from hub.use_cases.errors import NO_SUCH_DEVICE, Invalid, NotFound
from hub.use_cases.paging import ByName, ByNumber, cut_page, decode_cursor, encode_cursor
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import Realtime
from hub.use_cases.texts import one_line
from protocol.api import Device, DevicePatch, Page, TimelineItem
from protocol.vocabulary import Permission

Status = Literal["pending", "approved", "rejected", "revoked", "online", "offline"]
_SETTINGS_AT_MOST_BYTES = 65_536
_TAGS_AT_MOST = 100


class Filter(NamedTuple):
    """Which devices. `tag` is `key` or `key:value`; `text` is looked for in name, hardware id and location.

    `pending` are all that wait for an approval, also approved ones that pair again.
    """

    status: Status | None = None
    site_id: str | None = None
    group_id: str | None = None
    tag: str | None = None
    text: str | None = None


class Devices:
    """Reading and changing. Letting in and shutting out is `Admission`."""

    def __init__(self, database: Database, realtime: Realtime, now: Callable[[], datetime]) -> None:
        self._database = database
        self._realtime = realtime
        self._now = now

    async def find(self, operator: Operator, wanted: Filter, cursor: str | None, limit: int) -> Page[Device]:
        """One page in the order of the names. Raises NotAllowed, Invalid (cursor)."""
        require(operator, Permission.SCREENS_VIEW)
        after = decode_cursor(cursor, ByName)

        def read(tx: Transaction) -> list[Device]:
            return tx.devices.find(**wanted._asdict(), after=after, limit=limit + 1)

        devices, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        return Page(devices, encode_cursor((devices[-1].name, devices[-1].id)) if more else None)

    async def get(self, operator: Operator, device_id: str) -> Device:
        """One device. Raises NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)
        device = await self._database.transact(operator.tenant_id, lambda tx: tx.devices.get(device_id))
        if device is None:
            raise NotFound(NO_SUCH_DEVICE)
        return device

    async def change(self, operator: Operator, device_id: str, patch: DevicePatch) -> Device:
        """What the patch leaves out stays. Raises NotAllowed, NotFound, Invalid."""
        require(operator, Permission.SCREENS_EDIT)
        changes = _changes(patch)
        now = self._now()

        def apply(tx: Transaction) -> Device:
            before = tx.devices.get(device_id)
            if before is None:
                raise NotFound(NO_SUCH_DEVICE)
            if isinstance(patch.site_id, str) and not tx.names.of("sites", [patch.site_id]):
                raise Invalid({"site_id": "is not a site of your tenant"})
            columns = {name: value for name, value in changes.items() if name != "group_ids"}
            if columns:
                tx.devices.change(device_id, columns, now)
            if patch.group_ids is not UNSET:
                unknown = (
                    set(changes["group_ids"]) - tx.names.of("device_groups", changes["group_ids"]).keys()
                )
                if unknown:
                    raise Invalid({"group_ids": f"not groups of your tenant: {', '.join(sorted(unknown))}"})
                tx.devices.put_into_groups(device_id, changes["group_ids"])
            if changes:
                record(tx, operator, now, "device.changed", "device", device_id, changes=changes)
                if changes.get("name", before.name) != before.name:
                    text = f"renamed from {before.name} by {operator.email}"
                    tx.devices.happened([device_id], "renamed", text, now)
            after = tx.devices.get(device_id)
            return after if after is not None else before

        device = await self._database.transact(operator.tenant_id, apply)
        if changes:
            await self._realtime.refresh_devices(operator.tenant_id, [device_id])
        return device

    async def timeline(
        self, operator: Operator, device_id: str, cursor: str | None, limit: int
    ) -> Page[TimelineItem]:
        """What happened to the device, the newest first. Raises NotAllowed, NotFound, Invalid (cursor)."""
        require(operator, Permission.SCREENS_VIEW)
        before = decode_cursor(cursor, ByNumber)

        def read(tx: Transaction) -> list[TimelineItem]:
            if tx.devices.get(device_id) is None:
                raise NotFound(NO_SUCH_DEVICE)
            return tx.devices.timeline(device_id, before=before, limit=limit + 1)

        items, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        return Page(items, encode_cursor(items[-1].id) if more else None)


def _changes(patch: DevicePatch) -> dict[str, Any]:
    """What the patch sets, checked. Raises Invalid."""
    given = {field: getattr(patch, field) for field in patch.__struct_fields__}
    changes: dict[str, Any] = {field: value for field, value in given.items() if value is not UNSET}
    if "name" in changes:
        changes["name"] = one_line("name", changes["name"])
    if "location" in changes:
        changes["location"] = changes["location"].strip()
    if isinstance(changes.get("site_id"), str):
        changes["site_id"] = changes["site_id"].lower()
    if "group_ids" in changes:
        changes["group_ids"] = sorted({group_id.lower() for group_id in changes["group_ids"]})
    if len(changes.get("tags", ())) > _TAGS_AT_MOST:
        raise Invalid({"tags": f"more than {_TAGS_AT_MOST}"})
    if len(msgspec.json.encode(changes.get("settings", {}))) > _SETTINGS_AT_MOST_BYTES:
        raise Invalid({"settings": f"more than {_SETTINGS_AT_MOST_BYTES} bytes of JSON"})
    return changes
