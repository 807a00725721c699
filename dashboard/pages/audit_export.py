"""`/audit/export`: what the filters find, as a file."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import Response
from nicegui import app

from dashboard.audit_filter import Wanted
from dashboard.clock import ZONE_COOKIE, Clock
from dashboard.passed_on import passed_on

_FORMATS: Final = ("csv", "jsonl")


@app.get("/audit/export")
async def export_asked(request: Request) -> Response:
    """The file; or back to the page, which says why not."""
    wanted = Wanted.of(request.query_params)
    clock = Clock.from_cookie(request.cookies.get(ZONE_COOKIE))
    asked = request.query_params.get("format", "")
    kind = asked if asked in _FORMATS else _FORMATS[0]
    question = {**wanted.question(clock), "format": kind}
    return await passed_on(request, wanted.address(), lambda hub: hub.audit.export(question))
