"""Verifies, exports and archives the audit log where the database is, with or without a hub.

Rule 1: it works as the hub's role, one tenant after the other, and can see no more than a hub.
Rule 2: verifying writes nothing, so that it can be done on a copy that only reads; an export is audited.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import trio

from hub.audit_files import AuditArchives, follow_file
from hub.database_place import DatabasePlace
from hub.errors import ClarionError
from hub.settings import Settings
from hub.use_cases.audit import Done
from hub.use_cases.audit_archiving import NotArchived, archive_tenant
from hub.use_cases.audit_log import ExportFormat, Filter, export_chunks
from hub.use_cases.audit_verification import verify_tenant
from persistence.database import Database
from persistence.transaction import Tenant, Transaction
from protocol.audit import AuditFault

Result = TypeVar("Result")


class AuditError(ClarionError):
    """What a person at the terminal can do something about."""


def verify(tenant_id: str | None, *, with_archives: bool) -> tuple[list[str], bool]:
    """Lines that say what was found, and whether all is as it was written. Raises AuditError."""
    settings = Settings.from_environment()
    folder = AuditArchives(settings.data_dir)

    async def look(database: Database) -> tuple[list[str], bool]:
        lines, is_whole = [], True
        for tenant in await _tenants(database, tenant_id):
            verdict = await verify_tenant(database, folder, tenant.id, with_archives=with_archives)
            what = f"{tenant.name} ({tenant.id}): {verdict.entries} entries"
            what += f", {verdict.archived} of them archived" if verdict.archived else ""
            lines += _told(what, verdict.faults)
            is_whole = is_whole and not verdict.faults
        return lines, is_whole

    return _on_database(settings, look)


def verify_file(file: Path) -> tuple[list[str], bool]:
    """The same for an export or an archive. Raises AuditError."""
    try:
        chain = follow_file(file)
    except OSError as error:
        raise AuditError(f"{file} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise AuditError(f"{file} is not an audit log as it was exported: {error}.") from error
    return _told(f"{file}: {chain.entries} entries", chain.faults), not chain.faults


def export(tenant_id: str, output: Path, kind: ExportFormat) -> None:
    """Writes all entries that are in PostgreSQL. Raises AuditError."""
    now = datetime.now(UTC)

    def begin(tx: Transaction) -> int:
        last = tx.audit_log.last()
        details = {"format": kind, "up_to": last, "by": "command line"}
        tx.audit.add([Done.by_clarion(now, "audit.exported", "audit_log", None, details)])
        return last

    async def write(database: Database) -> None:
        (tenant,) = await _tenants(database, tenant_id)
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            last = await database.transact(tenant.id, begin)
            chunks = export_chunks(database, tenant.id, Filter(), kind, after=0, last=last, limit=None)
            async for chunk in chunks:
                file.write(chunk)

    try:
        _on_database(Settings.from_environment(), write)
    except OSError as error:
        raise AuditError(f"{output} cannot be written: {error.strerror}.") from error


def archive(tenant_id: str | None, days: int) -> list[str]:
    """Moves what is older than so many days; a line a tenant. Raises AuditError."""
    settings, now = Settings.from_environment(), datetime.now(UTC)
    folder = AuditArchives(settings.data_dir)

    async def move(database: Database) -> list[str]:
        lines = []
        for tenant in await _tenants(database, tenant_id):
            moved = await archive_tenant(database, folder, tenant.id, now - timedelta(days=days), now)
            lines.append(f"{tenant.name} ({tenant.id}): {moved} entries archived")
        return lines

    try:
        return _on_database(settings, move)
    except NotArchived as error:
        raise AuditError(str(error)) from error
    except OSError as error:
        raise AuditError(f"The archive cannot be written: {error}.") from error


def _on_database(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    async def within(url: str) -> Result:
        async with Database(url, pool_size=1, statement_s=60.0, transaction_s=120.0) as database:
            return await work(database)

    with DatabasePlace(settings) as place:
        return trio.run(within, place.hub_url)


async def _tenants(database: Database, tenant_id: str | None) -> list[Tenant]:
    """The one of this id, or all. Raises AuditError."""
    tenants = await database.ask(lambda questions: questions.tenants())
    wanted = [each for each in tenants if tenant_id is None or each.id == tenant_id.lower()]
    if not wanted:
        raise AuditError(f"There is no tenant {tenant_id}: `clarion audit verify` lists those there are.")
    return wanted


def _told(what: str, faults: Sequence[AuditFault]) -> list[str]:
    if not faults:
        return [f"{what}, each as it was written."]
    return [f"{what}, and this does not fit:", *(f"  {fault.text}" for fault in faults)]
