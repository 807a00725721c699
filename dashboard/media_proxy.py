"""Files through the dashboard: `/uploads` on their way to the hub, `/media/…` on their way to a browser.

Rule 1: a browser speaks with the dashboard alone; the hub's token is added here and never leaves this side.
Rule 2: an upload is asked for with the header `Tus-Resumable`, which no other site's page can send along.
Rule 3: a file that somebody uploaded is no page of ours: whatever is served has a sandbox around it, so that
        it can neither read what is signed in here nor act for it.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Iterable
from typing import Final

import httpx
import msgspec
from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from nicegui import app
from starlette.requests import ClientDisconnect

from dashboard.browser import Browser
from dashboard.held import Held
from dashboard.hub_http import HubError
from dashboard.session import Session
from dashboard.signed_in import doorman
from dashboard.uploaded import Uploaded, make_content
from protocol.contents import Media

_ASKED: Final = ("range", "if-range", "if-none-match", "if-modified-since")
_ANSWERED: Final = (
    "accept-ranges",
    "cache-control",
    "content-disposition",
    "content-length",
    "content-range",
    "content-type",
    "etag",
    "last-modified",
)
_TUS_ASKED: Final = (
    "content-length",
    "content-type",
    "tus-resumable",
    "upload-checksum",
    "upload-length",
    "upload-metadata",
    "upload-offset",
)
_TUS_ANSWERED: Final = (
    "content-type",
    "tus-extension",
    "tus-max-size",
    "tus-resumable",
    "tus-version",
    "upload-expires",
    "upload-length",
    "upload-offset",
)
_SANDBOX: Final = "sandbox allow-scripts"
_SIGNED: Final = re.compile(r"/media/[0-9]+\.[\w=-]+/[0-9a-fA-F-]{36}/[0-9a-f]{64}/[^\s?#]+")
_UPLOAD: Final = re.compile(r"[0-9a-fA-F-]{36}")
_LONGEST_ORDER_BYTES: Final = 4096
_ASKED_AGAIN_S: Final = 900.0
_made: Final[Held[Media]] = Held(_ASKED_AGAIN_S)


@app.api_route("/media/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
async def media_asked(request: Request, path: str) -> Response:
    """A file, or a part of it, as the hub has it."""
    asked = request.scope["raw_path"].decode("ascii")
    if not _SIGNED.fullmatch(asked) or "/../" in f"{path}/":
        return _refused(404, "There is no such file.")
    headers = {**_those(request.headers.items(), _ASKED), "Accept-Encoding": "identity"}
    try:
        answer = await doorman().files.signed(request.method, asked, headers)
    except HubError as error:
        return _refused(502, error.sentence)
    kept = _those(answer.headers.items(), _ANSWERED)
    kept |= {"content-security-policy": _SANDBOX, "x-content-type-options": "nosniff"}
    if answer.status_code == 206:
        kept["content-encoding"] = "identity"  # a part that is packed on the way is not that part any more
    return StreamingResponse(_chunks(answer), answer.status_code, kept)


@app.api_route("/uploads", methods=["POST"], include_in_schema=False)
async def upload_begun(request: Request) -> Response:
    """A new upload; the answer says where its bytes go."""
    return await _passed_on(request, "")


@app.api_route("/uploads/{upload_id}", methods=["HEAD", "PATCH", "DELETE"], include_in_schema=False)
async def upload_goes_on(request: Request, upload_id: str) -> Response:
    """Bytes, how many are there, or the end of it."""
    return await _passed_on(request, f"/{upload_id}") if _UPLOAD.fullmatch(upload_id) else _refused(404)


@app.post("/uploads/{upload_id}/content", include_in_schema=False)
async def upload_finished(request: Request, upload_id: str) -> Response:
    """All bytes are there: make a content of it, or a version of the one that is named."""
    session = _who(request)
    if session is None or not _UPLOAD.fullmatch(upload_id):
        return _refused(401 if session is None else 404)
    order = bytearray()
    async for chunk in request.stream():
        order += chunk
        if len(order) > _LONGEST_ORDER_BYTES:
            return _refused(413)
    try:
        uploaded = msgspec.json.decode(order, type=Uploaded)
    except msgspec.DecodeError:
        return _refused(422)
    # Whoever did not get the answer asks again: it was done once, and is answered the same.
    asked, now_s = f"{session.name} {upload_id}", time.time()
    made = _made.see(asked, now_s)
    if made is None:
        try:
            made = await make_content(session.hub.contents, upload_id, uploaded)
        except HubError as error:
            return _told(session, error)
        _made.put(asked, made, now_s)
    return JSONResponse({"content_id": made.content_id, "name": made.content_name})


async def _passed_on(request: Request, path: str) -> Response:
    session = _who(request)
    if session is None:
        return _refused(401)
    with session.held():
        try:
            answer = await doorman().files.upload(
                request.method,
                path,
                _those(request.headers.items(), _TUS_ASKED),
                request.stream() if request.method == "PATCH" else None,
                session.tokens,
                Browser.of(request),
            )
        except ClientDisconnect:
            return _refused(400)  # to nobody: what came is at the hub, and the browser asks how much that was
        except HubError as error:
            return _told(session, error)
        try:
            body = await answer.aread()
        except httpx.HTTPError:
            return _refused(502, "The hub does not answer.")
        finally:
            await answer.aclose()
    headers = _those(answer.headers.items(), _TUS_ANSWERED) | {"cache-control": "no-store"}
    place = answer.headers.get("location", "").rpartition("/")[2]
    if _UPLOAD.fullmatch(place):
        headers["location"] = f"/uploads/{place}"
    return Response(body, answer.status_code, headers)


def _who(request: Request) -> Session | None:
    return doorman().current() if "tus-resumable" in request.headers else None


def _told(session: Session, error: HubError) -> Response:
    if error.signed_out:
        session.end(error.sentence)
    return _refused(error.status or 502, error.sentence)


def _refused(status: int, why: str = "") -> Response:
    return JSONResponse({"detail": why}, status, {"cache-control": "no-store"})


def _those(headers: Iterable[tuple[str, str]], names: tuple[str, ...]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers if name.lower() in names}


async def _chunks(answer: httpx.Response) -> AsyncIterator[bytes]:
    # What breaks off here breaks off in the browser too.
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()
