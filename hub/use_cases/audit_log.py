"""Reading the audit log: by filter, as an export, and whether its chain is whole.

Rule 1: reading it is audited too: one entry for a filter, not one for each page or each look within an hour;
        one for each export and each verification.
Rule 2: it is the whole tenant's: nobody who is limited to sites reads it.
Rule 3: one verification at a time: it reads everything.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Literal, NamedTuple

import trio

from hub.features import AUDIT_EXPORT
from hub.operator import Operator
from hub.permissions import require_everywhere, require_feature
from hub.use_cases.audit import record
from hub.use_cases.audit_chain import Chain, number_of
from hub.use_cases.audit_lines import csv_head, seal_of, to_csv, to_json_lines
from hub.use_cases.audit_ports import ArchiveFolder
from hub.use_cases.audit_verification import verify_tenant
from hub.use_cases.paging import ByNumber, cut_page, decode_cursor, encode_cursor
from hub.use_cases.ports import Database, Transaction
from protocol.api import Page
from protocol.audit import AuditAction, AuditRow, AuditVerdict
from protocol.vocabulary import AuditOutcome, Permission

ExportFormat = Literal["csv", "jsonl"]

WINDOW: Final = 100_000
"""So many entries are looked through in one transaction; at most `_WINDOWS_AT_MOST` times for one page."""
_WINDOWS_AT_MOST: Final = 10
EXPORT_AT_MOST: Final = 100_000
_EXPORT_AT_ONCE: Final = 500
_ACTIONS_OF_LAST: Final = 100_000
_READ_AGAIN_AFTER: Final = timedelta(hours=1)
_READINGS_KNOWN: Final = 1_000


class Filter(NamedTuple):
    """What is None is not asked for. `since` is the first moment, `until` the first one after; `action` is a
    beginning (`device.`); `actor` an id, or part of an address; `text` is looked for everywhere; `seq` is the
    number of one entry."""

    since: datetime | None = None
    until: datetime | None = None
    action: str | None = None
    actor: str | None = None
    target_type: str | None = None
    target_id: str | None = None
    outcome: AuditOutcome | None = None
    request_id: str | None = None
    text: str | None = None
    seq: int | None = None

    def asked(self) -> dict[str, Any]:
        """What is asked for, as JSON."""
        asked = {name: value for name, value in self._asdict().items() if value is not None}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asked.items()
        }


class Export(NamedTuple):
    """`chunks` are read from PostgreSQL as they are asked for; they raise DatabaseUnavailable."""

    file_name: str
    chunks: AsyncGenerator[bytes]


class AuditLog:
    """Each method is one operator action."""

    def __init__(self, database: Database, folder: ArchiveFolder, now: Callable[[], datetime]) -> None:
        self._database = database
        self._folder = folder
        self._now = now
        self._verifying = trio.Lock()
        self._read: dict[tuple[str, str | None, Filter], datetime] = {}

    async def find(
        self, operator: Operator, wanted: Filter, *, cursor: str | None, limit: int
    ) -> Page[AuditRow]:
        """Entries, the newest first. A page may be short, even empty, and another one come: then a million
        entries were looked through for it. Raises NotAllowed, Invalid."""
        require_everywhere(operator, Permission.AUDIT_READ)
        before: int | None = decode_cursor(cursor, ByNumber)
        highest = wanted.seq if before is None else before - 1
        is_read = before is None and self._is_new_reading(operator, wanted)
        found: list[AuditRow] = []
        for _ in range(_WINDOWS_AT_MOST):
            look = partial(
                self._look, operator=operator, wanted=wanted, highest=highest, limit=limit + 1 - len(found)
            )
            window = await self._database.transact(operator.tenant_id, partial(look, is_read=is_read))
            is_read = False
            found += window.rows
            if len(found) > limit:
                page, _more = cut_page(found, limit)
                return Page(page, encode_cursor(page[-1].seq))
            if window.lowest <= window.first:
                return Page(found)
            highest = window.lowest - 1
        return Page(found, encode_cursor(window.lowest))

    def _look(
        self,
        tx: Transaction,
        *,
        operator: Operator,
        wanted: Filter,
        highest: int | None,
        limit: int,
        is_read: bool,
    ) -> _Window:
        log = tx.audit_log
        first = log.first()
        if highest is None:
            highest = log.last()
        lowest = max(first, highest - WINDOW + 1)
        rows = log.newest(wanted._asdict(), lowest=lowest, highest=highest, limit=limit)
        if is_read:
            record(tx, operator, self._now(), "audit.read", "audit_log", None, filter=wanted.asked())
        return _Window(rows, lowest, first)

    async def actions(self, operator: Operator) -> Page[AuditAction]:
        """The actions of the last hundred thousand entries, to choose a filter from. Raises NotAllowed."""
        require_everywhere(operator, Permission.AUDIT_READ)

        def look(tx: Transaction) -> list[AuditAction]:
            return tx.audit_log.actions(tx.audit_log.last() - _ACTIONS_OF_LAST)

        return Page(await self._database.transact(operator.tenant_id, look))

    async def verify(self, operator: Operator) -> AuditVerdict:
        """Whether every entry is as it was written, archives included. Raises NotAllowed."""
        require_everywhere(operator, Permission.AUDIT_READ)
        async with self._verifying:
            verdict = await verify_tenant(self._database, self._folder, operator.tenant_id)

        def remember(tx: Transaction) -> None:
            said = {"entries": verdict.entries, "last_seq": verdict.last_seq, "head": verdict.head}
            faults = [fault.text for fault in verdict.faults[:5]]
            number = len(verdict.faults)
            record(
                tx,
                operator,
                self._now(),
                "audit.verified",
                "audit_log",
                None,
                **said,
                faults=number,
                first=faults,
            )

        await self._database.transact(operator.tenant_id, remember)
        return verdict

    async def export(
        self,
        operator: Operator,
        wanted: Filter,
        kind: ExportFormat,
        *,
        after: int,
        limit: int = EXPORT_AT_MOST,
    ) -> Export:
        """Entries, the oldest first, as a file; those whose number is above `after`. Raises NotAllowed."""
        require_everywhere(operator, Permission.AUDIT_READ)
        require_feature(operator, AUDIT_EXPORT)
        at = self._now()

        def begin(tx: Transaction) -> int:
            last = tx.audit_log.last()
            said = {"format": kind, "after": after, "up_to": last, "filter": wanted.asked()}
            record(tx, operator, at, "audit.exported", "audit_log", None, **said)
            return last

        last = await self._database.transact(operator.tenant_id, begin)
        chunks = export_chunks(
            self._database, operator.tenant_id, wanted, kind, after=after, last=last, limit=limit
        )
        return Export(f"audit-{at:%Y%m%dT%H%M%SZ}.{kind}", chunks)

    def _is_new_reading(self, operator: Operator, wanted: Filter) -> bool:
        key, now = (operator.user_id, operator.session_id, wanted), self._now()
        known = self._read.get(key)
        if known is not None and now < known + _READ_AGAIN_AFTER:
            return False
        self._read.pop(key, None)
        if len(self._read) >= _READINGS_KNOWN:
            del self._read[next(iter(self._read))]
        self._read[key] = now
        return True


class _Window(NamedTuple):
    """`lowest`: down to which number it was looked through; `first`: the oldest entry that is here."""

    rows: list[AuditRow]
    lowest: int
    first: int


async def export_chunks(
    database: Database,
    tenant_id: str,
    wanted: Filter,
    kind: ExportFormat,
    *,
    after: int,
    last: int,
    limit: int | None,
) -> AsyncGenerator[bytes]:
    """The entries above `after` up to `last`, some hundred a chunk; as JSON lines they end with a seal, which
    says whether there are more than `limit`. Raises DatabaseUnavailable."""
    chain, is_whole, has_more = Chain(None), not wanted.asked(), False
    if kind == "csv":
        yield csv_head()
    first = await database.transact(tenant_id, lambda tx: tx.audit_log.first())
    lowest = max(first, after + 1)
    while lowest <= last and not has_more:
        room = _EXPORT_AT_ONCE if limit is None else min(_EXPORT_AT_ONCE, limit - chain.entries)
        highest = min(last, lowest + WINDOW - 1)
        links = await database.transact(
            tenant_id,
            partial(
                lambda tx, lowest, highest, most: tx.audit_log.links(
                    wanted._asdict(), lowest=lowest, highest=highest, limit=most
                ),
                lowest=lowest,
                highest=highest,
                most=room + 1,
            ),
        )
        lowest = number_of(links[room]) if len(links) > room else highest + 1
        links = links[:room]
        chain.follow(links)
        if links:
            yield to_csv(links) if kind == "csv" else to_json_lines(links)
        has_more = limit is not None and chain.entries >= limit and lowest <= last
    if kind == "jsonl":
        yield to_json_lines([seal_of(chain, tenant_id, is_whole=is_whole, has_more=has_more)])
