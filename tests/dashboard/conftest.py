"""A real hub with a few simulated screens, a dashboard for it, and a browser to look at that with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, expect, sync_playwright

from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from persistence.migrate import migrate
from tests.dashboard.browsing import Visit
from tests.end_to_end.companions import connected_screens, dashboard, fleet, wait_for
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_MS

SCREENS = 8
expect.set_options(timeout=PATIENCE_MS)


def pytest_itemcollected(item: pytest.Item) -> None:
    """One hub and one dashboard serve all that look at its screens, another pair those who are there for
    people and places: two processes run them, each in their order."""
    if isinstance(item, pytest.Function) and "hub" in item.fixturenames:
        looks = "screens" in item.fixturenames
        item.add_marker(pytest.mark.xdist_group("screens" if looks else "people"))


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


@pytest.fixture(scope="module")
def browser(headless_shell: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=str(headless_shell), args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


@pytest.fixture
def visitor(browser: Browser, dashboard_url: str) -> Iterator[Visit]:
    """Somebody who is not signed in."""
    context = new_context(browser)
    yield Visit(context.new_page(), dashboard_url)
    context.close()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, dashboard_url: str, hub: HubProcess) -> StorageState:
    """The cookies of an operator who is signed in. It costs a second, and is tested elsewhere."""
    context = new_context(browser)
    Visit(context.new_page(), dashboard_url).sign_in(hub)
    cookies = context.storage_state()
    context.close()
    return cookies


@pytest.fixture
def visit(browser: Browser, dashboard_url: str, signed_in: StorageState, screens: int) -> Iterator[Visit]:
    """An operator who is signed in, on the page of all screens."""
    context = new_context(browser, signed_in)
    visit = Visit(context.new_page(), dashboard_url)
    visit.go("/")
    expect(visit.page.get_by_test_id("counter-online")).to_contain_text(str(screens))
    yield visit
    context.close()


def new_context(browser: Browser, cookies: StorageState | None = None) -> BrowserContext:
    """A window of its own, in Berlin."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, timezone_id="Europe/Berlin", storage_state=cookies
    )
    context.set_default_timeout(PATIENCE_MS)
    return context
