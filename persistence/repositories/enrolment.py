"""How a device comes in: pairings, tokens, provisioning. Secrets arrive here hashed and leave never."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString, NamedTuple

import msgspec
from psycopg.types.json import Jsonb

from persistence.repositories import locks
from persistence.repositories.base import Repository
from protocol.api import ProvisionItem
from protocol.vocabulary import DeviceStatus


class Pairing(NamedTuple):
    """A device as enrolment sees it. `state`: waiting, granted, refused, or None without a pairing."""

    device_id: str
    name: str
    status: DeviceStatus
    code: str | None
    state: str | None
    expires_at: datetime | None
    claim_token_hash: bytes | None
    has_token: bool
    site_id: str | None


class Enrolment(Repository):
    """Fits `hub.use_cases.ports.Enrolment`."""

    def lock(self) -> None:
        """Until the end of the transaction no other one pairs or provisions in this tenant."""
        self._run("SELECT pg_advisory_xact_lock(hashtextextended('clarion.enrolment.' || %(tenant)s, 0))")

    def waiting(self, now: datetime) -> int:
        """How many pairings are open."""
        row = self._row(
            "SELECT count(*) AS n FROM devices WHERE tenant_id = %(tenant)s"
            " AND pairing_state = 'waiting' AND pairing_expires_at > %(now)s",
            now=now,
        )
        return int(row["n"]) if row else 0

    def code_is_taken(self, code: str) -> bool:
        """Whether a device of this tenant has this pairing code, open or not."""
        return (
            self._row(
                "SELECT 1 FROM devices WHERE tenant_id = %(tenant)s AND pairing_code = %(code)s", code=code
            )
            is not None
        )

    def by_hardware(self, hardware_id: str) -> Pairing | None:
        """The device of this hardware, locked."""
        return self._pairing(
            _PAIRING + " AND hardware_id = %(hardware)s FOR NO KEY UPDATE", hardware=hardware_id
        )

    def by_id(self, device_id: str) -> Pairing | None:
        """The device of this id, locked."""
        return self._pairing(_PAIRING + " AND id = %(id)s FOR NO KEY UPDATE", id=device_id)

    def register(
        self,
        *,
        hardware_id: str,
        name: str | None,
        model: str | None,
        platform: str | None,
        mac_address: str | None,
        player_version: str | None,
        ip: str | None,
        code: str,
        claim_token_hash: bytes,
        expires_at: datetime,
        now: datetime,
    ) -> str:
        """Opens a pairing, for new hardware or known. The name of a known device stays. The device's id."""
        row = self._row(
            """
            INSERT INTO devices (tenant_id, hardware_id, name, model, platform, mac_address, player_version,
                                 ip_address, pairing_code, pairing_state, pairing_expires_at,
                                 claim_token_hash, created_at)
            VALUES (%(tenant)s, %(hardware)s, coalesce(%(name)s::text, %(hardware)s),
                    coalesce(%(model)s::text, ''), coalesce(%(platform)s::text, ''), %(mac)s,
                    coalesce(%(version)s::text, ''), %(ip)s,
                    %(code)s, 'waiting', %(expires)s, %(claim)s, %(now)s)
            ON CONFLICT (tenant_id, hardware_id) DO UPDATE SET
                   model = coalesce(%(model)s::text, devices.model),
                   platform = coalesce(%(platform)s::text, devices.platform),
                   mac_address = coalesce(%(mac)s::macaddr, devices.mac_address),
                   player_version = coalesce(%(version)s::text, devices.player_version),
                   ip_address = coalesce(%(ip)s::inet, devices.ip_address),
                   status = CASE WHEN devices.status = 'approved' THEN 'approved' ELSE 'pending' END,
                   pairing_code = %(code)s, pairing_state = 'waiting', pairing_expires_at = %(expires)s,
                   claim_token_hash = %(claim)s, updated_at = %(now)s
            RETURNING id
            """,
            hardware=hardware_id,
            name=name,
            model=model,
            platform=platform,
            mac=mac_address,
            version=player_version,
            ip=ip,
            code=code,
            expires=expires_at,
            claim=claim_token_hash,
            now=now,
        )
        assert row is not None  # INSERT … RETURNING
        return str(row["id"])

    def approve(self, device_id: str, user_id: str, claim_until: datetime, now: datetime) -> None:
        """Grants the open pairing. A token of before ends here."""
        self._run(
            "UPDATE devices SET status = 'approved', approved_at = %(now)s, approved_by = %(by)s,"
            " token_hash = NULL, pairing_state = 'granted', pairing_code = NULL,"
            " pairing_expires_at = %(until)s, updated_at = %(now)s"
            " WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=device_id,
            by=user_id,
            until=claim_until,
            now=now,
        )

    def refuse(self, device_id: str, status: DeviceStatus, now: datetime) -> None:
        """Refuses the open pairing; the device has `status` from now on."""
        self._run(
            "UPDATE devices SET status = %(status)s, pairing_state = 'refused', pairing_code = NULL,"
            " updated_at = %(now)s WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=device_id,
            status=status,
            now=now,
        )

    def revoke(self, device_id: str, now: datetime) -> None:
        """The device is out: no token, no pairing."""
        self._run(
            "UPDATE devices SET status = 'revoked', token_hash = NULL, pairing_state = 'refused',"
            " pairing_code = NULL, updated_at = %(now)s WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=device_id,
            now=now,
        )

    def issue_token(self, device_id: str, token_hash: bytes, now: datetime) -> None:
        """From now on this token, and no other one, is the device's. A pairing is used up."""
        self._run(
            "UPDATE devices SET token_hash = %(token)s, token_issued_at = %(now)s, updated_at = %(now)s,"
            " pairing_code = NULL, pairing_state = NULL, pairing_expires_at = NULL, claim_token_hash = NULL"
            " WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=device_id,
            token=token_hash,
            now=now,
        )

    def provision(
        self, items: Sequence[tuple[ProvisionItem, bytes]], user_id: str, now: datetime
    ) -> tuple[dict[str, str], set[str]]:
        """Approved devices, each with the token of this hash; sites and groups are made as needed.

        Returns device ids by hardware id, and the ids of those that were known before.
        """
        locks.places_stay(self._connection, self._tenant_id)
        known_before = self._rows(
            "SELECT id FROM devices WHERE tenant_id = %(tenant)s AND hardware_id = ANY (%(hardware)s)",
            hardware=[item.hardware_id for item, _ in items],
        )
        locks.devices(self._connection, self._tenant_id, [row["id"] for row in known_before])
        rows = Jsonb([{**msgspec.to_builtins(item), "token": token_hash.hex()} for item, token_hash in items])
        self._run(
            "INSERT INTO sites (tenant_id, name) SELECT DISTINCT %(tenant)s::uuid, i.site"
            " FROM jsonb_to_recordset(%(rows)s) AS i(site text) WHERE i.site IS NOT NULL"
            " ON CONFLICT DO NOTHING",
            rows=rows,
        )
        self._run(
            'INSERT INTO device_groups (tenant_id, name) SELECT DISTINCT %(tenant)s::uuid, i."group"'
            ' FROM jsonb_to_recordset(%(rows)s) AS i("group" text) WHERE i."group" IS NOT NULL'
            " ON CONFLICT DO NOTHING",
            rows=rows,
        )
        known = self._rows(_PROVISION_KNOWN, rows=rows, by=user_id, now=now)
        new = self._rows(_PROVISION_NEW, rows=rows, by=user_id, now=now)
        self._run(_PROVISION_GROUPS, rows=rows)
        ids = {row["hardware_id"]: row["id"] for row in known + new}
        return ids, {row["id"] for row in known}

    def _pairing(self, sql: LiteralString, **values: str) -> Pairing | None:
        row = self._row(sql, **values)
        return Pairing(**{**row, "status": DeviceStatus(row["status"])}) if row else None


_PAIRING = """
SELECT id AS device_id, name, status, pairing_code AS code, pairing_state AS state,
       pairing_expires_at AS expires_at, claim_token_hash, token_hash IS NOT NULL AS has_token, site_id
  FROM devices WHERE tenant_id = %(tenant)s
"""

_PROVISION_KNOWN = """
UPDATE devices d SET
       name = coalesce(i.name, d.name), platform = coalesce(i.platform, d.platform),
       model = coalesce(i.model, d.model), location = coalesce(i.location, d.location),
       tags = d.tags || i.tags, site_id = coalesce(s.id, d.site_id), status = 'approved',
       approved_at = %(now)s, approved_by = %(by)s, token_hash = decode(i.token, 'hex'),
       token_issued_at = %(now)s, updated_at = %(now)s,
       pairing_code = NULL, pairing_state = NULL, pairing_expires_at = NULL, claim_token_hash = NULL
  FROM jsonb_to_recordset(%(rows)s) AS i(hardware_id text, name text, platform text, model text,
                                         location text, tags jsonb, site text, token text)
       LEFT JOIN sites s ON s.tenant_id = %(tenant)s AND s.name = i.site
 WHERE d.tenant_id = %(tenant)s AND d.hardware_id = i.hardware_id
RETURNING d.id, d.hardware_id
"""

_PROVISION_NEW = """
INSERT INTO devices (tenant_id, hardware_id, name, platform, model, location, tags, site_id, status,
                     token_hash, token_issued_at, approved_at, approved_by, created_at)
SELECT %(tenant)s, i.hardware_id, coalesce(i.name, i.hardware_id), coalesce(i.platform, ''),
       coalesce(i.model, ''), coalesce(i.location, ''), i.tags, s.id, 'approved',
       decode(i.token, 'hex'), %(now)s, %(now)s, %(by)s, %(now)s
  FROM jsonb_to_recordset(%(rows)s) AS i(hardware_id text, name text, platform text, model text,
                                         location text, tags jsonb, site text, token text)
       LEFT JOIN sites s ON s.tenant_id = %(tenant)s AND s.name = i.site
 WHERE NOT EXISTS (SELECT FROM devices d WHERE d.tenant_id = %(tenant)s AND d.hardware_id = i.hardware_id)
RETURNING id, hardware_id
"""

_PROVISION_GROUPS = """
INSERT INTO device_group_members (tenant_id, group_id, device_id)
SELECT %(tenant)s, g.id, d.id
  FROM jsonb_to_recordset(%(rows)s) AS i(hardware_id text, "group" text)
       JOIN device_groups g ON g.tenant_id = %(tenant)s AND g.name = i."group"
       JOIN devices d ON d.tenant_id = %(tenant)s AND d.hardware_id = i.hardware_id
ON CONFLICT DO NOTHING
"""
