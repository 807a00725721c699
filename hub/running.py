"""Starts the hub, and takes it down.

Order of starting: the ports, the database, the live side (filled from PostgreSQL), then who knocks is let in.
Order of stopping: see `hub.lifetime`; the database closes last.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import Final

import trio

from hub import logs
from hub.api.app import create_app
from hub.bootstrap import Hub, wall_ms
from hub.errors import StartError
from hub.front_door import FrontDoor, bind, raise_open_files_limit
from hub.http_server import HttpServer
from hub.lifetime import serve
from hub.settings import Settings
from persistence.database import Database
from persistence.errors import DatabaseUnavailable, UnsafeDatabaseRole

logger = logging.getLogger(__name__)

COLLECT_AFTER: Final = (10_000, 10, 10)
"""Python's own thresholds (700, 10, 10) have its collector go through everything the hub holds once for each
alert to 5,000 screens: measured, 100 ms in which nobody is served, a quarter of the hub's work. What the hub
lets go of goes by reference count, but for little."""


async def run_hub(settings: Settings, wall_ms: Callable[[], int] = wall_ms) -> None:
    """Run the hub until cancelled, then stop it in order. Raises StartError when it cannot start, HubFailed
    when it cannot go on."""
    logs.configure(settings)
    if settings.database_url is None:
        raise StartError(
            "CLARION_DATABASE_URL is not set, and the hub was not started by a command that finds one."
        )
    raise_open_files_limit()
    sockets = bind(settings.host, settings.port)
    try:
        async with (
            Database(settings.database_url, pool_size=settings.database_pool_size) as database,
            trio.open_nursery() as queries,
        ):
            hub = Hub(settings, database, queries, wall_ms)
            await hub.fill()
            app = create_app(
                hub.use_cases,
                hub.tokens,
                hub.request_limits,
                readiness=hub.readiness,
                metrics=hub.metrics.text,
                public_websocket_url=settings.public_websocket_url,
            )
            door = FrontDoor(settings, hub.gateway, HttpServer(app, hub.addresses), sockets)
            # What was loaded until now lives as long as the hub: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*COLLECT_AFTER)
            logger.info(
                "the hub listens on %s:%d, %d devices known", settings.host, settings.port, len(hub.roster)
            )
            await serve(hub.services, door, hub.fleet.dispatcher, hub.journal.flush)
            queries.cancel_scope.cancel()
    except OSError as error:
        raise StartError(f"The emergency log cannot be read: {error}. Check CLARION_DATA_DIR.") from error
    except DatabaseUnavailable as error:
        raise StartError(f"The database does not answer: {error}. Check CLARION_DATABASE_URL.") from error
    except UnsafeDatabaseRole as error:
        raise StartError(f"The hub will not start: {error}.") from error
    finally:
        for sock in sockets:
            sock.close()
