"""What an operator sees, measured through a real Chromium on a real hub and dashboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtest.bench import browser
from loadtest.bench.chromium import find_chromium
from loadtest.bench.driver import Address, Driver
from loadtest.bench.frames import upgrade_request
from loadtest.bench.screen_frames import hello
from protocol.vocabulary import SUBPROTOCOL
from tests.hub.hub_process import HubProcess, running_hub

pytestmark = pytest.mark.xdist_group("dashboard")


@pytest.mark.alone
def test_a_browser_sees_every_change_and_all_screens_show_the_alert(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    # Its screens beat while something is measured, and not while Chromium starts.
    env = {"CLARION_HEARTBEAT_INTERVAL_S": "60"}
    with running_hub(database_url, hub_database_url, tmp_path, env) as hub:
        found = _measured(hub, tmp_path)
    assert set(found) == {"browser_change", "browser_cpu", "browser_alert"}
    assert 0 < found["browser_change"] < 5_000
    assert 0 < found["browser_cpu"] < 100
    assert 0 < found["browser_alert"] < 10_000


def _measured(hub: HubProcess, folder: Path) -> dict[str, float]:
    account = browser.Account(hub.url, hub.people.operator_email, hub.people.operator_password or "")
    tokens = hub.provision(3, "watched").values()
    requests = [upgrade_request("/api/v1/ws/device", "127.0.0.1", token, SUBPROTOCOL) for token in tokens]
    with Driver(Address("127.0.0.1", hub.port)) as driver:
        driver.connect(requests, hello(), lambda screen, payload: None, 10)
        return browser.measure(account, driver, folder, samples=5)


def test_without_a_chromium_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLARION_CHROMIUM", "/no/such")
    assert browser.missing() == "CLARION_CHROMIUM=/no/such: there is no such program."
    monkeypatch.setenv("CLARION_CHROMIUM", str(find_chromium({"CLARION_CHROMIUM": "/bin/sh"})))
    assert browser.missing() is None
