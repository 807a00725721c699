"""A screen that does exactly what a test says: answers when told to, loses its connection when told to."""

from __future__ import annotations

import json
import queue
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from protocol.vocabulary import SUBPROTOCOL
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_S

_HEARTBEAT_S = 1.0


class OwnScreen:
    """`with OwnScreen(hub, token) as screen`: connected, alive, and silent but for what the test says."""

    def __init__(self, hub: HubProcess, token: str) -> None:
        self._address = f"{hub.websocket_url}/api/v1/ws/device"
        self._token = token
        self._heard: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._seq = 0
        self._playlist_version = 0
        self._socket: ClientConnection
        self._reader: threading.Thread

    def __enter__(self) -> Self:
        self._socket = connect(
            self._address,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={"Authorization": f"Bearer {self._token}"},
            legacy=True,
        )
        self._say(type="hello", player_version="a test's own")
        assert json.loads(self._socket.recv(timeout=PATIENCE_S))["type"] == "welcome"
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.lose()

    def hears(self, command: str) -> dict[str, Any]:
        """The next order of this name; fails when none comes."""
        while True:
            frame = self._heard.get(timeout=PATIENCE_S)
            if frame["command"] == command:
                return frame

    def answers(self, order_id: str, status: str, **more: Any) -> None:
        """A receipt."""
        self._say(type="receipt", command_id=order_id, status=status, **more)

    def shows(self, order: dict[str, Any]) -> None:
        """Say of an alert that it came and that it is on the glass."""
        alert = order["args"]["alert"]
        self.answers(alert["emergency_id"], "received")
        self.answers(alert["emergency_id"], "rendered", content_hash=alert["content_hash"])

    def plays(self, version: int) -> None:
        """Say from now on that this manifest is what it plays."""
        self._playlist_version = version
        self._beat()

    def tells(self, *, health: dict[str, int] | None = None, **playback: Any) -> None:
        """Say what is on the glass, and how the screen is."""
        more = {"playback": playback, **({"health": health} if health is not None else {})}
        self._beat(**more)

    def records(self, *plays: dict[str, Any]) -> None:
        """Say what was played, as the first records of a log."""
        told = [{"number": n, "what": {"type": "play", **play}} for n, play in enumerate(plays, 1)]
        self._say(type="records", log=f"log of {id(self)}", records=told)

    def lose(self) -> None:
        """The cable is pulled."""
        with suppress(OSError):  # it was pulled before
            self._socket.socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()

    def _read(self) -> None:
        try:
            while True:
                try:
                    frame = json.loads(self._socket.recv(timeout=_HEARTBEAT_S))
                except TimeoutError:
                    self._beat()
                    continue
                if frame["type"] == "command":
                    self._heard.put(frame)
        except ConnectionClosed:
            return

    def _beat(self, **more: Any) -> None:
        self._seq += 1
        self._say(type="heartbeat", seq=self._seq, playlist_version=self._playlist_version, **more)

    def _say(self, **frame: Any) -> None:
        self._socket.send(json.dumps(frame))
