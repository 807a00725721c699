"""What is old leaves the audit log, into a file and only then out of PostgreSQL; how it ends is anchored.

Rule 1: a file is on disk and was read back before the entries go, and they go in one transaction with the
        entry that names file and last hash. Whatever fails before that leaves them where they are.
Rule 2: a chain with a fault is not archived: what it shows must stay to be looked at.
Rule 3: entries go from the beginning, without a gap: one that is young keeps all that come after it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
import structlog
import trio

from hub.use_cases.audit import Done
from hub.use_cases.audit_chain import BEGINNING, Chain, Point, number_of
from hub.use_cases.audit_lines import seal_of
from hub.use_cases.audit_ports import ArchiveFolder
from hub.use_cases.ports import Database, Transaction
from protocol.audit import AuditLink

ENTRIES_A_FILE: Final = 10_000
_LINKS_AT_ONCE: Final = 500
_log = structlog.get_logger("hub.audit")


class NotArchived(Exception):
    """Entries stay in PostgreSQL; the message says why."""


class _Dated(msgspec.Struct):
    at: datetime


_dated: Final = msgspec.json.Decoder(_Dated)


async def archive_tenant(
    database: Database, folder: ArchiveFolder, tenant_id: str, before: datetime, now: datetime
) -> int:
    """How many entries from before `before` went. Raises NotArchived, OSError, DatabaseUnavailable."""
    archived = 0
    while moved := await _archive_one_file(database, folder, tenant_id, before, now):
        archived += moved
    if archived:
        _log.info("old entries of the audit log are archived", tenant_id=tenant_id, entries=archived)
    return archived


async def anchor_tenant(database: Database, folder: ArchiveFolder, tenant_id: str, now: datetime) -> None:
    """Note, signed and outside PostgreSQL, how the chain ends now. Raises OSError, DatabaseUnavailable."""
    head = await database.transact(tenant_id, lambda tx: tx.audit_log.head())
    if head is not None:
        try:
            await trio.to_thread.run_sync(folder.anchor, tenant_id, *head, now)
        except ValueError as error:
            raise OSError(f"the anchors were damaged: {error}") from error


async def _archive_one_file(
    database: Database, folder: ArchiveFolder, tenant_id: str, before: datetime, now: datetime
) -> int:
    begin = await database.transact(tenant_id, _end_of_archives)
    chain, links = Chain(begin), await _old_links(database, tenant_id, begin, before)
    if not links:
        return 0
    chain.follow(links)
    if chain.faults:
        raise NotArchived(f"{chain.faults[0].text} Run `clarion audit verify`.")
    seal = seal_of(chain, tenant_id, is_whole=True)
    file = await trio.to_thread.run_sync(folder.write, seal, links)

    def drop(tx: Transaction) -> None:
        # First this, which may take long, then the entry: from there on nobody else of the tenant can act.
        dropped = tx.audit_log.drop_archived(seal.last_seq, seal.head, file)
        if dropped != seal.entries:
            raise NotArchived(f"The audit log changed while entries up to {seal.last_seq} were archived.")
        details = {
            "file": file,
            "first_seq": seal.first_seq,
            "last_seq": seal.last_seq,
            "last_hash": seal.head,
            "entries": seal.entries,
        }
        tx.audit.add([Done.by_clarion(now, "audit.archived", "audit_log", None, details)])

    await database.transact(tenant_id, drop)
    return seal.entries


async def _old_links(database: Database, tenant_id: str, begin: Point, before: datetime) -> list[AuditLink]:
    """The links after `begin` that are older than `before`, up to the first that is not; a file's worth."""
    old: list[AuditLink] = []
    lowest = -(2**63)
    while len(old) < ENTRIES_A_FILE:
        links = await database.transact(
            tenant_id,
            lambda tx, lowest=lowest: tx.audit_log.links(  # type: ignore[misc]
                {}, lowest=lowest, highest=2**63 - 1, limit=_LINKS_AT_ONCE
            ),
        )
        for link in links:
            if _dated.decode(link.entry).at >= before:
                return old
            old.append(link)
        if len(links) < _LINKS_AT_ONCE:
            return old
        lowest = number_of(links[-1]) + 1
    return old


def _end_of_archives(tx: Transaction) -> Point:
    archives = tx.audit_log.archives()
    return Point(archives[-1].last_seq, archives[-1].last_hash) if archives else BEGINNING
