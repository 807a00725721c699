"""A real hub with a few simulated screens, and a dashboard for it, for all of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from persistence.migrate import migrate
from tests.end_to_end.companions import connected_screens, dashboard, fleet, wait_for
from tests.hub.hub_process import HubProcess

SCREENS = 8


@pytest.fixture(scope="package")
def hub(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub that is ready, on a database of its own."""
    postgres.create_database("dashboard")
    owner_url = postgres.url("dashboard")
    migrate(owner_url)
    hub_url = owner_url.replace("clarion_owner@", f"{HUB_ROLE}@")
    env = {"CLARION_TRUSTED_PROXIES": "127.0.0.1"}
    with HubProcess(owner_url, hub_url, tmp_path_factory.mktemp("hub"), env) as running:
        yield running
    postgres.drop_database("dashboard")


@pytest.fixture(scope="package")
def screens(hub: HubProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """How many simulated screens are connected to the hub."""
    with fleet(hub, SCREENS, tmp_path_factory.mktemp("fleet"), "--quiet"):
        wait_for(lambda: connected_screens(hub) == SCREENS, "the screens are connected")
        yield SCREENS


@pytest.fixture(scope="package")
def dashboard_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the dashboard keeps what it keeps: `dashboard/` below it is its data folder."""
    return tmp_path_factory.mktemp("dashboard")


@pytest.fixture(scope="package")
def dashboard_url(hub: HubProcess, dashboard_folder: Path) -> Iterator[str]:
    """The address of a dashboard for the hub."""
    with dashboard(hub, dashboard_folder) as url:
        yield url
