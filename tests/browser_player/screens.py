"""A browser that is a screen: opened with the enrolment key, let in, watched, and asked about at the hub."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from typing import Any, Self

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_MS, PATIENCE_S

_numbers = itertools.count(1)


class BrowserScreen:
    """One context of a browser (its own store and caches), and its page of the moment."""

    def __init__(self, hub: HubProcess, browser: Browser, script: str | None = None) -> None:
        self.hub = hub
        self.context = browser.new_context()
        if script is not None:
            self.context.add_init_script(script)
        self.addresses: list[str] = []
        self.said: list[str] = []
        self.complaints: list[str] = []
        self.frames: list[str] = []
        self.heard: list[dict[str, Any]] = []
        self.operator = hub.sign_in()
        self.page = self.new_page()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close()
        assert kind is not None or self.complaints == []

    def close(self) -> None:
        self.operator.close()
        self.context.close()

    def new_page(self) -> Page:
        """Another page of the same browser, listened to like the first."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: self.said.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.addresses.append(request.url))
        page.on("websocket", self._listen)
        return page

    def _listen(self, socket: Any) -> None:
        self.addresses.append(socket.url)
        socket.on("framesent", lambda payload: self.frames.append(str(payload)))
        socket.on("framereceived", lambda payload: self.heard.append(json.loads(payload)))

    # ---- at the screen ----

    def open(self, key: str | None = None) -> None:
        """Load the player, with the enrolment key in the fragment as `clarion up` prints it."""
        key = self.hub.people.enrolment_key if key is None else key
        self.page.goto(f"{self.hub.url}/player/#enrol={key}")

    @property
    def code(self) -> str:
        """The pairing code on the glass."""
        shown = self.page.locator(".pairing-code")
        expect(shown).to_be_visible(timeout=PATIENCE_MS)
        return (shown.text_content() or "").replace(" ", "")

    def enrol(self) -> str:
        """Open it, let it in, and wait until the hub hears it: its device id."""
        self.open()
        device = self.device_with_code(self.code)
        self.approve(device["id"])
        self.until_online(device["id"])
        return str(device["id"])

    def begin(self) -> str:
        """As `enrol`, without waiting for an operator: with a token that was made beforehand."""
        hardware_id = f"browser-{next(_numbers)}"
        answer = self.operator.post(
            "/api/v1/devices/provision", json={"devices": [{"hardware_id": hardware_id, "name": "Lobby"}]}
        ).json()
        made = answer["devices"][0]
        self.keep(
            installation={"hardwareId": hardware_id, "enrolmentKey": self.hub.people.enrolment_key},
            identity={
                "deviceId": made["device_id"],
                "token": made["device_token"],
                "websocketUrl": answer["websocket_url"],
                "name": "",
                "tenantId": None,
                "signingKeys": [],
            },
        )
        self.page.goto(f"{self.hub.url}/player/")
        self.until_online(made["device_id"])
        return str(made["device_id"])

    def keep(self, **kept: Any) -> None:
        """Put this into the screen's store, while the player is not open."""
        self.page.goto(f"{self.hub.url}/player/icons/icon.svg")
        self.page.evaluate(
            """async (kept) => {
              const {openStore} = await import("/player/src/store.js");
              const store = await openStore();
              for (const [key, value] of Object.entries(kept)) await store.set(key, value);
            }""",
            kept,
        )

    def kept(self, key: str) -> Any:
        """What is in the screen's store under this name."""
        return self.page.evaluate(
            """(key) => new Promise((done) => {
              const opening = indexedDB.open("clarion");
              opening.onsuccess = () => {
                const database = opening.result;
                const asked = database.transaction("kept").objectStore("kept").get(key);
                asked.onsuccess = () => { database.close(); done(asked.result ?? null); };
              };
            })""",
            key,
        )

    # ---- at the hub ----

    def device_with_code(self, code: str) -> dict[str, Any]:
        waiting = self.operator.get("/api/v1/devices", params={"status": "pending"}).json()["items"]
        return next(device for device in waiting if device["pairing_code"] == code)

    def approve(self, device_id: str) -> None:
        answer = self.operator.post(f"/api/v1/devices/{device_id}/approve", json={})
        assert answer.is_success, answer.text

    def until_online(self, device_id: str) -> None:
        self.until(lambda: self.device(device_id)["presence"] == "online")

    def device(self, device_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.operator.get(f"/api/v1/devices/{device_id}").json()
        return answer

    def order(self, device_id: str, command: str, **args: Any) -> str:
        """The id of the command."""
        answer = self.operator.post(
            f"/api/v1/devices/{device_id}/command", json={"command": command, "args": args}
        )
        assert answer.is_success, answer.text
        return str(answer.json()["command_id"])

    def command(self, device_id: str, command_id: str) -> dict[str, Any]:
        rows = self.operator.get(f"/api/v1/devices/{device_id}/commands").json()["items"]
        return next(row for row in rows if row["id"] == command_id)

    def until_ended(self, device_id: str, command_id: str) -> dict[str, Any]:
        """The command with what the screen answered."""
        ended: dict[str, Any] = {}

        def fact() -> bool:
            ended.update(self.command(device_id, command_id))
            return ended["status"] in ("succeeded", "failed", "rejected")

        self.until(fact)
        return ended

    def until(self, fact: Callable[[], bool]) -> None:
        """Ask the hub until it is so; the page goes on meanwhile. A hub that is away answers later."""
        deadline = time.monotonic() + PATIENCE_S
        while not _holds(fact):
            assert time.monotonic() < deadline, (
                f"it did not become so; the page said {self.said} {self.complaints}"
            )
            self.page.wait_for_timeout(50)


def _holds(fact: Callable[[], bool]) -> bool:
    try:
        return fact()
    except httpx.TransportError:
        return False
