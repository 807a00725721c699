"""A lane of commands on a real database, with a recording in the place of the live side."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
import trio
from trio.testing import wait_all_tasks_blocked

from hub.use_cases.command_batch import Order
from hub.use_cases.command_lane import CommandLane
from hub.use_cases.ports import Transaction
from persistence.database import Database
from persistence.errors import DatabaseUnavailable
from persistence.owner import connect_as_owner
from protocol.api import CommandAccepted
from protocol.vocabulary import CommandName
from tests.fakes import RecordingRealtime
from tests.hub.tenants import make_tenant
from tests.patience import PATIENCE_S

Result = TypeVar("Result")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Counting:
    """Fulfils `hub.use_cases.ports.Database` with the real one, and counts the transactions.

    `loses`: of so many commits that came about the answer is lost, as when PostgreSQL falls just then.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transactions = 0
        self.loses = 0

    async def transact(
        self, tenant_id: str, work: Callable[[Transaction], Result], *, urgent: bool = False
    ) -> Result:
        self.transactions += 1
        result = await self._database.transact(tenant_id, work, urgent=urgent)
        if self.loses:
            self.loses -= 1
            raise DatabaseUnavailable("server closed the connection unexpectedly")
        return result

    async def ask(self, work: Callable[..., Result]) -> Result:
        return await self._database.ask(work)


class Stage:
    """One tenant with approved devices."""

    def __init__(self, database: Database, database_url: str, devices: int = 3) -> None:
        self.database = Counting(database)
        self.database_url = database_url
        self.realtime = RecordingRealtime()
        self.lane = CommandLane(self.database, self.realtime)
        self.tenant = make_tenant(database_url, "Hospital")
        self.devices = [
            str(row[0])
            for row in self.rows(
                "INSERT INTO devices (tenant_id, hardware_id, name, status)"
                " SELECT %s, 'hw-' || n, 'Screen ' || n, 'approved' FROM generate_series(1, %s) n"
                " RETURNING id",
                self.tenant.id,
                devices,
            )
        ]

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with connect_as_owner(self.database_url) as connection:
            cursor = connection.execute(sql.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def order(
        self,
        device_id: str | None = None,
        command: CommandName = CommandName.PING,
        key: str | None = None,
        **args: Any,
    ) -> Order:
        encoded = msgspec.json.encode(args).decode()
        where = device_id or self.devices[0]
        later = NOW + timedelta(hours=1)
        return Order(self.tenant.admin, str(uuid.uuid4()), where, command, args, encoded, key, NOW, later)

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Somebody is at work in the lane for as long as the block lasts."""
        over = trio.Event()

        async def tell(_: None) -> None:
            await over.wait()

        with trio.fail_after(PATIENCE_S):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.lane.alone, self.tenant.id, NOW, lambda tx: None, tell)
                await wait_all_tasks_blocked()
                yield
                over.set()

    async def together(self, *orders: Order) -> list[CommandAccepted | Exception]:
        """The answers of orders that come while somebody else is at work."""
        answers: dict[str, CommandAccepted | Exception] = {}

        async def send(order: Order) -> None:
            try:
                answers[order.id] = await self.lane.queue(order)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is this order's answer
                answers[order.id] = error

        async with trio.open_nursery() as nursery:
            async with self.busy():
                for order in orders:
                    nursery.start_soon(send, order)
                    await wait_all_tasks_blocked()
        return [answers[order.id] for order in orders]

    def told(self) -> list[str]:
        return [command.id for command in self.realtime.commands]
