"""Operators send one command to many screens, follow it, and take back what has not ended.

Rule 1: what a scope reaches is decided by PostgreSQL, in the transaction that queues the commands: every row
        is committed when it is accepted (G1).
Rule 2: a screen that has no room for another command is passed over and counted.
Rule 3: somebody limited to sites finds what has a command for a screen there, or is theirs; what they count
        and cancel is of those screens.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from hub.features import BULK_COMMANDS
from hub.operator import Operator
from hub.permissions import require, require_feature
from hub.use_cases import command_batch
from hub.use_cases.audit import record
from hub.use_cases.command_args import checked_args
from hub.use_cases.command_batch import as_ended
from hub.use_cases.command_lane import CommandLane
from hub.use_cases.command_ports import Ended
from hub.use_cases.commands import IF_SENT, tell_ended
from hub.use_cases.errors import InConflict, NotFound
from hub.use_cases.paging import ByInstant, cut_page, decode_cursor, encode_cursor
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.realtime import EndedCommand, QueuedCommand, Realtime
from hub.use_cases.scopes import Scopes, tidy
from hub.use_cases.site_limits import as_seen, lies_within
from protocol.api import BulkCommand, BulkCommandAccepted, BulkCommandRequest, Page, Scope
from protocol.vocabulary import SUPERSEDED_BY_NEWER, CommandName, CommandStatus, Permission

NO_SUCH_BULK: Final = "There is no such bulk command. The id may be mistyped."


class _Queued(NamedTuple):
    """What one transaction did. `before`: the bulk command that this idempotency key was used for."""

    before: BulkCommand | None = None
    targeted: int = 0
    refused: int = 0
    commands: Sequence[QueuedCommand] = ()
    superseded: Sequence[EndedCommand] = ()


class BulkCommands:
    """`default_ttl_s`: how long the commands wait for their screens when the request does not say."""

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
        self._scopes = Scopes(database, realtime)
        self._now = now
        self._default_ttl_s = default_ttl_s

    async def queue(
        self, operator: Operator, request: BulkCommandRequest, idempotency_key: str | None
    ) -> BulkCommandAccepted:
        """Commits a command for every approved screen in scope, and sends it to those that are there.

        Raises NotAllowed, Invalid, InConflict (key of another request), Overloaded.
        """
        require(operator, Permission.COMMANDS_SEND)
        require_feature(operator, BULK_COMMANDS)
        checked_args(request.command, request.args, "POST /api/v1/emergencies")
        scope = tidy(operator, request.scope)
        scope_text = await self._scopes.in_words(operator, scope)
        bulk_id = str(uuid.uuid4())
        now = self._now()
        lifetime = timedelta(seconds=request.expires_in_s or self._default_ttl_s)

        def commit(tx: Transaction) -> _Queued:
            tx.command_queue.lock()
            if request.command in SUPERSEDED_BY_NEWER:
                tx.bulk_commands.lock(scope)
            added = tx.bulk_commands.add(
                id=bulk_id,
                command=request.command,
                args=request.args,
                scope=scope,
                scope_text=scope_text,
                idempotency_key=idempotency_key,
                created_by=operator.user_id,
                created_by_name=operator.email,
                created_at=now,
                expires_at=now + lifetime,
            )
            if not added and idempotency_key is not None:
                return _Queued(_same(tx.bulk_commands.by_key(idempotency_key), request, scope, lifetime))
            queued = self._fill(tx, operator, request, scope, bulk_id, now, now + lifetime)
            record(
                tx,
                operator,
                now,
                "bulk_command.queued",
                "bulk_command",
                bulk_id,
                command=request.command,
                args=request.args,
                scope=msgspec.to_builtins(scope),
                scope_text=scope_text,
                targeted=queued.targeted,
                refused=queued.refused,
                superseded=len(queued.superseded),
            )
            return queued

        async def tell(queued: _Queued) -> None:
            await self._realtime.commands_ended(queued.superseded)
            await self._realtime.commands_queued(queued.commands)

        queued = await self._lane.alone(operator.tenant_id, now, commit, tell)
        if queued.before is not None:
            return self._accepted_before(operator, queued.before)
        online = self._realtime.online(command.device_id for command in queued.commands)
        return _accepted(bulk_id, queued.targeted, queued.refused, online)

    async def cancel(self, operator: Operator, bulk_id: str) -> BulkCommand:
        """Ends those of its commands that are open. Raises NotAllowed, NotFound."""
        require(operator, Permission.COMMANDS_SEND)
        now = self._now()

        def end(tx: Transaction) -> tuple[BulkCommand, Sequence[Ended]]:
            detail = f"cancelled by {operator.email}"
            ended = tx.commands.cancel_bulk(bulk_id, detail, IF_SENT, now, operator.sites)
            bulk = tx.bulk_commands.get(bulk_id, operator.sites, operator.user_id)
            if bulk is None:
                raise NotFound(NO_SUCH_BULK)
            if ended:
                action = "bulk_command.cancelled"
                record(tx, operator, now, action, "bulk_command", bulk_id, cancelled=len(ended))
            return bulk, ended

        async def tell(done: tuple[BulkCommand, Sequence[Ended]]) -> None:
            await tell_ended(self._realtime, operator.tenant_id, done[1], CommandStatus.CANCELLED)

        bulk, _ = await self._lane.alone(operator.tenant_id, now, end, tell)
        return self._as_seen(operator, bulk)

    async def get(self, operator: Operator, bulk_id: str) -> BulkCommand:
        """One bulk command and how far it has come. Raises NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)

        def read(tx: Transaction) -> BulkCommand | None:
            return tx.bulk_commands.get(bulk_id, operator.sites, operator.user_id)

        bulk = await self._database.transact(operator.tenant_id, read)
        if bulk is None:
            raise NotFound(NO_SUCH_BULK)
        return self._as_seen(operator, bulk)

    async def newest(self, operator: Operator, cursor: str | None, limit: int) -> Page[BulkCommand]:
        """The newest first. Raises NotAllowed, Invalid (cursor)."""
        require(operator, Permission.SCREENS_VIEW)
        after = decode_cursor(cursor, ByInstant)

        def read(tx: Transaction) -> list[BulkCommand]:
            return tx.bulk_commands.newest(
                sites=operator.sites, user_id=operator.user_id, after=after, limit=limit + 1
            )

        found, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        bulks = [self._as_seen(operator, bulk) for bulk in found]
        return Page(bulks, encode_cursor((bulks[-1].created_at, bulks[-1].id)) if more else None)

    def _fill(
        self,
        tx: Transaction,
        operator: Operator,
        request: BulkCommandRequest,
        scope: Scope,
        bulk_id: str,
        now: datetime,
        expires_at: datetime,
    ) -> _Queued:
        filled = tx.bulk_commands.fill(bulk_id, scope, command_batch.OPEN_COMMANDS_AT_MOST)
        newest = {
            (device_id, request.command): command_id
            for command_id, device_id in filled.commands
            if request.command in SUPERSEDED_BY_NEWER and not self._realtime.keeps_commands(device_id)
        }
        superseded = tx.command_queue.supersede(newest, now) if newest else []
        reloads = request.command is CommandName.RELOAD_PLAYLIST
        devices = [device_id for _, device_id in filled.commands]
        versions = tx.command_queue.raise_playlists(devices) if reloads else {}
        return _Queued(
            None,
            filled.targeted,
            filled.refused,
            [
                QueuedCommand(
                    command_id,
                    operator.tenant_id,
                    device_id,
                    request.command,
                    request.args,
                    expires_at,
                    versions.get(device_id),
                )
                for command_id, device_id in filled.commands
            ],
            [as_ended(operator.tenant_id, each, CommandStatus.SUPERSEDED) for each in superseded],
        )

    def _as_seen(self, operator: Operator, bulk: BulkCommand) -> BulkCommand:
        """Of a larger one, what of it was for the screens of the operator's sites."""
        site_of = self._realtime.site_of
        if operator.sites is None or lies_within(bulk.scope, operator.sites, site_of):
            return bulk
        scope, words = as_seen(bulk.scope, bulk.scope_text, operator.sites, site_of)
        targeted = sum(bulk.counts.values())
        return msgspec.structs.replace(bulk, scope=scope, scope_text=words, targeted=targeted, refused=0)

    def _accepted_before(self, operator: Operator, bulk: BulkCommand) -> BulkCommandAccepted:
        online = self._realtime.preview(operator.tenant_id, bulk.scope).online
        return _accepted(bulk.id, bulk.targeted, bulk.refused, min(online, bulk.targeted - bulk.refused))


def _same(
    before: BulkCommand | None, request: BulkCommandRequest, scope: Scope, lifetime: timedelta
) -> BulkCommand:
    """The earlier one, if it is what is asked for now. Raises InConflict."""
    assert before is not None  # nothing else is in conflict with what is there
    asked = (request.command, request.args, scope, lifetime)
    if (before.command, before.args, before.scope, before.expires_at - before.created_at) != asked:
        raise InConflict(
            "This Idempotency-Key was used for another command. Use a new key for a new command."
        )
    return before


def _accepted(bulk_id: str, targeted: int, refused: int, online: int) -> BulkCommandAccepted:
    return BulkCommandAccepted(bulk_id, targeted, refused, online, targeted - refused - online)
