"""Is the hub there, can it serve, what does it measure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

import msgspec
from quart import Response
from quart_trio import QuartTrio

from hub.api.problems import ProblemResponse

_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"


class Readiness(NamedTuple):
    """Whether requests can be served now, and each check by name: "ok", or what is wrong."""

    ready: bool
    checks: Mapping[str, str]


class _Answer(msgspec.Struct):
    status: str
    checks: Mapping[str, str]


def add_to(
    app: QuartTrio, readiness: Callable[[], Awaitable[Readiness]], metrics: Callable[[], bytes]
) -> None:
    """GET /health (the process lives), /health/ready (and can serve), /metrics (Prometheus)."""

    @app.get("/health")
    async def health() -> Response:
        return Response(b'{"status":"ok"}', content_type="application/json")

    @app.get("/health/ready")
    async def ready() -> Response:
        found = await readiness()
        body = _Answer("ready" if found.ready else "not ready", found.checks)
        if not found.ready:
            wrong = {name: text for name, text in found.checks.items() if text != "ok"}
            raise ProblemResponse(
                503, "The hub cannot serve now; `fields` says why.", wrong, {"Retry-After": "2"}
            )
        return Response(msgspec.json.encode(body), content_type="application/json")

    @app.get("/metrics")
    async def prometheus() -> Response:
        return Response(metrics(), content_type=_PROMETHEUS)
