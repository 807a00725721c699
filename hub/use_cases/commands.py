"""Operators send commands to one device, and read what became of them.

Rule 1: a command that was accepted is committed (G1); then the live side is told.
Rule 2: the same idempotency key with the same request is the same command; with another one it is a mistake.
Rule 3: emergencies do not come this way: they have a ledger of their own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from hub.permissions import Permission, require
from hub.tokens import Operator
from hub.use_cases.admission import NO_SUCH_DEVICE
from hub.use_cases.audit import record
from hub.use_cases.errors import InConflict, Invalid, NotFound, TooMany
from hub.use_cases.paging import ByNumber, cut_page, decode_cursor, encode_cursor
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import QueuedCommand, Realtime
from protocol.api import CommandAccepted, CommandRequest, CommandRow, Page
from protocol.vocabulary import OPERATOR_COMMANDS, CommandStatus, DeviceStatus

OPEN_COMMANDS_AT_MOST: Final = 1000
# A command travels in one frame of at most 64 KiB.
_ARGS_AT_MOST_BYTES: Final = 16_384


class Commands:
    """`default_ttl_s`: how long a command waits for its screen when the request does not say."""

    def __init__(
        self, database: Database, realtime: Realtime, now: Callable[[], datetime], default_ttl_s: int
    ) -> None:
        self._database = database
        self._realtime = realtime
        self._now = now
        self._default_ttl_s = default_ttl_s

    async def queue(
        self, operator: Operator, device_id: str, request: CommandRequest, idempotency_key: str | None
    ) -> CommandAccepted:
        """Commits the command and sends it if the screen is there.

        Raises NotAllowed, NotFound, Invalid, InConflict (not approved; key of another request), TooMany.
        """
        require(operator, Permission.COMMAND)
        if request.command not in OPERATOR_COMMANDS:
            raise Invalid(
                {"command": f"{request.command} is not sent screen by screen: POST /api/v1/emergencies"}
            )
        if len(msgspec.json.encode(request.args)) > _ARGS_AT_MOST_BYTES:
            raise Invalid({"args": f"more than {_ARGS_AT_MOST_BYTES} bytes of JSON"})
        now = self._now()
        lifetime = timedelta(seconds=request.expires_in_s or self._default_ttl_s)
        queued = QueuedCommand(
            str(uuid.uuid4()), operator.tenant_id, device_id, request.command, request.args, now + lifetime
        )

        def commit(tx: Transaction) -> CommandRow | None:
            """The command that was there before, if there was one."""
            status = tx.commands.device_status(device_id)
            if status is None:
                raise NotFound(NO_SUCH_DEVICE)
            if idempotency_key is not None:
                earlier = tx.commands.by_key(device_id, idempotency_key)
                if earlier is not None:
                    return _same(earlier, request, lifetime)
            if status is not DeviceStatus.APPROVED:
                raise InConflict(f"This screen is {status}; only an approved one takes commands.")
            if tx.commands.open_count(device_id) >= OPEN_COMMANDS_AT_MOST:
                raise TooMany(f"{OPEN_COMMANDS_AT_MOST} commands wait for this screen already.", 60)
            added = tx.commands.add(
                id=queued.id,
                device_id=device_id,
                command=request.command,
                args=request.args,
                idempotency_key=idempotency_key,
                created_by=operator.user_id,
                created_at=now,
                expires_at=queued.expires_at,
            )
            if not added and idempotency_key is not None:
                # Another request with this key was committed a moment ago.
                earlier = tx.commands.by_key(device_id, idempotency_key)
                if earlier is not None:
                    return _same(earlier, request, lifetime)
            record(
                tx,
                operator,
                now,
                "command.queued",
                "device",
                device_id,
                command_id=queued.id,
                command=request.command,
                args=request.args,
            )
            return None

        earlier = await self._database.transact(operator.tenant_id, commit)
        if earlier is not None:
            return CommandAccepted(command_id=earlier.id, status=earlier.status)
        self._realtime.command_queued(queued)
        return CommandAccepted(command_id=queued.id, status=CommandStatus.QUEUED)

    async def get(self, operator: Operator, command_id: str) -> CommandRow:
        """One command. Raises NotAllowed, NotFound."""
        require(operator, Permission.VIEW)
        command = await self._database.transact(operator.tenant_id, lambda tx: tx.commands.get(command_id))
        if command is None:
            raise NotFound("There is no such command. The id may be mistyped.")
        return command

    async def of_device(
        self, operator: Operator, device_id: str, *, only_open: bool, cursor: str | None, limit: int
    ) -> Page[CommandRow]:
        """The device's commands, the newest first. Raises NotAllowed, NotFound, Invalid (cursor)."""
        require(operator, Permission.VIEW)
        before = decode_cursor(cursor, ByNumber)

        def read(tx: Transaction) -> list[tuple[int, CommandRow]]:
            if tx.devices.get(device_id) is None:
                raise NotFound(NO_SUCH_DEVICE)
            return tx.commands.of_device(device_id, only_open=only_open, before=before, limit=limit + 1)

        rows, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        return Page([command for _, command in rows], encode_cursor(rows[-1][0]) if more else None)


def _same(earlier: CommandRow, request: CommandRequest, lifetime: timedelta) -> CommandRow:
    """The earlier command, if it is what is asked for now. Raises InConflict."""
    same = (
        earlier.command == request.command
        and earlier.args == request.args
        and earlier.expires_at - earlier.created_at == lifetime
    )
    if not same:
        raise InConflict(
            "This Idempotency-Key was used for another command. Use a new key for a new command."
        )
    return earlier
