"""A screen believes the alerts of the hub that it was enrolled with, and proves that it would show them; a
real hub, a real socket, and a check that knows nothing of the hub's own code."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from trio_websocket import WebSocketConnection, open_websocket_url

from hub.signing import rotate
from tests.end_to_end.companions import connected_screens, fleet, wait_for
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_S

ALERT: dict[str, Any] = {
    "title": "Fire “B”",
    "message": "Leave\nby the stairs",
    "severity": "severe",
    "language": "en",
    "texts": [{"language": "ja", "title": "火事", "message": "避難してください"}],
    "pictogram": "evacuate",
    "sound": "siren",
}


class Screen:
    """One that was just enrolled: its token, and the keys that it trusts from then on."""

    def __init__(self, hub: HubProcess) -> None:
        self.hub = hub
        ((self.id, self._token),) = hub.provision(1).items()
        self.tenant_id = ""
        self.trusted = {key["kid"]: key for key in self.published()}

    def published(self) -> list[dict[str, Any]]:
        """What the hub publishes, without any token."""
        keys: list[dict[str, Any]] = httpx.get(
            f"{self.hub.url}/api/v1/signing-keys", timeout=PATIENCE_S
        ).json()["keys"]
        return keys

    def learn(self) -> None:
        """Take each new key that a trusted one endorses."""
        for key in self.published():
            text = compact(["clarion.key.1", key["kid"], key["x"]])
            for endorsement in key["endorsements"]:
                trusted = self.trusted.get(endorsement["kid"])
                if trusted is not None:
                    public(trusted).verify(unpadded(endorsement["value"]), text)
                    self.trusted[key["kid"]] = key

    def check(self, alert: dict[str, Any]) -> None:
        """Raises InvalidSignature; KeyError for a key that is not trusted."""
        texts = [[text["language"], text["title"], text["message"]] for text in alert.get("texts", [])]
        text = compact(
            [
                "clarion.alert.1",
                self.tenant_id,
                alert["emergency_id"],
                alert.get("sequence", 1),
                alert.get("language", ""),
                alert["title"],
                alert["message"],
                alert["severity"],
                alert["issued_ms"],
                alert.get("expires_ms"),
                alert["content_hash"],
                texts,
                alert.get("pictogram"),
                alert.get("sound"),
                alert.get("drill", False),
            ]
        )
        signature = alert["signature"]
        public(self.trusted[signature["kid"]]).verify(unpadded(signature["value"]), text)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[WebSocketConnection, list[dict[str, Any]]]]:
        """The socket after the welcome, and the alerts in that."""
        async with open_websocket_url(
            f"{self.hub.websocket_url}/api/v1/ws/device",
            subprotocols=["clarion.v1"],
            extra_headers=[(b"Authorization", f"Bearer {self._token}".encode())],
        ) as socket:
            await socket.send_message(json.dumps({"type": "hello"}))
            welcome = json.loads(str(await socket.get_message()))
            self.tenant_id = welcome["tenant_id"]
            yield socket, welcome["emergencies"]


def compact(value: list[Any]) -> bytes:
    """What `JSON.stringify` makes of it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def public(key: dict[str, Any]) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(unpadded(key["x"]))


def unpadded(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


async def next_alert(socket: WebSocketConnection) -> dict[str, Any]:
    """The alert of the next order to show one."""
    while (frame := json.loads(str(await socket.get_message()))).get("command") != "emergency_show":
        pass
    alert: dict[str, Any] = frame["args"]["alert"]
    return alert


async def test_an_alert_is_believed_and_a_change_of_any_word_of_it_is_not(hub: HubProcess) -> None:
    screen = Screen(hub)
    with trio.fail_after(PATIENCE_S), hub.sign_in() as api:
        async with screen.connected() as (socket, _):
            api.post("/api/v1/emergencies", json=ALERT).raise_for_status()
            alert = await next_alert(socket)
    screen.check(alert)
    assert {name: alert[name] for name in ALERT} == ALERT
    changes: tuple[dict[str, Any], ...] = (
        {"title": "Fire “C”"},
        {"texts": []},
        {"sound": "chime"},
        {"expires_ms": 1},
        {"drill": True},
    )
    for forged in changes:
        with pytest.raises(InvalidSignature):
            screen.check({**alert, **forged})
    screen.tenant_id = screen.id
    with pytest.raises(InvalidSignature):
        screen.check(alert)


async def test_after_a_restart_and_a_new_key_the_same_alert_is_believed_again(
    hub: HubProcess, tmp_path: Path
) -> None:
    screen = Screen(hub)
    with trio.fail_after(PATIENCE_S):
        with hub.sign_in() as api:
            api.post("/api/v1/emergencies", json=ALERT).raise_for_status()
        async with screen.connected() as (_, (before,)):
            screen.check(before)
        hub.kill()
        kid = rotate(tmp_path / "data", datetime.now(UTC))
        hub.start()
        async with screen.connected() as (_, (after,)):
            assert after["signature"]["kid"] == kid not in screen.trusted
            screen.learn()
            screen.check(after)
    assert {**after, "signature": None} == {**before, "signature": None}


async def test_a_hub_that_has_lost_its_key_says_what_that_means_and_how_to_mend_it(
    hub: HubProcess, tmp_path: Path
) -> None:
    screen = Screen(hub)
    assert "signing key was made anew" not in hub.log.read_text(), "nobody trusted another one"
    hub.stop()
    shutil.rmtree(tmp_path / "data/secrets/signing")
    hub.start()
    screen.learn()
    assert not {key["kid"] for key in screen.published()} & screen.trusted.keys(), "nobody vouches for it"
    assert "The signing key was made anew, and 1 devices are known" in hub.log.read_text()


def test_screens_prove_a_drill_without_showing_it_and_an_alert_in_all_its_languages(
    hub: HubProcess, tmp_path: Path
) -> None:
    with fleet(hub, 3, tmp_path, "--quiet"), hub.sign_in() as api:
        wait_for(lambda: connected_screens(hub) == 3, "the screens are connected")
        for device in api.get("/api/v1/devices").json()["items"]:
            result = api.post(f"/api/v1/devices/{device['id']}/drill").json()
            assert result["proven"], result
        alert = api.post("/api/v1/emergencies", json=ALERT).json()["id"]
        wait_for(lambda: api.get(f"/api/v1/emergencies/{alert}").json()["rendered"] == 3, "all show it")
        shown = api.get(f"/api/v1/emergencies/{alert}").json()
        assert {name: shown[name] for name in ALERT} == ALERT and shown["missing"] == {}


async def test_a_drill_is_believed_like_an_alert_and_what_the_screen_proves_is_kept(hub: HubProcess) -> None:
    screen = Screen(hub)
    answers: list[httpx.Response] = []

    async def drill() -> None:
        answers.append(await trio.to_thread.run_sync(api.post, f"/api/v1/devices/{screen.id}/drill"))

    with trio.fail_after(PATIENCE_S), hub.sign_in() as api:
        await drill()
        assert answers.pop().json()["reason"] == "the screen is offline"
        async with screen.connected() as (socket, alerts), trio.open_nursery() as nursery:
            assert alerts == []
            nursery.start_soon(drill)
            alert = await next_alert(socket)
            screen.check(alert)
            assert alert["drill"]
            proof = {"type": "receipt", "command_id": alert["emergency_id"], "status": "rendered"}
            await socket.send_message(json.dumps({**proof, "content_hash": alert["content_hash"]}))
        result = answers.pop().json()
        assert result["proven"] and 0 <= result["took_ms"] < 2000 and result["reason"] is None
        device = api.get(f"/api/v1/devices/{screen.id}").json()
        assert (device["proven_at"], device["proven_in_ms"]) == (result["at"], result["took_ms"])
        assert api.get("/api/v1/emergencies").json()["items"] == []
