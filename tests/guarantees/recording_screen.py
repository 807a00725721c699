"""A screen with a log of what it played, which it says until the hub has kept it. It shares no code with the
players.

    screen = RecordingScreen(token, plays=300)
    await screen.tells(hub)                    # all of it
    await screen.tells(hub, for_s=0.2)         # and then its link is cut, wherever it is
"""

from __future__ import annotations

import math
import uuid
from typing import Final

import trio
from trio_websocket import ConnectionClosed, HandshakeError, open_websocket_url

from protocol.codec import decode_downlink, encode
from protocol.frames import DeviceEvent, Hello, Play, Record, Records, RecordsKept, Uplink, Welcome
from protocol.vocabulary import SUBPROTOCOL, EventName
from tests.hub.hub_process import HubProcess

NOON_MS: Final = 1_772_366_400_000
EVERY: Final = 50
"""Each so many-th record is an event."""
AT_ONCE: Final = 100


class RecordingScreen:
    """`left`: what the hub has not confirmed, the oldest first."""

    def __init__(self, token: str, records: int) -> None:
        self.token = token
        self.log = str(uuid.uuid4())
        self.left = [Record(number, _what(number)) for number in range(1, records + 1)]
        self.links = 0

    async def tells(self, hub: HubProcess, for_s: float = math.inf) -> None:
        """Says what is left, on one link, until all of it is kept, the time is over, or the link breaks."""
        with trio.move_on_after(for_s):
            try:
                await self._tell(hub)
            except* (ConnectionClosed, HandshakeError, OSError):
                await trio.sleep(0.2)

    async def _tell(self, hub: HubProcess) -> None:
        async with open_websocket_url(
            f"{hub.websocket_url}/api/v1/ws/device",
            subprotocols=[SUBPROTOCOL],
            extra_headers=[(b"Authorization", f"Bearer {self.token}".encode())],
            disconnect_timeout=0.1,
        ) as socket:
            self.links += 1

            async def says(frame: Uplink) -> None:
                await socket.send_message(encode(frame).decode())

            await says(Hello())
            while True:
                match decode_downlink(str(await socket.get_message()).encode()):
                    case Welcome():
                        pass
                    case RecordsKept(log=self.log, number=number):
                        self.left = [record for record in self.left if record.number > number]
                    case _:
                        continue
                if not self.left:
                    return
                await says(Records(self.log, self.left[:AT_ONCE]))


def _what(number: int) -> Play | DeviceEvent:
    at_ms = NOON_MS + number * 10_000
    if number % EVERY == 0:
        return DeviceEvent(EventName.ITEM_SKIPPED, f"Film {number}", "no such codec", at_ms)
    return Play("Menu", at_ms, at_ms + 9_000, 9_000, completed=1)
