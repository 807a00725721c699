"""Operators send commands to one screen, read what became of them, and take them back.

Rule 1: a command that was accepted is committed (G1); then the live side is told.
Rule 2: a command ends once; whoever cancels one that has ended is told so, and cancelling twice is the same.
Rule 3: emergencies do not come this way: they have a ledger of their own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.audit import record
from hub.use_cases.command_args import checked_args
from hub.use_cases.command_batch import Order, as_ended
from hub.use_cases.command_lane import CommandLane
from hub.use_cases.command_ports import Ended
from hub.use_cases.errors import NO_SUCH_DEVICE, InConflict, NotFound, Overloaded
from hub.use_cases.paging import ByNumber, cut_page, decode_cursor, encode_cursor
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import Realtime
from protocol.api import CommandAccepted, CommandRequest, CommandRow, Page
from protocol.vocabulary import CommandName, CommandStatus, Permission

NO_SUCH_COMMAND: Final = "There is no such command. The id may be mistyped."
IF_SENT: Final = "; it had been sent, and the screen may have carried it out already"
EXPIRED_AT_ONCE: Final = 1_000
"""In one transaction, a tenth of a second: after a long time without a hub it may be a million."""


class Filter(NamedTuple):
    """Which commands of the tenant."""

    status: CommandStatus | None = None
    only_open: bool = False
    device_id: str | None = None
    bulk_id: str | None = None
    command: CommandName | None = None


class Commands:
    """`default_ttl_s`: how long a command waits for its screen when the request does not say."""

    def __init__(
        self,
        database: Database,
        realtime: Realtime,
        lane: CommandLane,
        now: Callable[[], datetime],
        default_ttl_s: int,
    ) -> None:
        self._database = database
        self._realtime = realtime
        self._lane = lane
        self._now = now
        self._default_ttl_s = default_ttl_s

    async def queue(
        self, operator: Operator, device_id: str, request: CommandRequest, idempotency_key: str | None
    ) -> CommandAccepted:
        """Commits the command and sends it if the screen is there.

        Raises NotAllowed, NotFound, Invalid, InConflict (not approved; key of another request), TooMany,
        Overloaded.
        """
        require(operator, Permission.COMMANDS_SEND)
        args_json = checked_args(request.command, request.args, "POST /api/v1/emergencies")
        now = self._now()
        return await self._lane.queue(
            Order(
                operator,
                str(uuid.uuid4()),
                device_id,
                request.command,
                request.args,
                args_json,
                idempotency_key,
                now,
                now + timedelta(seconds=request.expires_in_s or self._default_ttl_s),
            )
        )

    async def cancel(self, operator: Operator, command_id: str) -> CommandRow:
        """Ends it, whether it waits or was sent. Raises NotAllowed, NotFound, InConflict (it has ended)."""
        require(operator, Permission.COMMANDS_SEND)
        now = self._now()

        def end(tx: Transaction) -> tuple[CommandRow, Ended | None]:
            ended = tx.commands.cancel(command_id, f"cancelled by {operator.email}", IF_SENT, now)
            command = tx.commands.get(command_id, operator.sites)
            if command is None:  # or not theirs: then nothing has ended either
                raise NotFound(NO_SUCH_COMMAND)
            if ended is not None:
                details = {"command_id": command_id, "command": command.command}
                record(tx, operator, now, "command.cancelled", "device", command.device_id, **details)
            elif command.status is not CommandStatus.CANCELLED:
                raise InConflict(f"This command has ended already: it {_ENDS[command.status]}.")
            return command, ended

        async def tell(done: tuple[CommandRow, Ended | None]) -> None:
            ended = [] if done[1] is None else [done[1]]
            await tell_ended(self._realtime, operator.tenant_id, ended, CommandStatus.CANCELLED)

        command, _ = await self._lane.alone(operator.tenant_id, now, end, tell)
        return command

    async def expire(self, tenant_id: str, before: datetime) -> None:
        """End the tenant's commands whose time was over `before`. Raises DatabaseUnavailable."""

        def end(tx: Transaction) -> Sequence[Ended]:
            return tx.commands.expire(_TOO_LATE, before, self._now(), EXPIRED_AT_ONCE)

        async def tell(ended: Sequence[Ended]) -> None:
            await tell_ended(self._realtime, tenant_id, ended, CommandStatus.EXPIRED)

        # When too much waits, there is a next time.
        with suppress(Overloaded):
            ended: Sequence[Ended] | None = None
            while ended is None or len(ended) == EXPIRED_AT_ONCE:
                ended = await self._lane.alone(tenant_id, self._now(), end, tell)

    async def get(self, operator: Operator, command_id: str) -> CommandRow:
        """One command. Raises NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)
        command = await self._database.transact(
            operator.tenant_id, lambda tx: tx.commands.get(command_id, operator.sites)
        )
        if command is None:
            raise NotFound(NO_SUCH_COMMAND)
        return command

    async def find(
        self, operator: Operator, wanted: Filter, cursor: str | None, limit: int
    ) -> Page[CommandRow]:
        """Commands of the tenant, the newest first. Raises NotAllowed, Invalid (cursor)."""
        require(operator, Permission.SCREENS_VIEW)
        return await self._page(operator, wanted, cursor, limit, of_device=False)

    async def of_device(
        self, operator: Operator, device_id: str, *, only_open: bool, cursor: str | None, limit: int
    ) -> Page[CommandRow]:
        """The device's commands, the newest first. Raises NotAllowed, NotFound, Invalid (cursor)."""
        require(operator, Permission.SCREENS_VIEW)
        wanted = Filter(only_open=only_open, device_id=device_id)
        return await self._page(operator, wanted, cursor, limit, of_device=True)

    async def _page(
        self, operator: Operator, wanted: Filter, cursor: str | None, limit: int, *, of_device: bool
    ) -> Page[CommandRow]:
        before = decode_cursor(cursor, ByNumber)

        def read(tx: Transaction) -> list[tuple[int, CommandRow]]:
            if (
                of_device
                and wanted.device_id is not None
                and tx.devices.get(wanted.device_id, operator.sites) is None
            ):
                raise NotFound(NO_SUCH_DEVICE)
            return tx.commands.find(sites=operator.sites, **wanted._asdict(), before=before, limit=limit + 1)

        rows, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        return Page([command for _, command in rows], encode_cursor(rows[-1][0]) if more else None)


async def tell_ended(
    realtime: Realtime, tenant_id: str, ended: Sequence[Ended], status: CommandStatus
) -> None:
    """Tell the live side of commands that have just ended in PostgreSQL."""
    await realtime.commands_ended([as_ended(tenant_id, each, status) for each in ended])


_TOO_LATE: Final = "its time was over before the screen answered"
_ENDS: Final = {
    CommandStatus.SUCCEEDED: "succeeded",
    CommandStatus.FAILED: "failed",
    CommandStatus.REJECTED: "was rejected by the screen",
    CommandStatus.EXPIRED: "expired",
    CommandStatus.SUPERSEDED: "was replaced by a newer one",
}
