"""Whether the audit log of a tenant is whole: archives first, then what is in PostgreSQL, up to its head.

Rule 1: reading takes no lock and no long transaction: whoever acts meanwhile waits for nothing.
Rule 2: so the log may grow meanwhile, and its beginning may be archived. What was appended since is for the
        next time; if something was archived, it begins again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Final, NamedTuple

import trio

from hub.use_cases.audit_chain import Chain, Point, number_of
from hub.use_cases.audit_ports import Archive, ArchiveFolder
from hub.use_cases.ports import Database, Transaction
from protocol.audit import AuditLink, AuditVerdict

LINKS_AT_ONCE: Final = 500
"""Looking at so many takes about two milliseconds, in which the hub serves nobody."""
_BEGIN_AGAIN_AT_MOST: Final = 3


class _State(NamedTuple):
    last: int
    archives: Sequence[Archive]
    head: tuple[int, str] | None


async def verify_tenant(
    database: Database, folder: ArchiveFolder, tenant_id: str, *, with_archives: bool = True
) -> AuditVerdict:
    """What is found. `with_archives`: from the first entry on; else from the first one in PostgreSQL.

    Raises `persistence.errors.DatabaseUnavailable`.
    """
    # Before the head: what is anchored from here on is not missed.
    anchors, unread = await trio.to_thread.run_sync(_anchors, folder, tenant_id)
    state = await database.transact(tenant_id, _state)
    for _ in range(_BEGIN_AGAIN_AT_MOST):
        chain = Chain(anchors=anchors)
        if unread is not None:
            chain.unanchored(unread)
        verdict = await _verify(chain, database, folder, tenant_id, state, with_archives=with_archives)
        now = await database.transact(tenant_id, _state)
        if now.archives == state.archives:
            break
        state = now
    return verdict


async def _verify(
    chain: Chain,
    database: Database,
    folder: ArchiveFolder,
    tenant_id: str,
    state: _State,
    *,
    with_archives: bool,
) -> AuditVerdict:
    archived = 0
    if with_archives:
        for archive in state.archives:
            await _follow_archive(chain, folder, archive)
        archived = chain.entries
    elif state.archives:
        chain.at = Point(state.archives[-1].last_seq, state.archives[-1].last_hash)
    head = state.head
    # What stands below the archived ones, or has no number of a link, is found too.
    lowest, highest = -(2**63), state.last if head is None else head[0]
    while links := await _links(database, tenant_id, lowest, highest):
        chain.follow(links)
        lowest = number_of(links[-1]) + 1
    if head is not None:
        chain.end(Point(*head))
        if state.last > head[0]:
            chain.intruder(head[0], state.last)
    elif chain.entries or state.archives or chain.is_anchored:
        chain.lost_head()
    first_at, last_at = chain.span()
    return AuditVerdict(
        entries=chain.entries,
        first_seq=chain.first_seq,
        last_seq=chain.at.seq if chain.at is not None else 0,
        head=chain.at.hash if chain.at is not None and chain.entries else "",
        archived=archived,
        faults=chain.faults,
        first_at=first_at,
        last_at=last_at,
    )


async def _links(database: Database, tenant_id: str, lowest: int, highest: int) -> list[AuditLink]:
    return await database.transact(
        tenant_id,
        lambda tx: tx.audit_log.links({}, lowest=lowest, highest=highest, limit=LINKS_AT_ONCE),
    )


async def _follow_archive(chain: Chain, folder: ArchiveFolder, archive: Archive) -> None:
    end = Point(archive.last_seq, archive.last_hash)
    which = f"The archive {archive.file} of entries {archive.first_seq} to {archive.last_seq}"
    try:
        with closing(folder.read(archive.file)) as lines:
            while batch := await trio.to_thread.run_sync(lambda: list(islice(lines, LINKS_AT_ONCE))):
                chain.follow(line for line in batch if isinstance(line, AuditLink))
    except OSError as error:
        chain.skip(end, f"{which} cannot be read ({error.strerror or error}).")
    except ValueError as error:
        chain.skip(end, f"{which} is damaged: {error}.")
    else:
        chain.reach(end)


def _anchors(folder: ArchiveFolder, tenant_id: str) -> tuple[Mapping[int, str], str | None]:
    """What is anchored; or nothing, and why that cannot be read."""
    try:
        return folder.anchors(tenant_id), None
    except (OSError, ValueError) as error:
        return {}, str(error)


def _state(tx: Transaction) -> _State:
    # In this order: an entry that is appended in between is in the head and not beyond it.
    return _State(tx.audit_log.last(), tx.audit_log.archives(), tx.audit_log.head())
