"""What the end-to-end tests share: a real hub on a real PostgreSQL, and processes around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.end_to_end.glass import Glass, glass
from tests.hub.hub_process import HubProcess, running_hub


@pytest.fixture
def hub(database_url: str, hub_database_url: str, tmp_path: Path) -> Iterator[HubProcess]:
    """A hub of this test's own."""
    with running_hub(database_url, hub_database_url, tmp_path) as running:
        yield running


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def screen(hub: HubProcess, playwright: Playwright, chromium_path: Path, tmp_path: Path) -> Iterator[Glass]:
    """A browser for the player of that hub, not switched on yet."""
    with glass(playwright, chromium_path, hub, tmp_path / "kiosk") as made:
        yield made
