"""`/audit/export`: what the filters find, as a file. It goes through as it comes; nothing is kept here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from nicegui import app

from dashboard.audit_filter import Wanted
from dashboard.browser import Browser
from dashboard.clock import ZONE_COOKIE, Clock
from dashboard.flash import say_next
from dashboard.hub_http import HubError
from dashboard.signed_in import doorman

_FORMATS: Final = ("csv", "jsonl")
_PASSED_ON: Final = ("content-type", "content-disposition")


@app.get("/audit/export")
async def export_asked(request: Request) -> Response:
    """The file; or back to the page, which says why not."""
    wanted = Wanted.of(request.query_params)
    session = doorman().current()
    if session is None:
        return RedirectResponse(f"/sign-in?next={quote(wanted.address(), safe='')}", 303)
    session.hub.browser = Browser.of(request)
    clock = Clock.from_cookie(request.cookies.get(ZONE_COOKIE))
    asked = request.query_params.get("format", "")
    kind = asked if asked in _FORMATS else _FORMATS[0]
    try:
        answer = await session.hub.audit.export({**wanted.question(clock), "format": kind})
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
