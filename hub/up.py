"""`clarion up`: everything on one machine, with one command, and nothing left of it after Ctrl-C.

Rule 1: what can be refused is refused before anything starts, in one line.
Rule 2: the hub, the dashboard and the simulated screens are processes of their own; whatever way this one
        ends, they end too (hub/lifeline.py).
Rule 3: a password is shown once, here, when it is generated; it never is an argument of a process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import trio

from hub.database_place import DatabasePlace
from hub.settings import Settings, local_hub_url
from hub.up_checks import free_port, sole_run
from hub.up_processes import UpProcesses
from hub.up_words import UpWords
from hub.use_cases.first_run import FirstRun, first_run
from hub.use_cases.simulator import SimulatorLogin, simulator_login
from persistence.migrate import migrate


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The database, migrated and peopled."""

    applied: list[str]
    first_run: FirstRun
    simulator: SimulatorLogin | None


async def up(settings: Settings, env: Mapping[str, str], *, screens: int, say: Callable[[str], None]) -> None:
    """Start everything, say where it is, and stay until cancelled; then stop everything.

    `env` is the environment of the processes to start; `say` prints a line. Raises ClarionError,
    EmbeddedPostgresError, DatabaseUnavailable, MigrationFailed.
    """
    words = UpWords(say)
    with sole_run(settings.data_dir):
        settings = _with_ports(settings)
        words.title()
        async with _database(settings) as place:
            prepared = await trio.to_thread.run_sync(_prepare, place.owner_url, screens)
            words.ready("database", place.description + _changes(prepared.applied))
            async with UpProcesses(settings, env, hub_database_url=place.hub_url) as processes:
                try:
                    dashboard_url = await _start(processes, settings, screens, prepared.simulator, words)
                except BaseException:
                    # Whatever keeps the rest from starting: generated passwords are shown now or never.
                    words.new_people(prepared.first_run)
                    raise
                words.invitation(dashboard_url, settings.hub_url, prepared.first_run)
                async with trio.open_nursery() as watch:
                    watch.start_soon(place.until_it_ends)
                    watch.start_soon(processes.until_one_dies)


def _with_ports(settings: Settings) -> Settings:
    port = free_port(settings.host, settings.port, variable="CLARION_PORT")
    dashboard_port = free_port(
        settings.dashboard_host, settings.dashboard_port, variable="CLARION_DASHBOARD_PORT"
    )
    # Whatever CLARION_HUB_URL says: the hub that is started here is the one that the others here talk to.
    hub_url = local_hub_url(settings.host, port, tls=settings.tls_key is not None)
    return replace(settings, port=port, dashboard_port=dashboard_port, hub_url=hub_url)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[DatabasePlace]:
    place = DatabasePlace(settings, attach=False)
    try:
        await trio.to_thread.run_sync(place.open)
        yield place
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(place.close)


def _prepare(owner_url: str, screens: int) -> _Prepared:
    applied = migrate(owner_url)
    people = first_run(owner_url)
    return _Prepared(applied, people, simulator_login(owner_url, people.tenant_id) if screens else None)


async def _start(
    processes: UpProcesses, settings: Settings, screens: int, simulator: SimulatorLogin | None, words: UpWords
) -> str:
    await processes.start_hub()
    words.ready("hub", f"{settings.hub_url}  (API: {settings.hub_url}/docs)")
    dashboard_url = await processes.start_dashboard()
    words.ready("dashboard", dashboard_url)
    if simulator is None:
        words.absent("screens", "none (SCREENS=0)")
    else:
        await processes.start_screens(screens, simulator)
        words.ready("screens", f"{screens} simulated, connecting now  (SCREENS=0 for none)")
    return dashboard_url


def _changes(applied: list[str]) -> str:
    return f"; applied {', '.join(applied)}" if applied else ""
