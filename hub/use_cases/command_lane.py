"""The way of commands into PostgreSQL and from there to the live side: one lane a tenant.

Rule 1: whoever comes while nothing is under way goes at once. Those who come meanwhile wait and are the next
        transaction together: a commit costs the same for one as for hundreds.
Rule 2: the live side is told after the commit and before the next one, so it is told in the order of `seq`.
Rule 3: what ends commands takes its turn in the lane too: nothing is told of a command that ended before.
Rule 4: who gives up while it waits leaves the lane; who gives up later is committed all the same.
Rule 5: where PostgreSQL vanishes in the middle nobody knows whether the commit came about. Before anything
        else is done the live side is told what PostgreSQL has of it: what waits there is sent, in sequence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, TypeVar

import trio

from hub.use_cases.command_batch import Order, as_ended, commit_orders
from hub.use_cases.command_ports import Ended, Waiting
from hub.use_cases.errors import Overloaded
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import QueuedCommand, Realtime
from persistence.errors import DatabaseUnavailable
from protocol.api import CommandAccepted
from protocol.vocabulary import CommandStatus

Result = TypeVar("Result")

BATCH_AT_MOST: Final = 256
"""Commands in one transaction: a few milliseconds."""

WAITING_AT_MOST: Final = 2048
"""Who comes when so many wait is sent away: the last of them would wait for eight transactions."""


class _Ticket:
    """Somebody in the lane. `order` is None for an action that is alone in its transaction."""

    __slots__ = ("answer", "leads", "order", "wake")

    def __init__(self, order: Order | None) -> None:
        self.order = order
        self.wake = trio.Event()
        self.leads = False
        self.answer: CommandAccepted | Exception | None = None


class _Lane:
    """One tenant's. `led`: somebody is at work, and passes on to whoever waits then."""

    def __init__(self) -> None:
        self.waiting: deque[_Ticket] = deque()
        self.led = False

    def take(self) -> list[tuple[_Ticket, Order]]:
        """The orders at the head, up to the next action; the first belongs to whoever leads."""
        taken: list[tuple[_Ticket, Order]] = []
        while self.waiting and len(taken) < BATCH_AT_MOST:
            ticket = self.waiting[0]
            if ticket.order is None:
                break
            taken.append((self.waiting.popleft(), ticket.order))
        return taken


class CommandLane:
    """Every transaction that queues or ends commands goes through here."""

    def __init__(self, database: Database, realtime: Realtime) -> None:
        self._database = database
        self._realtime = realtime
        self._lanes: dict[str, _Lane] = {}
        self._in_doubt_since: dict[str, datetime] = {}

    async def queue(self, order: Order) -> CommandAccepted:
        """Commit it, with others that wait, and tell the live side.

        Raises NotFound, InConflict, TooMany, Overloaded, DatabaseUnavailable.
        """
        tenant_id = order.operator.tenant_id
        ticket = _Ticket(order)
        async with self._turn(tenant_id, ticket) as lane:
            if ticket.answer is None:
                await self._commit(tenant_id, lane.take())
        if isinstance(ticket.answer, CommandAccepted):
            return ticket.answer
        assert ticket.answer is not None  # whoever led has given one
        raise ticket.answer

    async def alone(
        self,
        tenant_id: str,
        at: datetime,
        work: Callable[[Transaction], Result],
        tell: Callable[[Result], Awaitable[None]],
    ) -> Result:
        """`work` in a transaction of its own, then `tell`; nobody else of the tenant is in between. `at`: the
        instant at which, by PostgreSQL's rows, it queues or ends commands.

        Raises Overloaded, DatabaseUnavailable, and what `work` raises.
        """
        async with self._turn(tenant_id, _Ticket(None)) as lane:
            lane.waiting.popleft()
            result = await self._transact(tenant_id, at, work)
            await tell(result)
        return result

    @asynccontextmanager
    async def _turn(self, tenant_id: str, ticket: _Ticket) -> AsyncIterator[_Lane]:
        """Wait until somebody has done it, or it is this one's turn to lead."""
        lane = self._lanes.setdefault(tenant_id, _Lane())
        if len(lane.waiting) >= WAITING_AT_MOST:
            raise Overloaded("More commands wait than the hub can queue at once. Send this one again.", 1)
        lane.waiting.append(ticket)
        if lane.led:
            try:
                await ticket.wake.wait()
            except trio.Cancelled:
                if ticket in lane.waiting:
                    lane.waiting.remove(ticket)
                if ticket.leads:
                    self._pass_on(tenant_id, lane)
                raise
            if not ticket.leads:
                yield lane
                return
        lane.led = True
        try:
            with trio.CancelScope(shield=True):
                yield lane
        finally:
            self._pass_on(tenant_id, lane)

    def _pass_on(self, tenant_id: str, lane: _Lane) -> None:
        if lane.waiting:
            lane.waiting[0].leads = True
            lane.waiting[0].wake.set()
        else:
            del self._lanes[tenant_id]

    async def _commit(self, tenant_id: str, batch: list[tuple[_Ticket, Order]]) -> None:
        orders = [order for _, order in batch]
        try:
            at = min(order.created_at for order in orders)
            committed = await self._transact(
                tenant_id, at, lambda tx: commit_orders(tx, orders, self._realtime.keeps_commands)
            )
        except DatabaseUnavailable as error:
            for ticket, _ in batch:
                ticket.answer = DatabaseUnavailable(*error.args)
        except Exception as error:  # noqa: BLE001 -- see below
            # Whatever it is, only the one that brings it about may have it: each by itself.
            if len(batch) == 1:
                batch[0][0].answer = error
            else:
                for each in batch:
                    await self._commit(tenant_id, [each])
        else:
            for (ticket, _), answer in zip(batch, committed.answers, strict=True):
                ticket.answer = answer
            await self._realtime.commands_ended(committed.superseded)
            await self._realtime.commands_queued(committed.queued)
        finally:
            for ticket, _ in batch:
                ticket.wake.set()

    async def _transact(self, tenant_id: str, at: datetime, work: Callable[[Transaction], Result]) -> Result:
        try:
            await self._clear_doubt(tenant_id)
            return await self._database.transact(tenant_id, work)
        except DatabaseUnavailable:
            self._in_doubt_since[tenant_id] = min(at, self._in_doubt_since.get(tenant_id, at))
            raise

    async def _clear_doubt(self, tenant_id: str) -> None:
        """Rule 5."""
        since = self._in_doubt_since.get(tenant_id)
        if since is None:
            return

        def look(tx: Transaction) -> tuple[Sequence[Waiting], Sequence[tuple[Ended, CommandStatus]]]:
            # PostgreSQL may be at it still: it holds the same lock until it is done.
            tx.command_queue.lock_out()
            return tx.commands.waiting_since(since), tx.commands.ended_since(since)

        waiting, ended = await self._database.transact(tenant_id, look)
        del self._in_doubt_since[tenant_id]
        await self._realtime.commands_found(
            [
                QueuedCommand(
                    each.id,
                    tenant_id,
                    each.device_id,
                    each.command,
                    each.args,
                    each.expires_at,
                    each.playlist_version,
                )
                for each in waiting
            ],
            [as_ended(tenant_id, each, status) for each, status in ended],
        )
