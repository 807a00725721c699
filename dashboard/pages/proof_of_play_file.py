"""`/reports/proof-of-play.csv`: the report as a file. It goes through as it comes; nothing is kept here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from nicegui import app

from dashboard.browser import Browser
from dashboard.clock import ZONE_COOKIE, Clock
from dashboard.flash import say_next
from dashboard.hub_http import HubError
from dashboard.report_filter import ReportWanted
from dashboard.signed_in import doorman

_PASSED_ON: Final = ("content-type", "content-disposition")


@app.get("/reports/proof-of-play.csv", include_in_schema=False)
async def report_asked(request: Request) -> Response:
    """The file; or back to the page, which says why not."""
    clock = Clock.from_cookie(request.cookies.get(ZONE_COOKIE))
    wanted = ReportWanted.of(request.query_params, datetime.now(clock.zone).date())
    session = doorman().current()
    if session is None:
        return RedirectResponse(f"/sign-in?next={quote(wanted.address(), safe='')}", 303)
    session.hub.browser = Browser.of(request)
    try:
        answer = await session.hub.players.export(wanted.question())
    except HubError as error:
        if error.signed_out:
            session.end(error.sentence)
        else:
            say_next(problem=error.sentence)
        return RedirectResponse(wanted.address(), 303)

    async def chunks() -> AsyncIterator[bytes]:
        # What breaks off here breaks off in the browser too, which then says that the file is not whole.
        with session.held():
            try:
                async for chunk in answer.aiter_bytes():
                    yield chunk
            finally:
                await answer.aclose()

    headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return StreamingResponse(chunks(), headers={**headers, "cache-control": "no-store"})
