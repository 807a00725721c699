"""What every server of a benchmark can do, the hub and its peers alike: start, take screens, alert them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from loadtest.bench.driver import Address, Driver


class CpuTime(NamedTuple):
    """Seconds of processor time since the server started: its own process, and its database's beside it."""

    server_s: float
    database_s: float


class RunningServer(Protocol):
    """A server that listens and can take `len(handshakes)` screens."""

    @property
    def address(self) -> Address:
        """Where screens connect."""

    @property
    def handshakes(self) -> Sequence[bytes]:
        """The upgrade request of each screen; with its own token, where a server asks for one."""

    @property
    def resident_before_bytes(self) -> int:
        """Memory of the server before it knew of any screen."""

    def resident_bytes(self) -> int:
        """Memory of the server now."""

    def cpu(self) -> CpuTime:
        """Processor time until now."""

    def alert(self, driver: Driver) -> Callable[[], None]:
        """Start one emergency for every screen, through `driver`, and return at once. What is returned ends
        it again, screens and all; it is called when every screen has answered. Raises BenchError."""


class Server(Protocol):
    """One that can be started. `name`: in results and tables; `title`: for people."""

    name: str
    title: str

    def missing(self) -> str | None:
        """Why it cannot be measured here (no node, say), in a sentence; None when it can."""

    def start(self, screens: int) -> AbstractContextManager[RunningServer]:
        """Start it in a process of its own, ready for so many screens; stop it at the end of the block.

        Raises BenchError.
        """
