"""What a browser screen records reaches the hub once, wherever the link is cut."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser_player.screens import BrowserScreen
from tests.hub.hub_process import HubProcess

# The link is cut behind the first frame of records of each page, whether the hub has heard it or not;
# its answer is lost as well, so that the screen cannot know.
TORN = """
  let said = 0;
  window.WebSocket = class extends WebSocket {
    send(text) {
      super.send(text);
      if (JSON.parse(text).type !== "records") return;
      said += 1;
      if (said === 1) this.close(3000);
    }
    set onmessage(heard) {
      super.onmessage = heard && ((message) => {
        if (JSON.parse(message.data).type === "records_kept" && said === 1) return;
        heard(message);
      });
    }
  };
"""


@pytest.fixture
def screen(hub: HubProcess, browser: Browser) -> Iterator[BrowserScreen]:
    with BrowserScreen(hub, browser, TORN) as opened:
        yield opened


def test_a_record_that_was_said_twice_is_kept_once(screen: BrowserScreen) -> None:
    device_id = screen.begin()
    count = 5
    screen.page.evaluate(
        """async (count) => {
          const {openStore} = await import("/player/src/store.js");
          const {log} = await openStore();
          for (let n = 1; n <= count; n += 1) {
            await log.append({type: "event", event: "error", item: `lamp ${n}`, detail: "broken"});
          }
        }""",
        count,
    )
    screen.page.reload()
    screen.until(lambda: _said(screen) >= 2 and _kept(screen) > 0)
    # After a link that was cut, and a page that was loaded again, more comes; the old is not said any more.
    screen.page.reload()
    screen.until(lambda: _waiting(screen) == 0)
    history = screen.operator.get(f"/api/v1/devices/{device_id}/timeline", params={"limit": 200}).json()
    texts = [line["text"] for line in history["items"]]
    for n in range(1, count + 1):
        assert sum(f"lamp {n}" in text for text in texts) == 1, texts


def _said(screen: BrowserScreen) -> int:
    return sum(json.loads(frame)["type"] == "records" for frame in screen.frames)


def _kept(screen: BrowserScreen) -> int:
    return sum(frame["type"] == "records_kept" for frame in screen.heard)


def _waiting(screen: BrowserScreen) -> int:
    waiting: int = screen.page.evaluate(
        """() => new Promise((done) => {
          const opening = indexedDB.open("clarion");
          opening.onsuccess = () => {
            const asked = opening.result.transaction("log").objectStore("log").count();
            asked.onsuccess = () => { opening.result.close(); done(asked.result); };
          };
        })"""
    )
    return waiting
