"""A browser becomes a screen, and stops being one: with a code on the glass, and a token that nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser_player.screens import BrowserScreen
from tests.hub.hub_process import HubProcess


@pytest.fixture
def screen(hub: HubProcess, browser: Browser) -> Iterator[BrowserScreen]:
    opened = BrowserScreen(hub, browser)
    yield opened
    assert opened.complaints == []
    opened.close()


def test_a_screen_shows_its_code_and_is_online_once_it_was_approved(screen: BrowserScreen) -> None:
    device_id = screen.enrol()
    expect(screen.page.locator("#pairing")).to_be_hidden()
    device = screen.device(device_id)
    assert device["player_version"].startswith("browser ") and device["hardware_id"].startswith("browser-")
