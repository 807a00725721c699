"""What the live side of the hub reads from PostgreSQL: credentials, the roster, open commands, emergencies
in force."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple, TypeVar

from persistence.database import Database
from persistence.group_reach import groups_of_devices
from persistence.migrate import FOLDER
from persistence.repositories.base import Connection
from persistence.transaction import Tenant

Result = TypeVar("Result")


class TokenOwner(NamedTuple):
    """Whose token a hash is. `epoch`: drawn for the session that may begin now; higher than any before."""

    device_id: str
    tenant_id: str
    has_open_commands: bool
    epoch: int


class ScreenRecord(NamedTuple):
    """One device with everything that the roster shows."""

    id: str
    tenant_id: str
    name: str
    status: str
    site_id: str | None
    site: str | None
    tags: dict[str, str]
    location: str
    platform: str
    pairing_code: str | None
    pairing_expires_at: datetime | None
    presence_reason: str
    presence_since: datetime | None
    last_seen_at: datetime | None
    playback: str | None
    now_playing: str | None
    proven_at: datetime | None
    open_commands: int
    playlist_version: int
    manifest_digest: str | None
    wanted_since: datetime | None
    reported_playlist: int
    reported_digest: str | None
    setup: str | None
    time_zone: str | None
    opening_hours: str | None
    group_ids: list[str]
    groups: list[str]


class CommandRecord(NamedTuple):
    """A command that has not ended."""

    device_id: str
    id: str
    command: str
    args: dict[str, Any]
    expires_at: datetime
    status: str


class EmergencyRecord(NamedTuple):
    """An emergency that is live or clearing."""

    id: str
    hide_command_id: str
    tenant_id: str
    title: str
    message: str
    severity: str
    scope: dict[str, Any]
    scope_text: str
    content_hash: str
    issued_at: datetime
    issued_by: str
    expires_at: datetime | None
    cleared_at: datetime | None
    cleared_by: str | None
    issued_by_id: str | None
    language: str
    texts: list[dict[str, str]]
    pictogram: str | None
    sound: str | None


class LedgerRecord(NamedTuple):
    """One screen of an emergency."""

    device_id: str
    state: str
    missing: str | None
    detail: str | None
    targeted_at: datetime
    sent_at: datetime | None
    received_at: datetime | None
    rendered_at: datetime | None
    hidden_at: datetime | None
    content_hash: str | None


_SCREENS: Final = """
    SELECT d.id, d.tenant_id, d.name, d.status, d.site_id, s.name, d.tags, d.location, d.platform,
           CASE WHEN d.pairing_state = 'waiting' AND d.pairing_expires_at > now() THEN d.pairing_code END,
           CASE WHEN d.pairing_state = 'waiting' THEN d.pairing_expires_at END,
           d.presence_reason, d.presence_since, d.last_seen_at, d.playback, d.now_playing, d.proven_at,
           (SELECT count(*) FROM commands c
             WHERE c.device_id = d.id AND c.status IN ('queued', 'sent', 'received')),
           d.playlist_version, d.manifest_digest, w.since, d.reported_playlist_version, r.digest,
           (d.settings -> 'player')::text, s.time_zone, s.opening_hours::text
      FROM devices d LEFT JOIN sites s ON s.id = d.site_id
           LEFT JOIN device_manifests w ON w.tenant_id = d.tenant_id AND w.device_id = d.id
                                        AND w.version = d.playlist_version
           LEFT JOIN device_manifests r ON r.tenant_id = d.tenant_id AND r.device_id = d.id
                                        AND r.version = d.reported_playlist_version
     WHERE d.tenant_id = %(tenant)s AND (%(ids)s::uuid[] IS NULL OR d.id = ANY (%(ids)s::uuid[]))
"""

_EMERGENCIES: Final = """
    SELECT e.id, e.hide_command_id, e.tenant_id, e.title, e.message, e.severity, e.scope, e.scope_text,
           e.content_hash, e.issued_at, e.issued_by_name, e.expires_at, e.cleared_at, e.cleared_by_name,
           e.issued_by, e.language, e.texts, e.pictogram, e.sound
      FROM emergencies e
     WHERE e.tenant_id = clarion_tenant() AND e.status IN ('live', 'clearing')
     ORDER BY e.issued_at
"""

_LEDGER: Final = """
    SELECT device_id, state, missing, detail, targeted_at, sent_at, received_at, rendered_at, hidden_at,
    content_hash
      FROM emergency_ledger WHERE tenant_id = clarion_tenant() AND emergency_id = %(id)s
"""

_DEVICES_OF_TOKENS: Final = """
    SELECT token_hash, id FROM devices
     WHERE tenant_id = clarion_tenant() AND token_hash = ANY (%(hashes)s) AND status = 'approved'
"""

# Device by device, on the index of its open commands, whatever PostgreSQL believes of how many there are.
_OPEN_COMMANDS: Final = """
    SELECT o.device_id, o.id, o.command, o.args, o.expires_at, o.status
      FROM unnest(%(ids)s::uuid[]) AS d(id)
           CROSS JOIN LATERAL (SELECT c.* FROM commands c
                                WHERE c.tenant_id = clarion_tenant() AND c.device_id = d.id
                                  AND c.status IN ('queued', 'sent', 'received')
                                ORDER BY c.seq OFFSET 0) o
     ORDER BY o.device_id, o.seq
"""

# Whoever was online when the hub stopped is not any more, and nobody saw how it left. Sessions of older hubs
# are over for all devices; one of a hub that started after this one (a higher epoch) is left alone.
_NOBODY_ONLINE: Final = """
    UPDATE devices SET session_epoch = %(epoch)s, presence = 'offline',
           presence_reason = CASE presence WHEN 'online' THEN 'hub_restarted' ELSE presence_reason END,
           presence_since = CASE presence WHEN 'online' THEN now() ELSE presence_since END
     WHERE tenant_id = clarion_tenant() AND session_epoch < %(epoch)s
"""


class LiveState:
    """Every method is one thread hop. Each raises DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending_migrations(self) -> list[str]:
        """The names of this version's migrations that the database lacks."""

        def work(connection: Connection) -> list[str]:
            applied = {row[0] for row in connection.execute("SELECT name FROM schema_migrations")}
            return sorted(path.stem for path in FOLDER.glob("*.sql") if path.stem not in applied)

        return await self._database.run(work)

    async def tenants(self) -> list[Tenant]:
        """Every tenant."""
        return await self._database.ask(lambda questions: questions.tenants())

    async def devices_of_tokens(self, hashes: Sequence[bytes]) -> Mapping[bytes, TokenOwner]:
        """The approved devices of active tenants with these token hashes (SHA-256)."""

        def work(connection: Connection) -> dict[bytes, TokenOwner]:
            rows = connection.execute("SELECT * FROM devices_of_tokens(%s)", (list(hashes),))
            return {bytes(token_hash): TokenOwner(*rest) for token_hash, *rest in rows}

        return await self._database.run(work)

    async def devices_of_suspended(self, hashes: Sequence[bytes]) -> Mapping[bytes, tuple[str, str]]:
        """Device and tenant by token hash, where the tenant is suspended."""

        def work(connection: Connection) -> dict[bytes, tuple[str, str]]:
            found: dict[bytes, tuple[str, str]] = {}
            suspended = connection.execute("SELECT id FROM all_tenants() WHERE status <> 'ACTIVE'").fetchall()
            for (tenant_id,) in suspended:
                # In each of them: there is no question across tenants that a suspended one answers.
                connection.execute("SELECT set_config('clarion.tenant_id', %s, true)", (tenant_id,))
                rows = connection.execute(_DEVICES_OF_TOKENS, {"hashes": list(hashes)})
                found |= {bytes(token_hash): (device_id, tenant_id) for token_hash, device_id in rows}
            return found

        return await self._database.run(work)

    async def screens(self, tenant_id: str, device_ids: Sequence[str] | None = None) -> list[ScreenRecord]:
        """These devices of the tenant, or all of them."""
        asked = {"tenant": tenant_id, "ids": None if device_ids is None else list(device_ids)}

        def work(connection: Connection) -> list[ScreenRecord]:
            rows = connection.execute(_SCREENS, asked).fetchall()
            groups = groups_of_devices(connection, tenant_id, [row[0] for row in rows])
            return [ScreenRecord(*(*row, *groups[row[0]])) for row in rows]

        return await self._database.run(work, tenant_id=tenant_id)

    async def open_commands(self, tenant_id: str, device_ids: Sequence[str]) -> list[CommandRecord]:
        """These devices' commands that have not ended; those of each device in sequence."""
        return await self._records(tenant_id, _OPEN_COMMANDS, CommandRecord, ids=list(device_ids))

    async def emergencies(self, tenant_id: str) -> list[EmergencyRecord]:
        """The tenant's emergencies that are live or clearing."""
        return await self._records(tenant_id, _EMERGENCIES, EmergencyRecord)

    async def ledger(self, tenant_id: str, emergency_id: str) -> list[LedgerRecord]:
        """Every screen of the emergency."""
        return await self._records(tenant_id, _LEDGER, LedgerRecord, id=emergency_id)

    async def draw_epoch(self) -> int:
        """A number higher than that of any session before; see the second migration."""

        def work(connection: Connection) -> int:
            (row,) = connection.execute("SELECT nextval('session_epochs')").fetchall()
            return int(row[0])

        return await self._database.run(work)

    async def nobody_is_online(self, tenant_id: str, epoch: int) -> None:
        """A hub has just started, and drew this epoch: sessions with a lower one are over, and what they
        still write is refused."""
        await self._database.run(
            lambda connection: connection.execute(_NOBODY_ONLINE, {"epoch": epoch}), tenant_id=tenant_id
        )

    async def _records(
        self, tenant_id: str, sql: LiteralString, record: Callable[..., Result], **values: Any
    ) -> list[Result]:
        def work(connection: Connection) -> list[Result]:
            return [record(*row) for row in connection.execute(sql, values)]

        return await self._database.run(work, tenant_id=tenant_id)
