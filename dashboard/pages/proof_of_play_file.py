"""`/reports/proof-of-play.csv`: the report as a file."""

from __future__ import annotations

from datetime import datetime

from fastapi import Request
from fastapi.responses import Response
from nicegui import app

from dashboard.clock import ZONE_COOKIE, Clock
from dashboard.passed_on import passed_on
from dashboard.report_filter import ReportWanted


@app.get("/reports/proof-of-play.csv", include_in_schema=False)
async def report_asked(request: Request) -> Response:
    """The file; or back to the page, which says why not."""
    clock = Clock.from_cookie(request.cookies.get(ZONE_COOKIE))
    wanted = ReportWanted.of(request.query_params, datetime.now(clock.zone).date())
    return await passed_on(request, wanted.address(), lambda hub: hub.players.export(wanted.question()))
