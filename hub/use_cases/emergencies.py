"""Operators trigger an emergency, watch it arrive screen by screen, and give the all-clear.

Rule 1: the emergency and its audit row are committed, on a connection that waits behind nothing else; then
        the live side fans it out.
Rule 2: while an emergency is live or being cleared, its tallies are the live side's; afterwards the ledger's.
Rule 3: clearing what is being cleared already, or was, changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from hub.permissions import Permission, require
from hub.tokens import Operator
from hub.use_cases.audit import record
from hub.use_cases.errors import Invalid, NotFound
from hub.use_cases.explanation import explain
from hub.use_cases.paging import ByInstant, ByName, cut_page, decode_cursor, encode_cursor
from hub.use_cases.ports import Database, LedgerEntry, NamedTable, Transaction
from hub.use_cases.realtime import LiveEmergency, Realtime
from hub.use_cases.texts import one_line
from protocol.alert import content_hash
from protocol.api import Emergency, EmergencyCreated, EmergencyRequest, LedgerRow, Page, Scope, ScopePreview
from protocol.vocabulary import EmergencyStatus, LedgerState

NO_SUCH_EMERGENCY: Final = "There is no such emergency. The id may be mistyped."
_TABLES: Final[dict[str, NamedTable]] = {"sites": "sites", "groups": "device_groups", "devices": "devices"}
_WORDS: Final = {"sites": ("site", "sites"), "groups": ("group", "groups"), "devices": ("screen", "screens")}


class Emergencies:
    """Each method is one operator action; the three that change something are audited."""

    def __init__(self, database: Database, realtime: Realtime, now: Callable[[], datetime]) -> None:
        self._database = database
        self._realtime = realtime
        self._now = now

    async def preview(self, operator: Operator, scope: Scope) -> ScopePreview:
        """How many screens the scope reaches now. Raises NotAllowed, Invalid."""
        require(operator, Permission.EMERGENCY)
        scope = _tidy(scope)
        await self._database.transact(operator.tenant_id, lambda tx: _in_words(tx, scope))
        return self._realtime.preview(operator.tenant_id, scope)

    async def create(self, operator: Operator, request: EmergencyRequest) -> EmergencyCreated:
        """Commits the emergency and fans it out. Raises NotAllowed, Invalid."""
        require(operator, Permission.EMERGENCY)
        scope = _tidy(request.scope)
        title, message = one_line("title", request.title), request.message.strip()
        now = self._now()
        expires_at = now + timedelta(seconds=request.expires_in_s) if request.expires_in_s else None
        emergency_id, hide_command_id = str(uuid.uuid4()), str(uuid.uuid4())
        digest = content_hash(title, message, request.severity)

        def commit(tx: Transaction) -> str:
            scope_text = _in_words(tx, scope)
            tx.emergencies.add(
                id=emergency_id,
                hide_command_id=hide_command_id,
                title=title,
                message=message,
                severity=request.severity,
                scope=scope,
                scope_text=scope_text,
                content_hash=digest,
                issued_at=now,
                issued_by=operator.user_id,
                expires_at=expires_at,
            )
            record(
                tx,
                operator,
                now,
                "emergency.created",
                "emergency",
                emergency_id,
                title=title,
                message=message,
                severity=request.severity,
                scope=msgspec.to_builtins(scope),
                expires_in_s=request.expires_in_s,
            )
            return scope_text

        scope_text = await self._database.transact(operator.tenant_id, commit, urgent=True)
        reach = await self._realtime.activate(
            LiveEmergency(
                emergency_id,
                hide_command_id,
                operator.tenant_id,
                title,
                message,
                request.severity,
                scope,
                scope_text,
                digest,
                now,
                operator.email,
                expires_at,
            )
        )
        return EmergencyCreated(emergency_id, reach.targeted, reach.online, reach.offline, now)

    async def clear(self, operator: Operator, emergency_id: str) -> Emergency:
        """The all-clear. Raises NotAllowed, NotFound."""
        require(operator, Permission.EMERGENCY)
        now = self._now()

        def commit(tx: Transaction) -> Emergency:
            if tx.emergencies.begin_clearing(emergency_id, operator.user_id, now):
                record(tx, operator, now, "emergency.cleared", "emergency", emergency_id)
            return _found(tx.emergencies.get(emergency_id))

        emergency = await self._database.transact(operator.tenant_id, commit, urgent=True)
        if emergency.status is EmergencyStatus.CLEARING:
            # Also when it was clearing before: a hub that died in between had committed, but told no screen.
            await self._realtime.clear(
                operator.tenant_id,
                emergency_id,
                emergency.cleared_at or now,
                emergency.cleared_by or operator.email,
            )
        return self._with_progress(operator, emergency)

    async def get(self, operator: Operator, emergency_id: str) -> Emergency:
        """One emergency with its tallies. Raises NotAllowed, NotFound."""
        require(operator, Permission.VIEW)
        found = await self._database.transact(operator.tenant_id, lambda tx: tx.emergencies.get(emergency_id))
        return self._with_progress(operator, _found(found))

    async def newest(
        self, operator: Operator, *, only_open: bool, cursor: str | None, limit: int
    ) -> Page[Emergency]:
        """The newest first. Raises NotAllowed, Invalid (cursor)."""
        require(operator, Permission.VIEW)
        after = decode_cursor(cursor, ByInstant)

        def read(tx: Transaction) -> list[Emergency]:
            return tx.emergencies.newest(only_open=only_open, after=after, limit=limit + 1)

        found, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        return Page(
            [self._with_progress(operator, emergency) for emergency in found],
            encode_cursor((found[-1].issued_at, found[-1].id)) if more else None,
        )

    async def ledger(
        self,
        operator: Operator,
        emergency_id: str,
        *,
        missing: bool | None,
        state: LedgerState | None,
        cursor: str | None,
        limit: int,
    ) -> Page[LedgerRow]:
        """Screen by screen, by name. Raises NotAllowed, NotFound, Invalid (cursor)."""
        require(operator, Permission.VIEW)
        after = decode_cursor(cursor, ByName)

        def read(tx: Transaction) -> Sequence[LedgerEntry]:
            _found(tx.emergencies.get(emergency_id))
            return tx.emergencies.ledger(
                emergency_id, missing=missing, state=state, after=after, limit=limit + 1
            )

        entries, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        now = self._now()
        rows = [msgspec.structs.replace(entry.row, explanation=explain(entry, now)) for entry in entries]
        return Page(rows, encode_cursor((rows[-1].name, rows[-1].device_id)) if more else None)

    def _with_progress(self, operator: Operator, emergency: Emergency) -> Emergency:
        progress = self._realtime.progress(operator.tenant_id, emergency.id)
        if progress is None:
            return emergency
        return msgspec.structs.replace(
            emergency,
            targeted=progress.targeted,
            sent=progress.sent,
            received=progress.received,
            rendered=progress.rendered,
            still_showing=progress.still_showing,
            missing=progress.missing,
            p50_ms=progress.p50_ms,
            p99_ms=progress.p99_ms,
            slowest_ms=progress.slowest_ms,
        )


def _found(emergency: Emergency | None) -> Emergency:
    if emergency is None:
        raise NotFound(NO_SUCH_EMERGENCY)
    return emergency


def _tidy(scope: Scope) -> Scope:
    """Ids in lower case, each once. Raises Invalid."""
    if scope.kind == "all":
        if scope.ids:
            raise Invalid({"scope.ids": "must be empty for the kind all"})
        return scope
    if not scope.ids:
        raise Invalid({"scope.ids": f"name at least one id for the kind {scope.kind}"})
    return Scope(scope.kind, list(dict.fromkeys(id.lower() for id in scope.ids)))


def _in_words(tx: Transaction, scope: Scope) -> str:
    """Such as "sites Main building, North wing and 3 more". Raises Invalid, naming ids of no place here."""
    if scope.kind == "all":
        return "all screens"
    names = tx.names.of(_TABLES[scope.kind], scope.ids)
    unknown = [id for id in scope.ids if id not in names]
    if unknown:
        shown = ", ".join(unknown[:10]) + (f" and {len(unknown) - 10} more" if len(unknown) > 10 else "")
        raise Invalid({"scope.ids": f"not {scope.kind} of your tenant: {shown}"})
    first = list(names.values())[:3]
    more = len(names) - len(first)
    listed = ", ".join(first) + (f" and {more} more" if more else "")
    return f"{_WORDS[scope.kind][len(names) > 1]} {listed}"
