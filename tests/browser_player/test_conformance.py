"""The browser player against the hub that tries out players: the rules that every other player keeps, too."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser

from player.conformance.stage import KEY, TENANT
from tests.end_to_end.companions import wait_for
from tests.hub.hub_process import HubProcess, free_port

OVER_WITHIN_S = 110.0
_LET_IN = """async (identity) => {
  const { openStore } = await import("/player/src/store.js");
  const store = await openStore();
  await store.set("identity", identity);
}"""


def test_the_browser_player_passes_every_check(hub: HubProcess, browser: Browser, tmp_path: Path) -> None:
    # Its session is with the hub that is played; whatever it asks over HTTP, a real one answers.
    ((device_id, token),) = hub.provision(1, prefix="conformance").items()
    port, printed = free_port(), tmp_path / "conformance.log"
    command = [sys.executable, "-m", "player", "conformance", f"ws://127.0.0.1:{port}", "--interval", "0.5"]
    context, heard = browser.new_context(), list[str]()
    with printed.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as tries_out:
        try:
            wait_for(lambda: "Start your player" in printed.read_text(encoding="utf-8"), "it listens")
            page = context.new_page()
            page.on("console", lambda message: heard.append(message.text))
            page.on("pageerror", lambda error: heard.append(str(error)))
            page.goto(f"{hub.url}/player/icons/icon.svg")
            identity = {
                "deviceId": device_id,
                "token": token,
                "websocketUrl": f"ws://127.0.0.1:{port}/",
                "name": "Conformance",
                "tenantId": TENANT,
                "signingKeys": [{"kid": KEY.kid, "x": KEY.x, "endorsements": []}],
            }
            page.evaluate(_LET_IN, identity)
            page.goto(f"{hub.url}/player/")
            deadline = time.monotonic() + OVER_WITHIN_S
            while tries_out.poll() is None and time.monotonic() < deadline:
                page.wait_for_timeout(200)  # Its messages are heard meanwhile.
            status = tries_out.poll()
        finally:
            tries_out.kill()
            context.close()
    report = printed.read_text(encoding="utf-8")
    assert status == 0, "\n".join([report, *heard])
    assert "skipped  It" not in report, report
