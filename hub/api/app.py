"""The Quart application: every route, what each answer carries, what each failure becomes.

`create_app` is called once, by `hub/running.py`:

    app = create_app(
        use_cases, tokens, limits, readiness=…, metrics=…, public_websocket_url=settings.public_websocket_url
    )

It starts nothing and waits for nothing: no lifespan events are needed.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Final

import msgspec
import structlog
from quart import Response, g, request
from quart_trio import QuartTrio

from hub.api import (
    api_keys,
    audit,
    bulk_commands,
    commands,
    contents,
    devices,
    drills,
    emergencies,
    enrolment_keys,
    features,
    health,
    inspect,
    links,
    manifests,
    media,
    media_files,
    oneself,
    pages,
    pairing,
    people,
    places,
    player_pages,
    playlist_versions,
    playlists,
    reports,
    roles,
    schedule,
    screen_setups,
    screenshots,
    sessions,
    sign_in,
    signing,
    sockets,
    tenants,
    tus,
    uploads,
)
from hub.api.asgi import STREAMED, WholeRequest, WholeRequests
from hub.api.binding import Binding, printable
from hub.api.health import Readiness
from hub.api.limits import RequestLimits, limit_headers
from hub.api.openapi import openapi_document
from hub.api.problems import answer_failure
from hub.api.route import Route
from hub.tokens import AccessTokens
from hub.use_cases.wiring import UseCases

MAX_BODY_BYTES: Final = 1024 * 1024
_BODY_DEADLINE_S: Final = 20
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

ROUTES: Final[tuple[Route, ...]] = (
    *sign_in.ROUTES,
    *sessions.ROUTES,
    *pairing.ROUTES,
    *devices.ROUTES,
    *drills.ROUTES,
    *manifests.ROUTES,
    *screenshots.ROUTES,
    *screen_setups.ROUTES,
    *commands.ROUTES,
    *bulk_commands.ROUTES,
    *places.ROUTES,
    *emergencies.ROUTES,
    *oneself.ROUTES,
    *links.ROUTES,
    *people.ROUTES,
    *roles.ROUTES,
    *features.ROUTES,
    *api_keys.ROUTES,
    *enrolment_keys.ROUTES,
    *tenants.ROUTES,
    *audit.ROUTES,
    *inspect.ROUTES,
    *signing.ROUTES,
    *playlists.ROUTES,
    *schedule.ROUTES,
    *playlist_versions.ROUTES,
    *uploads.ROUTES,
    *contents.ROUTES,
    *media.ROUTES,
    *reports.ROUTES,
)


def create_app(
    use_cases: UseCases,
    tokens: AccessTokens,
    limits: RequestLimits,
    *,
    readiness: Callable[[], Awaitable[Readiness]],
    metrics: Callable[[], bytes],
    public_websocket_url: str | None = None,
) -> QuartTrio:
    """The application, an ASGI callable for hypercorn on trio.

    `readiness` says whether requests can be served now; `metrics` gives Prometheus' text format.
    `public_websocket_url` is what devices are told to connect to; None: derived from the request's Host.
    """
    app = QuartTrio("clarion", static_folder=None)
    app.asgi_http_class = WholeRequests
    app.request_class = WholeRequest
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["BODY_TIMEOUT"] = _BODY_DEADLINE_S
    app.url_map.strict_slashes = False
    # Not /a//b for /a/b by a redirect: an address is right or wrong.
    app.url_map.merge_slashes = False

    app.config[STREAMED] = tuple(
        (each.method, re.compile(re.sub(r"\{\w+\}", "[^/]+", each.path))) for each in ROUTES if each.streams
    )

    binding = Binding(use_cases, tokens, limits, public_websocket_url)
    for each in ROUTES:
        rule = each.path.replace("{", "<").replace("}", ">")
        # No dot: Quart would take what stands before it for a blueprint, four times a request.
        endpoint = f"{each.tag}:{each.handler.__name__}"
        app.add_url_rule(rule, endpoint, binding.view(each), methods=[each.method])
    sockets.add_to(app)
    media_files.add_to(app, use_cases.served_files)
    health.add_to(app, readiness, metrics)
    pages.add_to(app, _openapi())
    player_pages.add_to(app)

    @app.before_request
    async def begin() -> None:
        g.request_id = _request_id(request.headers.get("X-Request-ID"))
        # Each request has a task, and so a context, of its own: nothing of another one is to be cleared away.
        structlog.contextvars.bind_contextvars(
            request_id=g.request_id, method=request.method, path=printable(request.path)
        )

    @app.after_request
    async def complete(response: Response) -> Response:
        headers = response.headers
        headers["X-Request-ID"] = g.request_id
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        headers.setdefault("Cache-Control", "no-store")
        headers.update(limit_headers())
        if request.path.startswith(uploads.PATH):
            headers["Tus-Resumable"] = tus.VERSION
        return response

    # The last resort: whatever is raised becomes a problem document, and what nobody foresaw is logged.
    app.register_error_handler(Exception, answer_failure)
    return app


@cache
def _openapi() -> bytes:
    """Of the routes alone: the same for every application of a process."""
    return msgspec.json.encode(openapi_document(ROUTES))


def _request_id(given: str | None) -> str:
    return given if given and _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
