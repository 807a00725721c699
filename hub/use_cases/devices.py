"""Operators find devices, read one, change it, and read its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec

from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.audit import changes, record
from hub.use_cases.errors import NO_SUCH_DEVICE, Invalid, NotFound
from hub.use_cases.paging import ByName, ByNumber, cut_page, decode_cursor, encode_cursor
from hub.use_cases.patches import fields_of
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import Realtime
from hub.use_cases.texts import one_line
from protocol.api import Device, DevicePatch, Page, TimelineItem
from protocol.vocabulary import Permission

Status = Literal["pending", "approved", "rejected", "revoked", "online", "offline"]
_SETTINGS_AT_MOST_BYTES = 65_536
_TAGS_AT_MOST = 100
_NO_SITE = "is not a site of your tenant"


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
            return tx.devices.find(sites=operator.sites, **wanted._asdict(), after=after, limit=limit + 1)

        devices, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        return Page(devices, encode_cursor((devices[-1].name, devices[-1].id)) if more else None)

    async def get(self, operator: Operator, device_id: str) -> Device:
        """One device. Raises NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)
        device = await self._database.transact(
            operator.tenant_id, lambda tx: tx.devices.get(device_id, operator.sites)
        )
        if device is None:
            raise NotFound(NO_SUCH_DEVICE)
        return device

    async def change(self, operator: Operator, device_id: str, patch: DevicePatch) -> Device:
        """What the patch leaves out stays. Raises NotAllowed, NotFound, Invalid."""
        require(operator, Permission.SCREENS_EDIT)
        given = _given(patch)
        _require_own_site(operator, given)
        now = self._now()

        def apply(tx: Transaction) -> Device:
            before = tx.devices.get_locked(device_id, operator.sites)
            if before is None:
                raise NotFound(NO_SUCH_DEVICE)
            site_id = given.get("site_id")
            if site_id is not None and not tx.names.of("sites", [site_id]):
                raise Invalid({"site_id": _NO_SITE})
            columns = {name: value for name, value in given.items() if name != "group_ids"}
            if columns:
                tx.devices.change(device_id, columns, now)
            if "group_ids" in given:
                group_ids = given["group_ids"]
                unknown = set(group_ids) - tx.names.of("device_groups", group_ids).keys()
                if unknown:
                    raise Invalid({"group_ids": f"not groups of your tenant: {', '.join(sorted(unknown))}"})
                tx.devices.put_into_groups(device_id, group_ids)
            changed = changes(msgspec.to_builtins(before), given)
            if changed["after"]:
                record(tx, operator, now, "device.changed", "device", device_id, **changed)
            if given.get("name", before.name) != before.name:
                text = f"renamed from {before.name} by {operator.email}"
                tx.devices.happened([device_id], "renamed", text, now)
            after = tx.devices.get(device_id)
            return after if after is not None else before

        device = await self._database.transact(operator.tenant_id, apply)
        if given:
            await self._realtime.refresh_devices(operator.tenant_id, [device_id])
        return device

    async def timeline(
        self, operator: Operator, device_id: str, cursor: str | None, limit: int
    ) -> Page[TimelineItem]:
        """What happened to the device, the newest first. Raises NotAllowed, NotFound, Invalid (cursor)."""
        require(operator, Permission.SCREENS_VIEW)
        before = decode_cursor(cursor, ByNumber)

        def read(tx: Transaction) -> list[TimelineItem]:
            if tx.devices.get(device_id, operator.sites) is None:
                raise NotFound(NO_SUCH_DEVICE)
            return tx.devices.timeline(device_id, before=before, limit=limit + 1)

        items, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        return Page(items, encode_cursor(items[-1].id) if more else None)


def _require_own_site(operator: Operator, given: Mapping[str, Any]) -> None:
    """Nobody puts a screen where they could not see it any more. Raises Invalid."""
    if operator.sites is None or "site_id" not in given:
        return
    if given["site_id"] is None:
        raise Invalid({"site_id": "must be one of your sites: you are limited to them"})
    if given["site_id"] not in operator.sites:
        raise Invalid({"site_id": _NO_SITE})


def _given(patch: DevicePatch) -> dict[str, Any]:
    """What the patch sets, checked. Raises Invalid."""
    given = fields_of(patch)
    if "name" in given:
        given["name"] = one_line("name", given["name"])
    if "location" in given:
        given["location"] = given["location"].strip()
    if isinstance(given.get("site_id"), str):
        given["site_id"] = given["site_id"].lower()
    if "group_ids" in given:
        given["group_ids"] = sorted({group_id.lower() for group_id in given["group_ids"]})
    if len(given.get("tags", ())) > _TAGS_AT_MOST:
        raise Invalid({"tags": f"more than {_TAGS_AT_MOST}"})
    if "player" in given.get("settings", {}):
        raise Invalid({"settings": "player is set by PUT /api/v1/devices/{device_id}/player-settings"})
    if len(msgspec.json.encode(given.get("settings", {}))) > _SETTINGS_AT_MOST_BYTES:
        raise Invalid({"settings": f"more than {_SETTINGS_AT_MOST_BYTES} bytes of JSON"})
    return given
