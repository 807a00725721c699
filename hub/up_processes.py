"""Hub, dashboard and simulated screens as `clarion up` runs them: what each is told, and when it is ready."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx
import trio

from hub.local_trust import local_trust
from hub.settings import Settings, local_hub_url
from hub.up_children import Child, stop_all, while_alive
from hub.use_cases.simulator import SimulatorLogin

_READY_DEADLINE_S = 60.0
# With PostgreSQL's own end after them they stay within the five seconds that are promised.
_STOP_CLIENTS_S = 1.0
_STOP_HUB_S = 2.5
_RECORDING = 50
"""So many simulated screens say what they played, so that the proof of play has something to show."""


class UpProcesses:
    """The processes of one `clarion up`; leaving the `async with` ends them, the hub last.

    `env` is what they start from, `hub_database_url` the database as the hub's role sees it.
    """

    def __init__(self, settings: Settings, env: Mapping[str, str], *, hub_database_url: str) -> None:
        self._settings = settings
        self._hub_database_url = hub_database_url
        self._env = {
            **env,
            "CLARION_DATA_DIR": str(settings.data_dir),
            "CLARION_HUB_URL": settings.hub_url,
        }
        # Only the hub is told where the database is, and only as the role that row-level security binds.
        for name in ("CLARION_DATABASE_URL", "CLARION_MIGRATION_DATABASE_URL"):
            self._env.pop(name, None)
        self._hub: list[Child] = []
        self._clients: list[Child] = []
        self._http = httpx.AsyncClient(verify=local_trust(settings), timeout=5.0, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with trio.CancelScope(shield=True):
            await self._http.aclose()
            await stop_all(self._clients, within_s=_STOP_CLIENTS_S)
            await stop_all(self._hub, within_s=_STOP_HUB_S)

    async def start_hub(self) -> None:
        """Start the hub and wait until it is ready. Raises ChildDied, StartError."""
        settings = self._settings
        hub = await Child.start(
            "hub",
            [sys.executable, "-m", "hub", "hub"],
            {
                **self._env,
                "CLARION_DATABASE_URL": self._hub_database_url,
                "CLARION_HOST": settings.host,
                "CLARION_PORT": str(settings.port),
                "CLARION_TRUSTED_PROXIES": _with_the_dashboard(settings),
                # Where its one-time links lead, unless CLARION_DASHBOARD_URL says otherwise.
                "CLARION_DASHBOARD_HOST": settings.dashboard_host,
                "CLARION_DASHBOARD_PORT": str(settings.dashboard_port),
            },
            settings.data_dir / "logs/hub.log",
        )
        self._hub.append(hub)
        await self._until_ready(hub, f"{settings.hub_url}/health/ready")

    async def start_dashboard(self) -> str:
        """Start the dashboard, wait for it, and return its address. Raises ChildDied, StartError."""
        settings = self._settings
        dashboard = await Child.start(
            "dashboard",
            [sys.executable, "-m", "dashboard"],
            {
                **self._env,
                "CLARION_DASHBOARD_HOST": settings.dashboard_host,
                "CLARION_DASHBOARD_PORT": str(settings.dashboard_port),
            },
            settings.data_dir / "logs/dashboard.log",
        )
        self._clients.append(dashboard)
        url = local_hub_url(settings.dashboard_host, settings.dashboard_port)
        await self._until_ready(dashboard, f"{url}/")
        return url

    async def start_screens(self, count: int, simulator: SimulatorLogin) -> None:
        """Start `count` simulated screens, which are let in with this run's credentials."""
        screens = await Child.start(
            "simulated fleet",
            [
                *(sys.executable, "-m", "loadtest", "simulate", "--hub", self._settings.hub_url),
                *("--screens", str(count), "--approve", "--quiet", "--recording", str(_RECORDING)),
            ],
            # In the environment and not among the arguments, which every user of the machine can list.
            {**self._env, **simulator.environment()},
            self._settings.data_dir / "logs/simulated-fleet.log",
        )
        self._clients.append(screens)

    async def until_one_dies(self) -> None:
        """Wait, for ever if all goes well. Raises ChildDied."""
        await while_alive([*self._hub, *self._clients], trio.sleep_forever)

    async def _until_ready(self, child: Child, url: str) -> None:
        async def answered() -> None:
            await child.until_it_answers(url, self._http, within_s=_READY_DEADLINE_S)

        await while_alive([*self._hub, *self._clients], answered)


def _with_the_dashboard(settings: Settings) -> str:
    """The proxies that are trusted anyway, and this machine: the dashboard on it says whose browser asks."""
    return ",".join([*(str(network) for network in settings.trusted_proxies), "127.0.0.1", "::1"])
