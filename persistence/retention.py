"""Deletes what is past its time, a bounded batch a transaction, tenant by tenant under row-level security.

Rule 1: history goes: the screens' events, commands that have ended, bulk commands that have none left, and
        the sums of what was played.
Rule 2: sampled heartbeats and single plays go by the day, of all tenants at once: a partition is dropped, no
        row is deleted. Functions of the schema do it, for the hub owns nothing.
Rule 3: a device goes that asked to be let in and whose pairing ran out; never one that was let in once.
Rule 4: emergencies, their ledgers and the audit log stay.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal, LiteralString

from persistence.database import Database
from persistence.repositories.base import Connection
from persistence.transaction import Tenant

History = Literal["events", "commands", "bulk_commands", "play_sums"]

BATCH: Final = 5_000
DEVICE_BATCH: Final = 20
"""For each device PostgreSQL looks through what refers to devices, the ledgers too."""

# The address of a row (ctid) is the cheapest way back to it; it stays good because what is old is not written
# any more, and what might be is locked.
_HISTORY: Final[dict[History, LiteralString]] = {
    "events": """
        DELETE FROM device_events WHERE tenant_id = clarion_tenant() AND ctid = ANY (ARRAY(
            SELECT ctid FROM device_events WHERE tenant_id = clarion_tenant() AND at < %(before)s
             LIMIT %(batch)s))
        """,
    "commands": """
        DELETE FROM commands WHERE tenant_id = clarion_tenant() AND ctid = ANY (ARRAY(
            SELECT ctid FROM commands WHERE tenant_id = clarion_tenant() AND finished_at < %(before)s
               AND status NOT IN ('queued', 'sent', 'received')
             LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
        """,
    "bulk_commands": """
        DELETE FROM bulk_commands WHERE tenant_id = clarion_tenant() AND ctid = ANY (ARRAY(
            SELECT ctid FROM bulk_commands b WHERE tenant_id = clarion_tenant() AND created_at < %(before)s
               AND NOT EXISTS (SELECT FROM commands c
                                WHERE c.tenant_id = clarion_tenant() AND c.bulk_id = b.id)
             LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
        """,
    "play_sums": """
        DELETE FROM play_days WHERE tenant_id = clarion_tenant() AND ctid = ANY (ARRAY(
            SELECT ctid FROM play_days WHERE tenant_id = clarion_tenant() AND day < %(before)s::date
             LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
        """,
}
_NEVER_LET_IN: Final = """
    DELETE FROM devices WHERE tenant_id = clarion_tenant() AND ctid = ANY (ARRAY(
        SELECT ctid FROM devices WHERE tenant_id = clarion_tenant() AND status = 'pending'
           AND approved_at IS NULL AND pairing_expires_at < %(before)s
         LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
    RETURNING id
"""


class Retention:
    """Every method is one transaction. Each raises DatabaseUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tenants(self) -> list[Tenant]:
        """Every tenant."""
        return await self._database.ask(lambda questions: questions.tenants())

    async def make_heartbeat_days(self, ahead: int) -> int:
        """Make room for the heartbeats of today and of so many days to come; how many days had none yet."""
        return await self._number("SELECT make_heartbeat_partitions(%s)", ahead)

    async def drop_heartbeat_days(self, before: datetime) -> int:
        """Drop the heartbeats of the days that were over `before`, every tenant's; how many days that was.

        What there was before the release that began with days is one of them, which ends with that day.
        """
        return await self._number("SELECT drop_heartbeat_partitions(%s)", before)

    async def make_play_days(self, ahead: int) -> int:
        """Make room for what is played today and on so many days to come; how many days had none yet."""
        return await self._number("SELECT make_play_partitions(%s)", ahead)

    async def drop_play_days(self, before: datetime) -> int:
        """Drop the single plays of the days that were over `before`, every tenant's; how many days that was.
        Their sums stay."""
        return await self._number("SELECT drop_play_partitions(%s)", before)

    async def _number(self, question: LiteralString, value: int | datetime) -> int:
        def work(connection: Connection) -> int:
            row = connection.execute(question, (value,)).fetchone()
            return 0 if row is None else int(row[0])

        return await self._database.run(work)

    async def delete_history(
        self, kind: History, tenant_id: str, before: datetime, batch: int = BATCH
    ) -> int:
        """How many rows older than `before` it deleted, at most `batch`; of commands those that ended."""
        values: dict[str, Any] = {"before": before, "batch": batch}

        def work(connection: Connection) -> int:
            return connection.execute(_HISTORY[kind], values).rowcount

        return await self._database.run(work, tenant_id=tenant_id)

    async def delete_never_let_in(
        self, tenant_id: str, before: datetime, batch: int = DEVICE_BATCH
    ) -> list[str]:
        """The ids of the pending devices that it deleted, whose pairing had expired `before`."""
        values: dict[str, Any] = {"before": before, "batch": batch}

        def work(connection: Connection) -> list[str]:
            return [row[0] for row in connection.execute(_NEVER_LET_IN, values)]

        return await self._database.run(work, tenant_id=tenant_id)
