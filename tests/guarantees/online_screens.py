"""Thousands of screens of one process that are let in and online, on the driver of the benchmark."""

from __future__ import annotations

from typing import Any

import httpx

from loadtest.bench.driver import Driver, Screen
from loadtest.bench.frames import upgrade_request
from loadtest.bench.screen_frames import hello
from protocol.vocabulary import SUBPROTOCOL
from tests.hub.hub_process import HubProcess

PROVISIONED_AT_ONCE = 500


def post(api: httpx.Client, path: str, body: Any = None, **headers: str) -> Any:
    """What the hub answers. Underscores in header names become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = api.post(f"/api/v1{path}", json=body, headers=named, timeout=60.0)
    assert reply.is_success, reply.text
    return reply.json()


def provisioned(api: httpx.Client, screens: int) -> list[str]:
    """Their tokens."""
    tokens: list[str] = []
    for start in range(0, screens, PROVISIONED_AT_ONCE):
        numbers = range(start, min(start + PROVISIONED_AT_ONCE, screens))
        devices = [{"hardware_id": f"screen-{number}"} for number in numbers]
        made = post(api, "/devices/provision", {"devices": devices})["devices"]
        tokens += [each["device_token"] for each in made]
    return tokens


def connected(driver: Driver, hub: HubProcess, tokens: list[str]) -> None:
    """All of them are greeted when this returns."""
    requests = [
        upgrade_request("/api/v1/ws/device", f"127.0.0.1:{hub.port}", token, SUBPROTOCOL) for token in tokens
    ]

    def welcomed(screen: Screen, payload: bytes) -> None:
        assert payload.startswith(b'{"type":"welcome"'), payload[:200]

    driver.connect(requests, hello(), welcomed, 120.0)
