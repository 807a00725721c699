"""Alerts of a real hub on a real screen, turned, in several languages, beside each other; and drills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from protocol.alert import content_hash
from protocol.frames import AlertText
from tests.browser_player.screens import BrowserScreen
from tests.hub.hub_process import HubProcess

TEXTS = [
    {"language": "de", "title": "Feueralarm", "message": "Verlassen Sie sofort das Gebäude."},
    {"language": "ar", "title": "إنذار حريق", "message": "غادروا المبنى الآن"},
]


@pytest.fixture
def screen(hub: HubProcess, browser: Browser) -> Iterator[BrowserScreen]:
    with BrowserScreen(hub, browser) as opened:
        yield opened


def _raise(screen: BrowserScreen, device_id: str, title: str, severity: str, **more: Any) -> str:
    body = {
        "title": title,
        "message": "Leave now.",
        "severity": severity,
        "scope": {"kind": "devices", "ids": [device_id]},
        **more,
    }
    answer = screen.operator.post("/api/v1/emergencies", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _row(screen: BrowserScreen, emergency_id: str) -> dict[str, Any]:
    (row,) = screen.operator.get(f"/api/v1/emergencies/{emergency_id}/ledger").json()["items"]
    return dict(row)


def test_a_turned_screen_shows_alerts_of_several_languages_the_gravest_the_largest_and_proves_each(
    screen: BrowserScreen,
) -> None:
    device_id = screen.begin()
    answer = screen.operator.put(
        f"/api/v1/devices/{device_id}/player-settings", json={"orientation": "portrait"}
    )
    assert answer.is_success, answer.text
    expect(screen.page.locator("#glass.portrait")).to_be_attached()
    minor = _raise(screen, device_id, "Car park closed", "minor")
    grave = _raise(
        screen, device_id, "Fire", "extreme", language="en", texts=TEXTS, pictogram="fire", sound="siren"
    )
    for emergency_id in (minor, grave):
        screen.until(lambda of=emergency_id: _row(screen, of)["rendered_at"] is not None)  # type: ignore[misc]
    titles = screen.page.locator("#alerts .is-seen .alert-title")
    expect(titles).to_have_text(["Fire", "Car park closed"])
    proofs = [frame for frame in screen.frames if '"rendered"' in frame]
    texts = [AlertText(**text) for text in TEXTS]
    assert any(content_hash("Fire", "Leave now.", "extreme", texts) in proof for proof in proofs)
    shape = screen.page.locator("#alerts").get_attribute("data-shape")
    assert shape == "tall"
    screen.operator.post(f"/api/v1/emergencies/{grave}/clear").raise_for_status()
    expect(titles).to_have_text(["Car park closed"])
    screen.operator.post(f"/api/v1/emergencies/{minor}/clear").raise_for_status()
    expect(screen.page.locator("#alerts")).to_be_hidden()
    assert screen.complaints == []


def test_a_drill_proves_the_way_of_an_alert_and_nobody_sees_it(screen: BrowserScreen) -> None:
    device_id = screen.begin()
    seen = screen.page.evaluate_handle("""() => {
      const seen = [];
      const look = (changes) => seen.push(...changes);
      new MutationObserver(look).observe(document.getElementById("alerts"), { childList: true });
      return seen;
    }""")
    result = screen.operator.post(f"/api/v1/devices/{device_id}/drill").json()
    assert result["proven"] is True and result["took_ms"] < 2000, result
    assert seen.evaluate("(seen) => seen.length") == 0
    expect(screen.page.locator("#alerts")).to_be_hidden()
    assert screen.kept("alerts") in (None, {"alerts": [], "seen": []})
