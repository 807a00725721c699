"""A screen that behaves, while others do not: how soon it is answered, how soon an alert reaches it.

async with witnessing(hub, token) as witness:
    ...  # somebody attacks
    await witness.is_alerted(operator)
assert witness.slowest_ack_s < 1.0
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import trio
from trio_websocket import WebSocketConnection, open_websocket_url

from protocol.codec import decode_downlink, encode
from protocol.frames import Ack, Command, Goodbye, Heartbeat, Hello, Receipt, Resumed, Uplink, Welcome
from protocol.vocabulary import CommandName, ReceiptStatus
from tests.hub.hub_process import HubProcess

BEAT_EVERY_S = 0.1
ALERTED_WITHIN_S = 2.0


class Witness:
    """One screen. `alerts`: when (monotonic) each alert that it was shown came."""

    def __init__(self, websocket: WebSocketConnection) -> None:
        self._websocket = websocket
        self._sent_s: dict[int, float] = {}
        self._version = 0
        self.ack_s: list[float] = []
        self.alerts: dict[str, float] = {}

    @property
    def slowest_ack_s(self) -> float:
        """The longest that a heartbeat waited for its answer, those that still wait included."""
        waiting = [time.monotonic() - sent_s for sent_s in self._sent_s.values()]
        return max([*self.ack_s, *waiting])

    async def is_alerted(self, operator: httpx.AsyncClient) -> float:
        """Seconds from the operator's press of the button until the alert is here. Clears it again."""
        pressed_s = time.monotonic()
        body = {"title": "Fire", "message": "Leave now.", "severity": "extreme"}
        with trio.fail_after(ALERTED_WITHIN_S):
            answer = await operator.post("/api/v1/emergencies", json=body)
            assert answer.status_code == 201, answer.text
            emergency_id = answer.json()["id"]
            await until(lambda: emergency_id in self.alerts)
        cleared = await operator.post(f"/api/v1/emergencies/{emergency_id}/clear")
        assert cleared.is_success, cleared.text
        return self.alerts[emergency_id] - pressed_s

    async def beat(self) -> None:
        """Send heartbeats for ever."""
        seq = 0
        while True:
            seq += 1
            self._sent_s[seq] = time.monotonic()
            await self._say(Heartbeat(seq=seq, emergency_version=self._version))
            await trio.sleep(BEAT_EVERY_S)

    async def listen(self) -> None:
        """Hear what the hub says, for ever."""
        while True:
            message = await self._websocket.get_message()
            match decode_downlink(message.encode() if isinstance(message, str) else message):
                case Ack(seq=seq, emergency_version=version):
                    self._version = version
                    self.ack_s.append(time.monotonic() - self._sent_s.pop(seq))
                case Welcome(emergency_version=version) | Resumed(emergency_version=version):
                    self._version = version
                case Command() as command:
                    await self._obey(command)
                case Goodbye() as goodbye:
                    raise AssertionError(f"the witness was sent away: {goodbye}")
                case _:
                    pass

    async def _obey(self, command: Command) -> None:
        self._version = command.args.get("emergency_version", self._version)
        if command.command is CommandName.EMERGENCY_SHOW:
            alert = command.args["alert"]
            self.alerts[alert["emergency_id"]] = time.monotonic()
            await self._say(Receipt(command.command_id, ReceiptStatus.RECEIVED))
            shown = Receipt(command.command_id, ReceiptStatus.RENDERED, content_hash=alert["content_hash"])
            await self._say(shown)
        elif command.command is CommandName.EMERGENCY_HIDE:
            await self._say(Receipt(command.command_id, ReceiptStatus.SUCCEEDED))

    async def _say(self, frame: Uplink) -> None:
        await self._websocket.send_message(encode(frame).decode())


@asynccontextmanager
async def witnessing(hub: HubProcess, token: str) -> AsyncIterator[Witness]:
    """A witness that has been greeted and beats, as long as the block lasts."""
    async with open_websocket_url(
        f"{hub.websocket_url}/api/v1/ws/device",
        subprotocols=["clarion.v1"],
        extra_headers=[(b"Authorization", f"Bearer {token}".encode())],
    ) as websocket:
        witness = Witness(websocket)
        await websocket.send_message(encode(Hello()).decode())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(witness.listen)
            nursery.start_soon(witness.beat)
            await until(lambda: len(witness.ack_s) >= 3)
            witness.ack_s.clear()
            yield witness
            nursery.cancel_scope.cancel()


async def until(fact: Callable[[], object]) -> None:
    """Wait until it is so; the caller has the deadline."""
    while not fact():
        await trio.sleep(0.01)


def open_files(pid: int) -> int:
    """How many file descriptors the process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def resident_mib(pid: int) -> float:
    """The memory that the process has, in MiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


def metric(hub: HubProcess, name: str) -> float:
    """One of the hub's metrics, without `clarion_`."""
    text = httpx.get(f"{hub.url}/metrics", timeout=5.0).text
    found = re.search(rf"^clarion_{name} (\S+)$", text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])
