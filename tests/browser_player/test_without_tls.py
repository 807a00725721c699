"""From another machine without TLS: the player says what is wrong, and what it says mends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Locator, expect, sync_playwright

from tests.browser_player.conftest import BROWSER_ARGUMENTS
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_MS

# To the browser this is another machine, whatever answers there.
_NAME = "hub.signage.test"


@contextmanager
def opened(chromium_path: Path, hub: HubProcess, *arguments: str) -> Iterator[Locator]:
    """The page of the pairing, in a browser to which the hub is another machine."""
    elsewhere = f"--host-resolver-rules=MAP {_NAME} 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(chromium_path), args=[*BROWSER_ARGUMENTS, elsewhere, *arguments]
        )
        page = browser.new_page()
        page.goto(f"{origin_of(hub)}/player/")
        yield page.locator("#pairing")
        browser.close()


def origin_of(hub: HubProcess) -> str:
    return f"http://{_NAME}:{urlsplit(hub.url).port}"


def test_a_browser_that_trusts_no_plain_address_says_so_and_how_to_mend_it(
    chromium_path: Path, hub: HubProcess
) -> None:
    with opened(chromium_path, hub) as pairing:
        expect(pairing).to_contain_text("Open it by https", timeout=PATIENCE_MS)
        expect(pairing).to_contain_text(f"--unsafely-treat-insecure-origin-as-secure={origin_of(hub)}")


def test_a_browser_that_was_told_to_trust_it_is_a_screen(chromium_path: Path, hub: HubProcess) -> None:
    trusting = f"--unsafely-treat-insecure-origin-as-secure={origin_of(hub)}"
    with opened(chromium_path, hub, trusting) as pairing:
        expect(pairing.get_by_label("Enrolment key")).to_be_visible(timeout=PATIENCE_MS)
