"""Files go out: whole or in part, to whoever has a signed address. No route of the API: it takes no token.

Rule 1: a file at an address never changes: whoever has it need not ask again as long as the address is good.
Rule 2: what people upload may be hostile. It is never taken for another type than it is, a page of a package
        runs in an origin of its own, which is nobody's, and nothing else runs at all.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final, cast
from urllib.parse import quote

from quart import Response, request
from quart_trio import QuartTrio

from hub.api.body_stream import SILENCE_S
from hub.api.problems import problem
from hub.http_exchange import MORE_TIME
from hub.media.ranges import Span, Unsatisfiable, has_already, wanted
from hub.media.store import StoredFile
from hub.use_cases.served_files import Served, ServedFiles

_OF_PACKAGES: Final = "sandbox allow-scripts"
_OF_FILES: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox"


def add_to(app: QuartTrio, files: ServedFiles) -> None:
    """GET and HEAD /media/<until>.<signature>/<tenant>/<sha256>/<name>."""

    @app.route("/media/<grant>/<tenant_id>/<sha256>/<path:name>", methods=["GET", "HEAD"])
    async def media_file(grant: str, tenant_id: str, sha256: str, name: str) -> Response:
        etag = f'"{sha256}"'
        has_it = has_already(request.headers.get("If-None-Match"), etag)
        sends = request.method == "GET" and not has_it
        found = await files.find(grant, tenant_id, sha256, name, opened=sends)
        headers = _headers(found, name)
        if has_it:
            _close(found)
            return Response(b"", 304, headers=headers, content_type=found.mime_type)
        return _sent(files, found, headers)


def _sent(files: ServedFiles, found: Served, headers: dict[str, str]) -> Response:
    if found.location is not None:
        headers["X-Accel-Redirect"] = quote(found.location)
        return Response(b"", 200, headers=headers, content_type=found.mime_type)
    size, etag = found.size_bytes, headers["ETag"]
    try:
        span = wanted(request.headers.get("Range"), request.headers.get("If-Range"), etag, size)
    except Unsatisfiable:
        _close(found)
        told = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"}
        return problem(416, f"The file has {size:,} bytes, and none of those asked for.", headers=told)
    status, taken = 200, Span(0, size)
    if span is not None:
        status, taken = 206, span
        headers["Content-Range"] = span.content_range(size)
    headers |= {"Content-Length": str(taken.ends - taken.begins), "Accept-Ranges": "bytes"}
    if request.method == "HEAD" or found.file is None:
        _close(found)
        response = Response(b"", status, content_type=found.mime_type)
    else:
        more_time = cast(Any, request.scope).get(MORE_TIME)
        chunks = _patiently(files, found.file, taken, more_time)
        response = Response(chunks, status, content_type=found.mime_type)
    response.headers.update(headers)
    return response


async def _patiently(
    files: ServedFiles, file: StoredFile, span: Span, more_time: Callable[[float], None] | None
) -> AsyncGenerator[bytes]:
    """The bytes. Whoever takes a piece within the time has time for the next one."""
    async with aclosing(files.pieces(file, *span)) as pieces:
        async for piece in pieces:
            if more_time is not None:
                more_time(2 * SILENCE_S)
            yield piece


def _headers(found: Served, name: str) -> dict[str, str]:
    file_name = quote(name.rpartition("/")[2])
    return {
        "ETag": f'"{found.sha256}"',
        "Cache-Control": f"private, max-age={found.good_for_s}, immutable",
        "Content-Disposition": f"inline; filename*=UTF-8''{file_name}",
        "Content-Security-Policy": _OF_PACKAGES if found.is_package else _OF_FILES,
        # A page of a package has no origin, and fetches what lies beside it; the address is what lets it.
        "Access-Control-Allow-Origin": "*",
    }


def _close(found: Served) -> None:
    if found.file is not None:
        found.file.close()
