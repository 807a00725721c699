"""Screens that do what they are told and remember it, through every loss of their link.

async with many_screens(url, tokens) as screens:
    await until(lambda: all(screen.is_here for screen in screens))

Each comes back within a second when its link is lost, and answers every command as often as it comes.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import trio
from trio_websocket import ConnectionClosed, HandshakeError, WebSocketConnection, open_websocket_url

from protocol.codec import decode_downlink, encode
from protocol.frames import (
    Ack,
    Alert,
    Command,
    DeviceEvent,
    Goodbye,
    Heartbeat,
    Hello,
    Receipt,
    Resumed,
    Uplink,
    Welcome,
)
from protocol.vocabulary import CommandName, EventName, ReceiptStatus

_COME_BACK_WITHIN_S = 1.0


class ObedientScreen:
    """One screen. `shown_s`: when (monotonic) each alert was first painted; `deliveries`: how often each
    command came; `links`: how often it was greeted; `goodbyes`: the codes with which the hub sent it away;
    `acks`: how many of its heartbeats were answered.
    `may_paint`: what it was told to show it shows when this is set, and hears nothing else until then."""

    def __init__(self, url: str, device_id: str, token: str) -> None:
        self.device_id = device_id
        self._url = url
        self._token = token
        self._websocket: WebSocketConnection | None = None
        self._version = 0
        self._interval_s = 1.0
        self._away = trio.Event()
        self.away = False
        self.links = self.acks = 0
        self.may_paint = trio.Event()
        self.may_paint.set()
        self.deliveries: Counter[str] = Counter()
        self.shown_s: dict[str, float] = {}
        self.goodbyes: list[int] = []
        self.reported: list[str] = []

    @property
    def is_here(self) -> bool:
        """Whether it has been greeted on the link of now."""
        return self._websocket is not None

    async def report(self, what: str) -> None:
        """Tell of an error on the screen; `what` should be new, so that it is found again."""
        await self._say(DeviceEvent(EventName.ERROR, detail=what))
        self.reported.append(what)

    async def leave(self) -> None:
        """Close the link, and stay away until `come_back`."""
        self.away, self._away = True, trio.Event()
        if self._websocket is not None:
            await self._websocket.aclose(1000)

    def come_back(self) -> None:
        self.away = False
        self._away.set()

    async def run(self) -> None:
        """Live for ever."""
        while True:
            try:
                await self._one_link()
            except (ConnectionClosed, HandshakeError, OSError):
                self._websocket = None
            if self.away:
                await self._away.wait()
            else:
                await trio.sleep(random.uniform(0.1, _COME_BACK_WITHIN_S))

    async def _one_link(self) -> None:
        async with open_websocket_url(
            f"{self._url}/api/v1/ws/device",
            subprotocols=["clarion.v1"],
            extra_headers=[(b"Authorization", f"Bearer {self._token}".encode())],
            connect_timeout=10.0,
        ) as websocket:
            await websocket.send_message(encode(Hello()).decode())
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._listen, websocket, nursery.cancel_scope)
                nursery.start_soon(self._beat)

    async def _beat(self) -> None:
        seq = 0
        while True:
            await trio.sleep(self._interval_s)
            if self._websocket is not None:
                seq += 1
                await self._say(Heartbeat(seq=seq, emergency_version=self._version))

    async def _listen(self, websocket: WebSocketConnection, link: trio.CancelScope) -> None:
        try:
            while True:
                message = await websocket.get_message()
                await self._obey(websocket, message.encode() if isinstance(message, str) else message)
        except ConnectionClosed:
            self._websocket = None
            link.cancel()

    async def _obey(self, websocket: WebSocketConnection, message: bytes) -> None:
        match decode_downlink(message):
            case Welcome(emergencies=alerts) as welcome:
                self._websocket, self._version = websocket, welcome.emergency_version
                self._interval_s = welcome.heartbeat_interval_s
                self.links += 1
                await self._show(alerts)
            case Ack(emergencies=alerts) as ack:
                self.acks += 1
                self._version = ack.emergency_version
                await self._show(alerts or [])
            case Resumed() as resumed:
                raise AssertionError(f"nobody asked for it: {resumed}")
            case Command(command=CommandName.EMERGENCY_SHOW, args=args):
                self._version = args["emergency_version"]
                alert = args["alert"]
                await self._paint(alert["emergency_id"], alert["content_hash"])
            case Command(command=CommandName.EMERGENCY_HIDE, args=args, command_id=command_id):
                self._version = args["emergency_version"]
                await self._say(Receipt(command_id, ReceiptStatus.SUCCEEDED))
            case Command(command_id=command_id):
                self.deliveries[command_id] += 1
                await self._say(Receipt(command_id, ReceiptStatus.RECEIVED))
                await self._say(Receipt(command_id, ReceiptStatus.SUCCEEDED))
            case Goodbye(code=code):
                self.goodbyes.append(code)
            case _:
                pass

    async def _show(self, alerts: list[Alert]) -> None:
        for alert in alerts:
            await self._paint(alert.emergency_id, alert.content_hash)

    async def _paint(self, emergency_id: str, content_hash: str) -> None:
        await self._say(Receipt(emergency_id, ReceiptStatus.RECEIVED))
        await self.may_paint.wait()
        self.shown_s.setdefault(emergency_id, time.monotonic())
        await self._say(Receipt(emergency_id, ReceiptStatus.RENDERED, content_hash=content_hash))

    async def _say(self, frame: Uplink) -> None:
        if self._websocket is not None:
            # The listener sees that the link is gone.
            with suppress(ConnectionClosed):
                await self._websocket.send_message(encode(frame).decode())


@asynccontextmanager
async def many_screens(url: str, tokens: Mapping[str, str]) -> AsyncIterator[list[ObedientScreen]]:
    """A screen for each token, by device id; they live as long as the block lasts."""
    screens = [ObedientScreen(url, device_id, token) for device_id, token in tokens.items()]
    async with trio.open_nursery() as nursery:
        for screen in screens:
            nursery.start_soon(screen.run)
        yield screens
        nursery.cancel_scope.cancel()
