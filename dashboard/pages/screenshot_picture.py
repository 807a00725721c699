"""`/screenshots/{id}/picture`: a screenshot, passed on from the hub to who is signed in.

It came from a screen: it is served as the picture that the hub made sure it is, and as nothing else.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from nicegui import app

from dashboard.browser import Browser
from dashboard.hub_http import HubError
from dashboard.signed_in import doorman

_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PICTURES: Final = ("image/jpeg", "image/png", "image/webp")
_PASSED_ON: Final = ("content-type", "content-length")


@app.get("/screenshots/{screenshot_id}/picture", include_in_schema=False)
async def picture_asked(request: Request, screenshot_id: str) -> Response:
    """The picture; 404 for everybody to whom the hub does not show it."""
    session = doorman().current()
    if session is None:
        return Response(status_code=401)
    if not _ID.fullmatch(screenshot_id):
        return Response(status_code=404)
    session.hub.browser = Browser.of(request)
    try:
        answer = await session.hub.players.picture(screenshot_id)
    except HubError as error:
        if error.signed_out:
            session.end(error.sentence)
        return Response(status_code=error.status or 502)
    if answer.headers.get("content-type") not in _PICTURES:
        await answer.aclose()
        return Response(status_code=502)

    async def chunks() -> AsyncIterator[bytes]:
        with session.held():
            try:
                async for chunk in answer.aiter_raw():
                    yield chunk
            finally:
                await answer.aclose()

    headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    headers |= {
        "cache-control": "private, max-age=86400, immutable",
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
    }
    return StreamingResponse(chunks(), headers=headers)
