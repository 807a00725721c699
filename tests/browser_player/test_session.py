"""A browser's session with a real hub: it goes on after a loss, comes back after a restart, obeys once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser_player.screens import BrowserScreen
from tests.dashboard.houses import signed_in
from tests.end_to_end.programme import RED, Item, assign, published
from tests.hub.hub_process import HubProcess

# Sockets can be cut, and what the kiosk is asked for is written down.
SPIED = """
  window.sockets = [];
  window.WebSocket = class extends WebSocket {
    constructor(...parts) { super(...parts); window.sockets.push(this); }
  };
"""


@pytest.fixture
def screen(hub: HubProcess, browser: Browser) -> Iterator[BrowserScreen]:
    with BrowserScreen(hub, browser, SPIED) as opened:
        yield opened


def _said(screen: BrowserScreen, kind: str) -> list[dict[str, object]]:
    frames = [json.loads(frame) for frame in screen.frames]
    return [frame for frame in frames if frame["type"] == kind]


def _heard(screen: BrowserScreen, kind: str) -> list[dict[str, object]]:
    return [frame for frame in screen.heard if frame["type"] == kind]


def _plays(screen: BrowserScreen, device_id: str, state: str) -> bool:
    return bool(screen.device(device_id)["playback"] == state)


def test_a_session_goes_on_after_its_link_was_cut(screen: BrowserScreen) -> None:
    device_id = screen.begin()
    screen.until_ended(device_id, screen.order(device_id, "ping"))
    screen.page.evaluate("window.sockets.at(-1).close(3000)")
    screen.until(lambda: len(_heard(screen, "resumed")) == 1)
    first, second = _said(screen, "hello")
    assert "session_id" not in first
    assert second["session_id"] == _heard(screen, "welcome")[0]["session_id"] and second["command_seq"] == 1
    assert screen.until_ended(device_id, screen.order(device_id, "ping"))["status"] == "succeeded"


def test_a_screen_comes_back_after_the_hub_was_killed(screen: BrowserScreen) -> None:
    device_id = screen.begin()
    screen.hub.kill()
    screen.hub.start()
    screen.operator.close()
    screen.operator = screen.hub.sign_in()
    screen.until_online(device_id)
    assert screen.until_ended(device_id, screen.order(device_id, "ping"))["status"] == "succeeded"
    expect(screen.page.locator("#pairing")).to_be_hidden()


def test_a_command_is_carried_out_once_over_a_reload(screen: BrowserScreen) -> None:
    device_id = screen.begin()
    # Begun, and then the power fails: nobody knows how far it came.
    command_id = screen.order(device_id, "screenshot")
    ended = screen.until_ended(device_id, command_id)
    times = sum(f"command_id={command_id}" in address for address in screen.addresses)
    assert (ended["status"], times) == ("succeeded", 1)
    # A reboot is answered before the page goes, and is not done again by the page that comes.
    reboot = screen.order(device_id, "reboot")
    assert screen.until_ended(device_id, reboot)["status"] == "succeeded"
    screen.until(lambda: len(_heard(screen, "welcome")) == 2)
    assert screen.until_ended(device_id, screen.order(device_id, "ping"))["detail"] == "pong"
    assert len(_said(screen, "hello")) == 2


def test_what_was_interrupted_is_answered_and_not_done_again(screen: BrowserScreen) -> None:
    # The upload never ends: the page is reloaded in the middle of the command.
    screen.context.route("**/devices/me/screenshots*", lambda _: None)
    device_id = screen.begin()
    command_id = screen.order(device_id, "screenshot")
    screen.until(lambda: any("me/screenshots" in address for address in screen.addresses))
    screen.page.reload()
    ended = screen.until_ended(device_id, command_id)
    assert (ended["status"], ended["detail"]) == ("failed", "interrupted while it was carried out")
    assert sum("me/screenshots" in address for address in screen.addresses) == 1


def test_what_plays_is_paused_stopped_and_begun_anew_by_order(screen: BrowserScreen, tmp_path: Path) -> None:
    device_id = screen.begin()
    with signed_in(screen.hub) as api:
        assign(api, device_id, published(api, tmp_path, "Lobby", (Item("red.jpg", 60.0, RED),)))
    screen.until(partial(_plays, screen, device_id, "playing"))
    became = {"pause": "paused", "play": "playing", "stop": "stopped", "reload_playlist": "playing"}
    for command, state in became.items():
        assert screen.until_ended(device_id, screen.order(device_id, command))["status"] == "succeeded"
        screen.until(partial(_plays, screen, device_id, state))


def test_a_player_that_fell_again_and_again_says_so_and_shows_pictures_only(screen: BrowserScreen) -> None:
    device_id = screen.begin()
    screen.keep(starts={"inARow": 3, "begunMs": 0, "left": {"reason": "It hung.", "isMeant": False}})
    screen.page.goto(f"{screen.hub.url}/player/")
    screen.until(lambda: len(_said(screen, "hello")) == 2)
    screen.page.keyboard.press("d")
    expect(screen.page.locator("#debug")).to_contain_text("yes: pictures only")
    timeline = f"/api/v1/devices/{device_id}/timeline"
    screen.until(
        lambda: "It started 4 times and did not last. It hung." in screen.operator.get(timeline).text
    )


def test_a_kiosk_restarts_its_machine(hub: HubProcess, browser: Browser) -> None:
    kiosk = "window.clarionKiosk = {hardwareId: 'kiosk-7', reboot: () => { window.rebooted = true; }};"
    screen = BrowserScreen(hub, browser, kiosk)
    device_id = screen.enrol()
    assert screen.device(device_id)["hardware_id"] == "kiosk-7"
    ended = screen.until_ended(device_id, screen.order(device_id, "reboot"))
    assert ended["detail"] == "the kiosk restarts the machine"
    screen.page.wait_for_function("window.rebooted === true")
    screen.close()


def test_a_screen_shows_its_name_for_a_while(screen: BrowserScreen) -> None:
    device_id = screen.begin()
    screen.order(device_id, "identify", for_s=1)
    plate = screen.page.locator("#identify")
    expect(plate).to_contain_text("Lobby")
    expect(plate).to_be_hidden()


def test_settings_are_taken_kept_and_reported(screen: BrowserScreen) -> None:
    device_id = screen.begin()
    far_from_now = f"{datetime.now(UTC) + timedelta(days=3):%a}".lower()
    setup = {
        "orientation": "portrait",
        "scaling": "cover",
        "volume": 30,
        "lit": "own",
        "own_hours": {far_from_now: [["08:00", "18:00"]]},
    }
    answer = screen.operator.put(f"/api/v1/devices/{device_id}/player-settings", json=setup)
    assert answer.is_success, answer.text
    glass = screen.page.locator("#glass.portrait.dark")
    expect(glass).to_be_visible()
    version = screen.kept("settings")["version"]
    screen.until(lambda: any(beat["settings_version"] == version for beat in _said(screen, "heartbeat")))
    screen.until_ended(device_id, screen.order(device_id, "set_volume", volume=55))
    screen.page.reload()
    expect(glass).to_be_visible()
    screen.until(lambda: len(_said(screen, "hello")) == 2)
    assert _said(screen, "hello")[-1]["settings_version"] == version
    assert screen.kept("settings")["volume"] == 55


def test_a_heartbeat_says_how_the_screen_is(screen: BrowserScreen) -> None:
    screen.begin()
    screen.until(lambda: any("health" in frame for frame in _said(screen, "heartbeat")))
    said = next(frame["health"] for frame in _said(screen, "heartbeat") if "health" in frame)
    assert isinstance(said, dict)
    assert {"uptime_s", "memory_bytes", "storage_limit_bytes", "dropped_frames", "files_missing"} <= set(said)
