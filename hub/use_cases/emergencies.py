"""Operators trigger an emergency, watch it arrive screen by screen, give the all-clear, and sign it off.

Rule 1: an emergency waits for nothing; for PostgreSQL a quarter of a second (`EmergencyRecords`).
Rule 2: while an emergency is in force, it and its ledger are the live side's; afterwards PostgreSQL's.
Rule 3: what was done already changes nothing when it is done again.
Rule 4: somebody limited to sites triggers within them, sees what is for a screen there, counted over those,
        and ends what can be for no other.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from hub.emergency_log import Actor, Cleared, Created, SignedOff
from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.alert_texts import words_of
from hub.use_cases.emergency_records import EmergencyRecords
from hub.use_cases.errors import InConflict, NotAllowed, NotFound
from hub.use_cases.explanation import explain
from hub.use_cases.paging import ByInstant, ByName, cut_page, decode_cursor, encode_cursor
from hub.use_cases.ports import Database, LedgerEntry, Transaction
from hub.use_cases.realtime import InForce, LiveEmergency, Realtime
from hub.use_cases.scopes import Scopes, tidy
from hub.use_cases.site_limits import as_seen, lies_within
from protocol.api import Emergency, EmergencyCreated, EmergencyRequest, LedgerRow, Page, Scope, ScopePreview
from protocol.vocabulary import EmergencyStatus, LedgerState, Permission

NO_SUCH_EMERGENCY: Final = "There is no such emergency. The id may be mistyped."


class Emergencies:
    """Each method is one operator action; those that change something are audited."""

    def __init__(
        self, database: Database, realtime: Realtime, records: EmergencyRecords, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._realtime = realtime
        self._records = records
        self._scopes = Scopes(database, realtime)
        self._now = now

    async def preview(self, operator: Operator, scope: Scope) -> ScopePreview:
        """How many screens the scope reaches now. Raises NotAllowed, Invalid."""
        require(operator, Permission.EMERGENCIES_TRIGGER)
        scope = tidy(operator, scope)
        await self._scopes.in_words(operator, scope, urgent=True)
        return self._realtime.preview(operator.tenant_id, scope)

    async def create(
        self, operator: Operator, request: EmergencyRequest, idempotency_key: str | None = None
    ) -> EmergencyCreated:
        """Fans the emergency out, on record or not. Raises NotAllowed, Invalid, InConflict.

        `idempotency_key`: said again with the same key, the same emergency is answered, and not sent twice.
        """
        require(operator, Permission.EMERGENCIES_TRIGGER)
        scope = tidy(operator, request.scope)
        words = words_of(request)
        now = self._now()
        created = Created(
            tenant_id=operator.tenant_id,
            by=_actor(operator),
            at=now,
            id=_emergency_id(operator, idempotency_key),
            hide_command_id=str(uuid.uuid4()),
            title=words.title,
            message=words.message,
            severity=request.severity,
            scope=scope,
            scope_text=await self._scopes.in_words(operator, scope, urgent=True),
            content_hash=words.content_hash,
            expires_at=now + timedelta(seconds=request.expires_in_s) if request.expires_in_s else None,
            language=words.language,
            texts=words.texts,
            pictogram=request.pictogram,
            sound=request.sound,
        )
        live = self._realtime.in_force(operator.tenant_id, created.id)
        kept = None if live is not None else await self._records.keep(created)
        if kept is None or not kept.is_new:
            before = (await self._existing(operator, created.id)).emergency
            return _said_before(before, created, self._realtime.preview(operator.tenant_id, scope))
        reach = await self._realtime.activate(_live(created))
        return EmergencyCreated(
            created.id, reach.targeted, reach.online, reach.offline, created.at, kept.where
        )

    async def clear(self, operator: Operator, emergency_id: str) -> Emergency:
        """The all-clear. Raises NotAllowed, NotFound."""
        require(operator, Permission.EMERGENCIES_TRIGGER)
        found = await self._existing(operator, emergency_id)
        self._require_theirs(operator, found)
        emergency = found.emergency
        if emergency.status is EmergencyStatus.LIVE:
            # A clock that was set back meanwhile: an alert does not end before it began.
            now = max(self._now(), emergency.issued_at)
            await self._records.keep(Cleared(operator.tenant_id, _actor(operator), now, emergency_id))
            await self._realtime.clear(operator.tenant_id, emergency_id, now, operator.email)
            # Not read again: PostgreSQL may be away, and every screen may have hidden it already.
            live = self._realtime.in_force(operator.tenant_id, emergency_id)
            if live is not None:
                return live.as_emergency(operator.sites)
            return msgspec.structs.replace(
                emergency, status=EmergencyStatus.CLEARING, cleared_at=now, cleared_by=operator.email
            )
        return emergency

    async def sign_off(self, operator: Operator, emergency_id: str) -> Emergency:
        """Close the case though screens may still show the alert. Raises NotAllowed, NotFound, InConflict."""
        require(operator, Permission.EMERGENCIES_TRIGGER)
        found = await self._existing(operator, emergency_id)
        self._require_theirs(operator, found)
        emergency = found.emergency
        if emergency.status is EmergencyStatus.LIVE:
            raise InConflict("The emergency is live. Give the all-clear first.")
        if emergency.status is EmergencyStatus.CLEARING:
            now, showing = self._now(), found.still_showing
            signed_off = SignedOff(operator.tenant_id, _actor(operator), now, emergency_id, showing)
            await self._records.keep(signed_off)
            self._realtime.sign_off(operator.tenant_id, emergency_id)
            return msgspec.structs.replace(emergency, status=EmergencyStatus.CLEARED)
        return emergency

    async def get(self, operator: Operator, emergency_id: str) -> Emergency:
        """One emergency with its tallies. Raises NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)
        return (await self._existing(operator, emergency_id)).emergency

    async def newest(
        self, operator: Operator, *, only_open: bool, cursor: str | None, limit: int
    ) -> Page[Emergency]:
        """The newest first. Raises NotAllowed, Invalid (cursor)."""
        require(operator, Permission.SCREENS_VIEW)
        after = decode_cursor(cursor, ByInstant)

        standing = {each.id: each for each in self._realtime.all_in_force(operator.tenant_id)}
        # Of what has just begun, PostgreSQL may not know yet which screens it is for.
        theirs = [] if operator.sites is None else [e.id for e in standing.values() if _sees(operator, e)]

        def read(tx: Transaction) -> list[Emergency]:
            return tx.emergencies.newest(
                sites=operator.sites,
                user_id=operator.user_id,
                also=theirs,
                only_open=only_open,
                after=after,
                limit=limit + 1,
            )

        found, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        return Page(
            [
                standing[each.id].as_emergency(operator.sites)
                if each.id in standing
                else self._as_seen(operator, each)
                for each in found
            ],
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
        require(operator, Permission.SCREENS_VIEW)
        after = decode_cursor(cursor, ByName)
        live = self._realtime.in_force(operator.tenant_id, emergency_id)
        if live is not None:
            if not _sees(operator, live):
                raise NotFound(NO_SUCH_EMERGENCY)
            wanted = (e for e in live.ledger(operator.sites) if _is_wanted(e.row, missing, state, after))
            entries, more = cut_page(list(islice(wanted, limit + 1)), limit)
        else:

            def read(tx: Transaction) -> Sequence[LedgerEntry]:
                if tx.emergencies.get(emergency_id, operator.sites, operator.user_id) is None:
                    raise NotFound(NO_SUCH_EMERGENCY)
                return tx.emergencies.ledger(
                    emergency_id,
                    sites=operator.sites,
                    missing=missing,
                    state=state,
                    after=after,
                    limit=limit + 1,
                )

            entries, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        now = self._now()
        rows = [msgspec.structs.replace(entry.row, explanation=explain(entry, now)) for entry in entries]
        return Page(rows, encode_cursor((rows[-1].name, rows[-1].device_id)) if more else None)

    async def _existing(self, operator: Operator, emergency_id: str) -> _Found:
        """Raises NotFound."""
        live = self._realtime.in_force(operator.tenant_id, emergency_id)
        if live is not None:
            if not _sees(operator, live):
                raise NotFound(NO_SUCH_EMERGENCY)
            return _Found(live.as_emergency(operator.sites), live.scope, live.still_showing)

        def read(tx: Transaction) -> Emergency | None:
            return tx.emergencies.get(emergency_id, operator.sites, operator.user_id)

        over = await self._database.transact(operator.tenant_id, read)
        if over is None:
            raise NotFound(NO_SUCH_EMERGENCY)
        return _Found(self._as_seen(operator, over), over.scope, over.still_showing)

    def _as_seen(self, operator: Operator, emergency: Emergency) -> Emergency:
        if operator.sites is None:
            return emergency
        scope, words = as_seen(emergency.scope, emergency.scope_text, operator.sites, self._realtime.site_of)
        return msgspec.structs.replace(emergency, scope=scope, scope_text=words)

    def _require_theirs(self, operator: Operator, found: _Found) -> None:
        """Raises NotAllowed."""
        if not lies_within(found.scope, operator.sites, self._realtime.site_of):
            raise NotAllowed(
                "This emergency is for screens outside your sites too. Whoever triggered it "
                f"({found.emergency.issued_by}), or somebody who is not limited to sites, can end it."
            )


class _Found(NamedTuple):
    """`emergency`: as the operator sees it. `scope`, `still_showing`: of the whole of it."""

    emergency: Emergency
    scope: Scope
    still_showing: int


def _sees(operator: Operator, live: InForce) -> bool:
    return live.issued_by_id == operator.user_id or live.concerns(operator.sites)


def _is_wanted(
    row: LedgerRow, missing: bool | None, state: LedgerState | None, after: tuple[str, str] | None
) -> bool:
    return (
        (missing is None or (row.missing is not None) is missing)
        and (state is None or row.state is state)
        and (after is None or (row.name, row.device_id) > after)
    )


def _actor(operator: Operator) -> Actor:
    ip, *rest = operator.origin
    return Actor(operator.user_id, operator.email, ip, operator.kind, operator.on_behalf_of, *rest)


def _emergency_id(operator: Operator, idempotency_key: str | None) -> str:
    """A key makes the id, so that two hubs, or one that restarted, agree on it without asking anybody."""
    if idempotency_key is None:
        return str(uuid.uuid4())
    return str(uuid.uuid5(uuid.UUID(operator.tenant_id), f"emergency:{operator.user_id}:{idempotency_key}"))


def _said_before(before: Emergency, now: Created, reach: ScopePreview) -> EmergencyCreated:
    if _meant(before) != _meant(now):
        raise InConflict("This Idempotency-Key was used for another emergency. Use a new one.")
    return EmergencyCreated(
        before.id, before.targeted, reach.online, before.targeted - reach.online, before.issued_at, "database"
    )


def _meant(emergency: Emergency | Created) -> tuple[Any, ...]:
    """What must be the same for it to be the same emergency."""
    return (
        emergency.content_hash,
        emergency.scope,
        emergency.language,
        emergency.pictogram,
        emergency.sound,
    )


def _live(created: Created) -> LiveEmergency:
    return LiveEmergency(
        created.id,
        created.hide_command_id,
        created.tenant_id,
        created.title,
        created.message,
        created.severity,
        created.scope,
        created.scope_text,
        created.content_hash,
        created.at,
        created.by.email,
        created.expires_at,
        created.by.user_id,
        created.language,
        created.texts,
        created.pictogram,
        created.sound,
    )
