"""A small server for the screens of a benchmark, which does one thing wrong to one of them."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from loadtest.bench.driver import Address, Driver
from loadtest.bench.frames import upgrade_request
from loadtest.bench.peers import alert_order
from loadtest.bench.server import CpuTime

SCREENS = 6
VICTIM = 3
Fault = Callable[[ServerConnection, str], bool]
"""Is given each frame of the victim; true when the server shall do nothing else with it."""


def nothing_wrong(connection: ServerConnection, kind: str) -> bool:
    """No fault."""
    return False


class FaultyServer:
    """Fulfils `RunningServer`, but for what it says of its own consumption."""

    resident_before_bytes = 0

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._connections: list[ServerConnection] = []
        self._server = serve(self._screen, "127.0.0.1", 0, compression=None)
        host, port = self._server.socket.getsockname()
        self.address = Address(host, port)
        self.handshakes: Sequence[bytes] = [
            upgrade_request(f"/{number}", host, None, None) for number in range(SCREENS)
        ]
        self.heard: list[str] = []
        """What was said to it, in the order in which it came; by type, but for heartbeats."""
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        """No thread is left."""
        self._server.shutdown()
        for connection in self._connections:
            connection.socket.close()
        self._thread.join()

    def resident_bytes(self) -> int:
        return 0

    def cpu(self) -> CpuTime:
        return CpuTime(0.0, 0.0)

    def alert(self, driver: Driver) -> Callable[[], None]:
        order = alert_order(1).decode()
        for connection in self._connections:
            if not (self._is_victim(connection) and self._fault(connection, "alert")):
                connection.send(order)
        return lambda: None

    @staticmethod
    def _is_victim(connection: ServerConnection) -> bool:
        assert connection.request is not None
        return connection.request.path == f"/{VICTIM}"

    def _screen(self, connection: ServerConnection) -> None:
        try:
            for text in connection:
                self._heard(connection, json.loads(text))
        except (ConnectionClosed, OSError):
            pass  # That may be the fault that is tried.

    def _heard(self, connection: ServerConnection, frame: dict[str, object]) -> None:
        kind = str(frame["type"])
        if self._is_victim(connection) and self._fault(connection, kind):
            return
        if kind == "hello":
            self._connections.append(connection)
            connection.send('{"type":"welcome"}')
        elif kind == "heartbeat":
            connection.send(f'{{"type":"ack","seq":{frame["seq"]}}}')
        else:
            self.heard.append(f"{kind} {frame.get('status')}")


@contextmanager
def faulty_server(fault: Fault = nothing_wrong) -> Iterator[FaultyServer]:
    """For as long as the block lasts."""
    server = FaultyServer(fault)
    try:
        yield server
    finally:
        server.stop()


def hang_up(connection: ServerConnection) -> None:
    """No close frame: the connection is gone."""
    connection.socket.shutdown(socket.SHUT_RDWR)
