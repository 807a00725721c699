"""The API's documents and its interactive page, from files on this machine: it works without internet.

The page's policy allows scripts and styles of this origin only, so what the bundle has inline is in files.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import swagger_ui_bundle
from quart import Response
from quart_trio import QuartTrio

from hub.api.problems import ProblemResponse
from protocol.asyncapi import asyncapi_document

_OURS: Final = Path(__file__).with_name("docs_page")
_BUNDLE: Final = Path(swagger_ui_bundle.swagger_ui_path)
_FILES: Final = {
    "swagger-ui.css": (_BUNDLE / "swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": (_BUNDLE / "swagger-ui-bundle.js", "text/javascript"),
    "favicon-32x32.png": (_BUNDLE / "favicon-32x32.png", "image/png"),
    "start.js": (_OURS / "start.js", "text/javascript"),
    "page.css": (_OURS / "page.css", "text/css"),
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def add_to(app: QuartTrio, published: bytes) -> None:
    """GET /api/v1/openapi.json (`published`), /api/v1/asyncapi.json, /docs and the files of the page."""
    of_the_socket = _asyncapi()
    page = (_OURS / "page.html").read_bytes()
    files = {name: (path.read_bytes(), kind) for name, (path, kind) in _FILES.items()}

    @app.get("/api/v1/openapi.json")
    async def openapi() -> Response:
        return Response(published, content_type="application/json")

    @app.get("/api/v1/asyncapi.json")
    async def asyncapi() -> Response:
        return Response(of_the_socket, content_type="application/json")

    @app.get("/docs")
    async def docs() -> Response:
        return Response(
            page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY}
        )

    @app.get("/docs/<name>")
    async def docs_file(name: str) -> Response:
        if name not in files:
            raise ProblemResponse(404, "There is no such file. The page is at /docs.")
        content, kind = files[name]
        return Response(
            content, content_type=f"{kind}; charset=utf-8", headers={"Cache-Control": "max-age=3600"}
        )


@cache
def _asyncapi() -> bytes:
    return msgspec.json.encode(asyncapi_document())
