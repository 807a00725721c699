"""Devices as operators read and change them. How they come in is in `enrolment.py`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString

import msgspec
from psycopg.types.json import Jsonb

from persistence.group_reach import DEVICES_OF_GROUPS, groups_of_devices
from persistence.repositories import locks
from persistence.repositories.at_sites import devices_at, values_of
from persistence.repositories.base import Repository
from protocol.api import Device, TimelineItem

_SELECT: Final = """
SELECT d.id, d.hardware_id, d.name, d.status, d.presence, d.presence_reason, d.presence_since, d.last_seen_at,
       d.site_id, s.name AS site,
       ARRAY(SELECT m.group_id FROM device_group_members m
              WHERE m.tenant_id = d.tenant_id AND m.device_id = d.id ORDER BY m.group_id) AS group_ids,
       d.tags, d.location, d.settings - 'player' AS settings, d.model, d.platform, d.mac_address::text,
       host(d.ip_address) AS ip_address, d.player_version, d.playback, d.now_playing,
       d.created_at, d.approved_at, d.proven_at, d.proven_in_ms,
       CASE WHEN d.pairing_state = 'waiting' AND d.pairing_expires_at > now() THEN d.pairing_code
       END AS pairing_code,
       CASE WHEN d.pairing_state = 'waiting' AND d.pairing_expires_at > now() THEN d.pairing_expires_at
       END AS pairing_expires_at
  FROM devices d LEFT JOIN sites s ON s.tenant_id = d.tenant_id AND s.id = d.site_id
 WHERE d.tenant_id = %(tenant)s
"""

_STATUS: Final[dict[str, LiteralString]] = {
    # An approved device whose hardware registered again waits for an operator too.
    "pending": " AND (d.status = 'pending' OR d.pairing_state = 'waiting' AND d.pairing_expires_at > now())",
    "approved": " AND d.status = 'approved'",
    "rejected": " AND d.status = 'rejected'",
    "revoked": " AND d.status = 'revoked'",
    "online": " AND d.status = 'approved' AND d.presence = 'online'",
    "offline": " AND d.status = 'approved' AND d.presence = 'offline'",
}

_COLUMNS: Final[dict[str, LiteralString]] = {
    "name": "name = %(name)s",
    "location": "location = %(location)s",
    "site_id": "site_id = %(site_id)s",
    "tags": "tags = %(tags)s",
    # How the screen is set up has a shape, and ways of its own (`screen_setups.py`).
    "settings": "settings = %(settings)s - 'player' || CASE WHEN settings ? 'player'"
    " THEN jsonb_build_object('player', settings -> 'player') ELSE '{}' END",
}


class Devices(Repository):
    """Fits `hub.use_cases.ports.Devices`."""

    def get(self, device_id: str, sites: Collection[str] | None = None) -> Device | None:
        """The device, or None if this tenant has none of that id (at these sites)."""
        found = self._devices(
            _SELECT + " AND d.id = %(id)s" + devices_at(sites), id=device_id, **values_of(sites)
        )
        return found[0] if found else None

    def get_locked(self, device_id: str, sites: Collection[str] | None = None) -> Device | None:
        """The same; until the end of the transaction nobody else changes it, or sites and groups."""
        locks.places_stay(self._connection, self._tenant_id)
        locks.devices(self._connection, self._tenant_id, [device_id])
        return self.get(device_id, sites)

    def names(self, device_ids: Sequence[str], sites: Collection[str] | None) -> dict[str, str]:
        """Names by id of those that this tenant has (at these sites)."""
        rows = self._rows(
            "SELECT d.id, d.name FROM devices d"  # noqa: S608 -- literals
            " WHERE d.tenant_id = %(tenant)s AND d.id = ANY (%(ids)s::uuid[])" + devices_at(sites),
            ids=list(device_ids),
            **values_of(sites),
        )
        return {row["id"]: row["name"] for row in rows}

    def find(
        self,
        *,
        sites: Collection[str] | None,
        status: str | None,
        site_id: str | None,
        group_id: str | None,
        tag: str | None,
        text: str | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> list[Device]:
        """In the order of (name, id), those after the pair `after`.

        `tag` is `key` or `key:value`; `text` is looked for in name, hardware id and location.
        """
        sql: LiteralString = _SELECT + devices_at(sites)
        values: dict[str, Any] = {"limit": limit, **values_of(sites)}
        if status is not None:
            sql += _STATUS[status]
        if site_id is not None:
            sql += " AND d.site_id = %(site)s"
            values["site"] = site_id
        if group_id is not None:
            sql += " AND d.id IN (" + DEVICES_OF_GROUPS + ")"
            values["ids"] = [group_id]
        if tag is not None:
            key, colon, value = tag.partition(":")
            sql += " AND d.tags @> %(tag)s" if colon else " AND d.tags ? %(tag)s"
            values["tag"] = Jsonb({key: value}) if colon else key
        if text is not None:
            sql += " AND (d.name ILIKE %(text)s OR d.hardware_id ILIKE %(text)s OR d.location ILIKE %(text)s)"
            values["text"] = f"%{_literally(text)}%"
        if after is not None:
            sql += " AND (d.name, d.id) > (%(after_name)s, %(after_id)s)"
            values["after_name"], values["after_id"] = after
        sql += " ORDER BY d.name, d.id LIMIT %(limit)s"
        return self._devices(sql, **values)

    def _devices(self, sql: LiteralString, **values: Any) -> list[Device]:
        """With the groups of each; these are asked for the found ones only."""
        rows = self._rows(sql, **values)
        found = groups_of_devices(self._connection, self._tenant_id, [row["id"] for row in rows])
        for row in rows:
            row["groups"] = found[row["id"]].names
        return msgspec.convert(rows, list[Device])

    def change(self, device_id: str, changes: Mapping[str, Any], at: datetime) -> None:
        """Sets the given ones of name, location, site_id, tags and settings."""
        values = {
            column: Jsonb(value) if column in ("tags", "settings") else value
            for column, value in changes.items()
        }
        sets: LiteralString = ", ".join(_COLUMNS[column] for column in changes)
        self._run(
            "UPDATE devices SET updated_at = %(at)s"  # noqa: S608 -- every piece is a literal of this page
            + (", " + sets if sets else "")
            + " WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=device_id,
            at=at,
            **values,
        )

    def put_into_groups(self, device_id: str, group_ids: Sequence[str]) -> None:
        """These groups, and no others."""
        self._run(
            "DELETE FROM device_group_members WHERE tenant_id = %(tenant)s AND device_id = %(device)s",
            device=device_id,
        )
        self._run(
            "INSERT INTO device_group_members (tenant_id, group_id, device_id)"
            " SELECT %(tenant)s, g, %(device)s FROM unnest(%(groups)s::uuid[]) g ON CONFLICT DO NOTHING",
            device=device_id,
            groups=list(group_ids),
        )

    def timeline(self, device_id: str, *, before: int | None, limit: int) -> list[TimelineItem]:
        """The newest first, those older than the entry `before`."""
        rows = self._rows(
            "SELECT id, at, kind, text FROM device_events"
            " WHERE tenant_id = %(tenant)s AND device_id = %(device)s"
            " AND (%(before)s::bigint IS NULL OR id < %(before)s) ORDER BY id DESC LIMIT %(limit)s",
            device=device_id,
            before=before,
            limit=limit,
        )
        return msgspec.convert(rows, list[TimelineItem])

    def happened(self, device_ids: Sequence[str], kind: str, text: str, at: datetime) -> None:
        """One line in the history of each of these devices."""
        self._run(
            "INSERT INTO device_events (tenant_id, device_id, at, kind, text)"
            " SELECT %(tenant)s, d, %(at)s, %(kind)s, %(text)s FROM unnest(%(devices)s::uuid[]) d",
            devices=list(device_ids),
            at=at,
            kind=kind,
            text=text,
        )

    def proved(self, device_id: str, at: datetime, took_ms: int) -> None:
        """The screen answered a drill."""
        self._run(
            "UPDATE devices SET proven_at = %(at)s, proven_in_ms = %(took)s"
            " WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=device_id,
            at=at,
            took=took_ms,
        )


def _literally(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
