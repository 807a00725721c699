"""A file of the hub that goes through the dashboard to the browser as it comes; nothing is kept here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final
from urllib.parse import quote

import httpx
from fastapi import Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from dashboard.browser import Browser
from dashboard.flash import say_next
from dashboard.hub_client import HubClient
from dashboard.hub_http import HubError
from dashboard.signed_in import doorman

_PASSED_ON: Final = ("content-type", "content-disposition")


async def passed_on(
    request: Request, page: str, ask: Callable[[HubClient], Awaitable[httpx.Response]]
) -> Response:
    """What `ask` has the hub answer; or back to `page`, which says why not."""
    session = doorman().current()
    if session is None:
        return RedirectResponse(f"/sign-in?next={quote(page, safe='')}", 303)
    session.hub.browser = Browser.of(request)
    try:
        answer = await ask(session.hub)
    except HubError as error:
        if error.signed_out:
            session.end(error.sentence)
        else:
            say_next(problem=error.sentence)
        return RedirectResponse(page, 303)

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
