"""The browser player in a real Chromium, served by a real hub; and its pure pages, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from persistence.migrate import migrate
from tests.browser_player.player_site import PlayerSite, player_site
from tests.browser_player.staging import Staging, staging
from tests.hub.hub_process import HubProcess

BROWSER_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]

DASHBOARD_URL = "https://signs.example/dashboard"
"""Where the pairing page says that screens are let in; nobody goes there."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """One process runs all of these, with one hub and one browser at a time: some look at every frame."""
    if isinstance(item, pytest.Function):
        item.add_marker(pytest.mark.xdist_group("browser-player"))


@pytest.fixture(scope="package")
def hub(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub that is ready, on a database of its own, whose screens beat every second."""
    postgres.create_database("browser_player")
    owner_url = postgres.url("browser_player")
    migrate(owner_url)
    hub_url = owner_url.replace("clarion_owner@", f"{HUB_ROLE}@")
    env = {"CLARION_HEARTBEAT_INTERVAL_S": "1", "CLARION_DASHBOARD_URL": DASHBOARD_URL}
    with HubProcess(owner_url, hub_url, tmp_path_factory.mktemp("hub"), env) as running:
        yield running
    postgres.drop_database("browser_player")


@pytest.fixture(scope="module")
def browser(chromium_path: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(chromium_path), args=BROWSER_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def site() -> Iterator[PlayerSite]:
    """The player's files at an address of their own, with no hub behind."""
    with player_site() as running:
        yield running


@pytest.fixture
def stage(site: PlayerSite, browser: Browser) -> Iterator[Staging]:
    """A stage, and nothing else of the player."""
    with staging(site, browser) as made:
        yield made


class Modules:
    """A page of the player's origin with nothing on it: its modules are imported and called by themselves."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def run(self, body: str, argument: Any = None) -> Any:
        """What `body` returns: the inside of an async function of `given`.
        `load("play/hours.js")` imports a module."""
        return self.page.evaluate(
            f"async (given) => {{ const load = (name) => import('/player/src/' + name);\n{body}\n}}", argument
        )


@pytest.fixture
def modules(hub: HubProcess, browser: Browser) -> Iterator[Modules]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{hub.url}/player/icons/icon.svg")
    yield Modules(page)
    context.close()
