"""Puts the pages together and serves them: one process, one port, gone within two seconds of being told.

NiceGUI is mounted into an application of our own and run by our own server, because then the port is opened,
or refused, before anything else happens, and the end is ours: a browser with an open page does not delay it.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI
from nicegui import app, ui
from nicegui.storage import Storage

import dashboard.media_proxy
import dashboard.pages.account
import dashboard.pages.api_keys
import dashboard.pages.approval_queue
import dashboard.pages.approvals
import dashboard.pages.audit
import dashboard.pages.audit_export
import dashboard.pages.bulk_command
import dashboard.pages.command_to_many
import dashboard.pages.commands
import dashboard.pages.content
import dashboard.pages.contents
import dashboard.pages.emergencies
import dashboard.pages.emergency
import dashboard.pages.emergency_progress
import dashboard.pages.enrolment_keys
import dashboard.pages.features
import dashboard.pages.forgotten
import dashboard.pages.people
import dashboard.pages.person
import dashboard.pages.places
import dashboard.pages.playlist
import dashboard.pages.playlists
import dashboard.pages.proof_of_play
import dashboard.pages.proof_of_play_file
import dashboard.pages.roles
import dashboard.pages.schedule
import dashboard.pages.screen
import dashboard.pages.screen_groups
import dashboard.pages.screens
import dashboard.pages.screenshot_picture
import dashboard.pages.set_password
import dashboard.pages.sign_in
import dashboard.pages.tenants
import dashboard.pages.user_groups  # noqa: F401 -- importing a page registers its route
from dashboard.components.site_map import set_up_map
from dashboard.kept_pairs import KeptPairs
from dashboard.logs import set_up_logs
from dashboard.pages.sign_in import prefill_tenant
from dashboard.settings import DashboardSettings
from dashboard.signed_in import Doorman, doorman, place_doorman
from dashboard.trust import trust

_STATIC: Final = Path(__file__).parent / "static"
_STYLES: Final = (
    "tokens.css",
    "base.css",
    "frame.css",
    "screens.css",
    "screen.css",
    "players.css",
    "emergency.css",
    "commands.css",
    "manage.css",
    "audit.css",
    "places.css",
    "library.css",
    "playlists.css",
    "schedule.css",
)
_SCRIPTS: Final = ("clarion.js", "alert_sound.js")
_GRACE_S: Final = 1


class PortTaken(Exception):
    """The dashboard cannot listen where it was told to."""


class _Server(uvicorn.Server):
    """Says where it is once it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            print(f"Dashboard: {address_of(sockets[0])}", flush=True)  # noqa: T201 -- for the terminal, and for tests


def serve(settings: DashboardSettings, secret: str) -> None:
    """Serve until SIGTERM, SIGINT or, if so set, the end of standard input. Raises PortTaken."""
    listening = _listen(settings.host, settings.port)
    Storage.path = settings.data_dir / "dashboard"
    Storage.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    set_up_logs(settings)
    place_doorman(Doorman(settings.hub_url, KeptPairs(Storage.path / "sign-ins"), trust(settings)))
    prefill_tenant(settings.tenant_id)
    set_up_map(_STATIC / "site_map.js", settings.map_tiles_url, settings.map_tiles_attribution)
    server = _Server(
        uvicorn.Config(
            application(secret),
            log_config=None,
            access_log=False,
            ws="websockets-sansio",
            timeout_graceful_shutdown=_GRACE_S,
            server_header=False,
        )
    )
    if settings.stop_with_stdin:
        threading.Thread(target=_stop_at_end_of_stdin, args=(server,), daemon=True).start()
    # uvicorn raises the signal that stopped it once more when it is done, for whoever was there before it.
    # Being told to stop is the ordinary end here: exit code 0, no traceback.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    server.run(sockets=[listening])


def application(secret: str) -> FastAPI:
    """The pages, their static files and the health check, as one ASGI application."""
    outer = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @outer.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    app.add_static_files("/static", _STATIC)
    version = max(int(file.stat().st_mtime) for file in _STATIC.iterdir())
    links = "".join(f'<link rel="stylesheet" href="/static/{name}?{version}">' for name in _STYLES)
    scripts = "".join(f'<script defer src="/static/{name}?{version}"></script>' for name in _SCRIPTS)
    ui.add_head_html(links + scripts, shared=True)
    app.on_shutdown(doorman().close)
    ui.run_with(
        outer,
        title="Clarion",
        favicon=_STATIC / "favicon.svg",
        dark=None,
        language="en-GB",
        tailwind=False,
        storage_secret=secret,
        session_middleware_kwargs={"session_cookie": "clarion_dashboard", "max_age": 30 * 86_400},
        show_welcome_message=False,
        reconnect_timeout=5.0,
    )
    return outer


def address_of(listening: socket.socket) -> str:
    """The address a browser on this machine opens."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- read, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, number)
    except OSError as error:
        raise PortTaken(f"CLARION_DASHBOARD_HOST={host} cannot be listened on: {error}.") from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"port {port} on {host} cannot be opened ({error.strerror}); set CLARION_DASHBOARD_PORT."
        ) from None
    return listening


def _stop_at_end_of_stdin(server: uvicorn.Server) -> None:
    # Not sys.stdin: a thread that waits inside its buffer aborts the interpreter's own end.
    while os.read(0, 4096):
        pass
    server.handle_exit(signal.SIGTERM, None)
