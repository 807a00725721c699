"""The audit log: read, exported, verified."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta, Struct, field

from hub.api.queries import Cursor, Limit
from hub.api.route import Download, route
from hub.operator import Operator
from hub.use_cases.audit_log import ExportFormat, Filter
from hub.use_cases.wiring import UseCases
from protocol.api import Page
from protocol.audit import AuditAction, AuditRow, AuditVerdict
from protocol.vocabulary import AuditOutcome

_Instant = Annotated[datetime, Meta(tz=True)]
_Text = Annotated[str, Meta(min_length=1, max_length=200)]
_TYPES: Final = {"csv": "text/csv; charset=utf-8; header=present", "jsonl": "application/x-ndjson"}


class _Wanted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`from` is the first moment, `to` the first one after; `action` is how it begins (`device.`); `actor` an
    id, or part of an address; `text` is looked for in all of an entry; `seq` is its number."""

    since: _Instant | None = field(default=None, name="from")
    until: _Instant | None = field(default=None, name="to")
    action: _Text | None = None
    actor: _Text | None = None
    target_type: _Text | None = None
    target_id: _Text | None = None
    outcome: AuditOutcome | None = None
    request_id: _Text | None = None
    text: _Text | None = None
    seq: Annotated[int, Meta(ge=0, le=2**53)] | None = None

    def filter(self) -> Filter:
        return Filter(*(getattr(self, name) for name in Filter._fields))


class AuditQuery(_Wanted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A page of the log; see `PageQuery`."""

    limit: Limit = 100
    cursor: Cursor | None = None


class AuditExportQuery(_Wanted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`after`: the `last_seq` of the seal of the export before, if that one had more."""

    format: ExportFormat
    after: Annotated[int, Meta(ge=0, le=2**53)] = 0


async def list_audit(use_cases: UseCases, operator: Operator, query: AuditQuery) -> Page[AuditRow]:
    return await use_cases.audit_log.find(operator, query.filter(), cursor=query.cursor, limit=query.limit)


async def list_audit_actions(use_cases: UseCases, operator: Operator) -> Page[AuditAction]:
    return await use_cases.audit_log.actions(operator)


async def export_audit(use_cases: UseCases, operator: Operator, query: AuditExportQuery) -> Download:
    export = await use_cases.audit_log.export(operator, query.filter(), query.format, after=query.after)
    return Download(export.chunks, _TYPES[query.format], export.file_name)


async def verify_audit(use_cases: UseCases, operator: Operator) -> AuditVerdict:
    return await use_cases.audit_log.verify(operator)


ROUTES: Final = (
    route(
        "GET",
        "/api/v1/audit",
        list_audit,
        tag="audit",
        summary="Who did what, the newest first",
        answers={
            200: (Page[AuditRow], "Entries. With a `next_cursor` there may be more, be the page full or not.")
        },
    ),
    route(
        "GET",
        "/api/v1/audit/actions",
        list_audit_actions,
        tag="audit",
        summary="The actions of the newest hundred thousand entries",
        answers={200: (Page[AuditAction], "All of them, on one page.")},
    ),
    route(
        "GET",
        "/api/v1/audit/export",
        export_audit,
        tag="audit",
        summary="Entries as a file, the oldest first, with the chain that proves them",
        answers={
            200: (
                str,
                "At most a hundred thousand. JSON lines: an AuditLink each, at the end an AuditSeal, whose "
                "`has_more` says that another export goes on `after` its `last_seq`.",
            )
        },
        media_types=tuple(_TYPES.values()),
    ),
    route(
        "POST",
        "/api/v1/audit/verify",
        verify_audit,
        tag="audit",
        summary="Whether every entry is as it was written, archives included",
        answers={200: (AuditVerdict, "What was looked at, and what does not fit.")},
    ),
)
