"""Queueing commands, many at once: whatever number came together is the same few statements.

Rule: everything here goes by the order of the list it is given: so are sequence numbers, and so are the
screens told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from persistence.repositories import locks
from persistence.repositories.base import Repository
from persistence.repositories.commands import Ended
from protocol.vocabulary import CommandName, CommandStatus, DeviceStatus

_ROOM: Final = """
SELECT d.id, d.status, d.site_id,
       (SELECT count(*) FROM (SELECT FROM commands c
                               WHERE c.tenant_id = d.tenant_id AND c.device_id = d.id
                                 AND c.status IN ('queued', 'sent', 'received') LIMIT %(at_most)s) o)
       AS open_commands
  FROM devices d WHERE d.tenant_id = %(tenant)s AND d.id = ANY (%(devices)s::uuid[])
"""

_EARLIER: Final = """
SELECT c.id, c.device_id, c.idempotency_key, c.command, c.args, c.status, c.created_at, c.expires_at
  FROM unnest(%(devices)s::uuid[], %(keys)s::text[]) AS k(device_id, idempotency_key)
       JOIN commands c ON c.device_id = k.device_id AND c.idempotency_key = k.idempotency_key
 WHERE c.tenant_id = %(tenant)s
"""

_ADD: Final = """
INSERT INTO commands (id, tenant_id, device_id, command, args, idempotency_key, created_by,
                      created_by_name, created_at, expires_at)
SELECT n.id, %(tenant)s, n.device_id, n.command, n.args::jsonb, n.key, n.created_by, n.by_name, n.created_at,
       n.expires_at
  FROM unnest(%(ids)s::uuid[], %(devices)s::uuid[], %(commands)s::text[], %(args)s::text[], %(keys)s::text[],
              %(users)s::uuid[], %(names)s::text[], %(created)s::timestamptz[], %(expires)s::timestamptz[])
       WITH ORDINALITY AS n(id, device_id, command, args, key, created_by, by_name, created_at, expires_at,
                            number)
 ORDER BY n.number
ON CONFLICT DO NOTHING RETURNING id
"""

# Device by device, on the index of its open commands. How many are open changes from one moment to the
# next: what PostgreSQL believes of it must not decide whether this takes a second or a minute.
_OLDER: Final = """
SELECT o.id
  FROM unnest(%(devices)s::uuid[], %(commands)s::text[], %(ids)s::uuid[]) AS n(device_id, command, id)
       CROSS JOIN LATERAL (SELECT c.id FROM commands c
                            WHERE c.tenant_id = %(tenant)s AND c.device_id = n.device_id
                              AND c.command = n.command AND c.status = 'queued'
                              AND c.seq < (SELECT s.seq FROM commands s
                                            WHERE s.tenant_id = %(tenant)s AND s.id = n.id)
                           OFFSET 0) o
"""
_SUPERSEDE: Final = """
UPDATE commands c SET status = 'superseded', finished_at = %(at)s, detail = 'replaced by a newer one'
 WHERE c.tenant_id = %(tenant)s AND c.id = ANY (%(ids)s::uuid[]) AND c.status = 'queued'
RETURNING c.id, c.device_id, c.command, c.detail
"""
_RAISE: Final = """
WITH raised AS (
    UPDATE devices SET playlist_version = playlist_version + 1
     WHERE tenant_id = %(tenant)s AND id = ANY (%(devices)s::uuid[])
    RETURNING id, playlist_version, manifest_digest
), told AS (
    INSERT INTO device_manifests (tenant_id, device_id, version, digest, since)
    SELECT %(tenant)s, id, playlist_version, manifest_digest, now() FROM raised
     WHERE manifest_digest IS NOT NULL
)
SELECT id, playlist_version FROM raised
"""


class NewCommand(Protocol):
    """What is queued. `args_json`: a JSON object."""

    @property
    def id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def command(self) -> CommandName: ...
    @property
    def args_json(self) -> str: ...
    @property
    def idempotency_key(self) -> str | None: ...
    @property
    def created_by(self) -> str: ...
    @property
    def created_by_name(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime: ...


class Room(NamedTuple):
    """Whether a device takes commands, and whose it is to send them."""

    status: DeviceStatus
    open_commands: int
    site_id: str | None


class Earlier(msgspec.Struct, frozen=True):
    """A command that an idempotency key was used for."""

    id: str
    device_id: str
    idempotency_key: str
    command: CommandName
    args: dict[str, Any]
    status: CommandStatus
    created_at: datetime
    expires_at: datetime


class CommandQueue(Repository):
    """Fits `hub.use_cases.ports.CommandQueue`."""

    def lock(self, devices: Collection[str] = ()) -> None:
        """Until the end of the transaction nobody is shut out. `devices`: those for which more than adding
        follows."""
        locks.queueing(self._connection, self._tenant_id)
        if devices:
            locks.devices(self._connection, self._tenant_id, devices)

    def lock_out(self) -> None:
        """Until the end of the transaction nothing is queued in this tenant; what was being queued is done.
        Before any other statement."""
        locks.shutting_out(self._connection, self._tenant_id)

    def room(self, device_ids: Collection[str], at_most: int) -> dict[str, Room]:
        """By id, the devices that exist. Open commands are counted to `at_most` and no further."""
        rows = self._rows(_ROOM, devices=list(device_ids), at_most=at_most)
        return {
            row["id"]: Room(DeviceStatus(row["status"]), row["open_commands"], row["site_id"]) for row in rows
        }

    def earlier(self, keys: Sequence[tuple[str, str]]) -> list[Earlier]:
        """The commands that these pairs of device and idempotency key were used for."""
        if not keys:
            return []
        devices, names = zip(*keys, strict=True)
        return msgspec.convert(self._rows(_EARLIER, devices=list(devices), keys=list(names)), list[Earlier])

    def add(self, commands: Sequence[NewCommand]) -> set[str]:
        """Queued, in this order. The ids of those that were: not those whose key was used a moment ago."""
        rows = self._rows(
            _ADD,
            ids=[command.id for command in commands],
            devices=[command.device_id for command in commands],
            commands=[command.command.value for command in commands],
            args=[command.args_json for command in commands],
            keys=[command.idempotency_key for command in commands],
            users=[command.created_by for command in commands],
            names=[command.created_by_name for command in commands],
            created=[command.created_at for command in commands],
            expires=[command.expires_at for command in commands],
        )
        return {row["id"] for row in rows}

    def supersede(self, newest: Mapping[tuple[str, CommandName], str], at: datetime) -> list[Ended]:
        """`newest`: by device and name, the id of the command that was queued last. End those that are older
        and wait, unsent."""
        older = self._rows(
            _OLDER,
            devices=[device_id for device_id, _ in newest],
            commands=[command.value for _, command in newest],
            ids=list(newest.values()),
        )
        if not older:
            return []
        return [Ended.of(row) for row in self._rows(_SUPERSEDE, ids=[row["id"] for row in older], at=at)]

    def raise_playlists(self, device_ids: Collection[str]) -> dict[str, int]:
        """These devices must load their playlist again; the version that each must have now. It is another
        number for the same manifest."""
        rows = self._rows(_RAISE, devices=list(device_ids))
        return {row["id"]: row["playlist_version"] for row in rows}
