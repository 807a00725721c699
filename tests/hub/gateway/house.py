"""A gateway and a live side in memory: all of it real, but for the sockets and the database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import trio
import trio.testing
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from actors.device.fleet import Fleet, Reading
from actors.device.ports import Link
from actors.runtime import Instant
from hub.client_address import ClientAddresses
from hub.gateway.connection import Connection
from hub.gateway.credentials import DeviceCredentials, DeviceIdentity
from hub.gateway.gateway import AskAgain, Gateway, Limits, OperatorIdentity
from hub.gateway.wire import text_frame
from hub.journal import Journal
from hub.journal_records import Batch
from hub.live.board import Board
from hub.live.feed import Feed
from hub.live.picture import LivePicture
from hub.live.playlists import Playlists
from hub.live.roster import Roster, Screen
from hub.live.surroundings import Effects
from hub.manifests.shelf import Shelf
from hub.media.signed_urls import MediaUrls
from hub.use_cases.errors import NotAllowed
from persistence.journal import Written
from protocol.frames import Records
from protocol.vocabulary import DeviceStatus
from tests.actors.device.world import NOON_MS
from tests.fakes import KEYS
from tests.hub.gateway.client import MemoryTransport, frame, upgrade

LIMITS = Limits(
    handshake_deadline_s=10.0,
    authentication_deadline_s=5.0,
    hello_deadline_s=8.0,
    max_frame_bytes=4_096,
    outbox_limit_bytes=20_000,
)


@dataclass
class House:
    """Fulfils `Tokens`, `PendingLoader` and `JournalStore`. Screen `d1` has the token `token-d1`."""

    now_s: float = 1_000.0
    loads: list[Reading] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    open_commands: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)
    recorded: list[tuple[str, str, Link, Records]] = field(default_factory=list)
    epoch: int = 0

    def __post_init__(self) -> None:
        self.roster = Roster()
        self.journal = Journal(self, ConnectionError)
        self.board = Board(self.roster, self.journal, self.clock, text_frame, KEYS.signed)
        self.feed = Feed(LivePicture(self.roster, self.board, {"t1": "One"}), self.wall_ms, text_frame)
        urls = MediaUrls("m" * 32)
        self.shelf = Shelf(urls, lambda: datetime.fromtimestamp(self.wall_ms() / 1000, UTC), text_frame)
        self.playlists = Playlists(self.roster, self.shelf, self.feed, self.wall_ms)
        self.effects = Effects(
            self.roster, self.journal, self.feed, self.board, self.playlists, self.take_records
        )
        self.fleet = Fleet(self.effects, self, self.clock, 10.0)
        self.board.connect(self.fleet, self.feed)
        self.credentials = DeviceCredentials(self, ConnectionError)
        self.gateway = Gateway(
            LIMITS,
            self.fleet,
            self.feed,
            self.roster,
            self.credentials,
            self.operator_identity,
            ClientAddresses([]),
            clock_s=lambda: self.now_s,
        )
        for device_id, tenant_id in (("d1", "t1"), ("d2", "t1"), ("x1", "t2")):
            screen = Screen(device_id, tenant_id)
            screen.name, screen.status = f"Screen {device_id}", DeviceStatus.APPROVED
            self.roster.put(screen)

    def fleet_clock(self) -> Instant:
        return Instant(self.now_s, self.wall_ms())

    def wall_ms(self) -> int:
        return NOON_MS + int(self.now_s * 1000)

    def clock(self) -> Instant:
        return Instant(self.now_s, self.wall_ms())

    async def devices_of_tokens(self, hashes: Sequence[bytes]) -> Mapping[bytes, DeviceIdentity]:
        await trio.lowlevel.checkpoint()
        found = {}
        self.epoch += 1
        for screen in (*self.roster.of_tenant("t1"), *self.roster.of_tenant("t2")):
            digest = hashlib.sha256(f"token-{screen.id}".encode()).digest()
            has_open_commands = screen.id in self.open_commands
            found[digest] = DeviceIdentity(
                screen.id,
                screen.tenant_id,
                has_open_commands,
                self.epoch,
                is_suspended=screen.tenant_id in self.suspended,
            )
        return {digest: found[digest] for digest in hashes if digest in found}

    def operator_identity(self, token: str) -> OperatorIdentity | None:
        if token == "cleaner":
            raise NotAllowed("Your roles (none) do not allow you to see screens.")
        if token == "of-another-hub":
            raise AskAgain
        return OperatorIdentity(token, None, f"session-{token}") if token in ("t1", "t2") else None

    def take_records(self, tenant_id: str, device_id: str, link: Link, records: Records) -> None:
        self.recorded.append((tenant_id, device_id, link, records))

    def load_pending(self, reading: Reading) -> None:
        self.loads.append(reading)

    async def write(self, batch: Batch) -> Written:
        self.batches.append(batch)
        return Written(0, frozenset())

    # ---- what tests do ----

    def work(self) -> None:
        """Run every turn that waits."""
        while self.fleet.dispatcher.waiting:
            self.fleet.dispatcher.run_slice()

    async def look_up(self) -> None:
        """Run the look-ups that wait."""
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.credentials.run)
                await trio.testing.wait_all_tasks_blocked()
                nursery.cancel_scope.cancel()

    def visitor(self, path: str = "/api/v1/ws/device", *headers: str, then: bytes = b"") -> Visitor:
        """A client that sends its upgrade request, and `then` without waiting."""
        visitor = Visitor(self)
        visitor.connection.received(upgrade(path, *headers) + then)
        return visitor

    async def screen(self, device_id: str = "d1", then: bytes = b"") -> Visitor:
        """A screen that is let in and, if it says so in `then`, has said hello."""
        visitor = self.visitor("/api/v1/ws/device", f"Authorization: Bearer token-{device_id}", then=then)
        await self.look_up()
        self.work()
        return visitor

    def operator(self, tenant_id: str = "t1") -> Visitor:
        return self.visitor("/api/v1/ws/admin", f"Authorization: Bearer {tenant_id}")


class Visitor:
    """One client of the house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.transport = MemoryTransport()
        self.connection = Connection(self.transport, house.gateway)
        house.gateway.arrived(self.connection)

    def says(self, *payloads: bytes) -> None:
        self.connection.received(b"".join(map(frame, payloads)))
        self.house.work()

    @property
    def head(self) -> str:
        return bytes(self.transport.written).partition(b"\r\n\r\n")[0].decode()

    @property
    def status(self) -> int:
        return int(self.head[9:12])

    @property
    def texts(self) -> list[bytes]:
        return [bytes(f.data) for f in self._frames() if f.opcode is Opcode.TEXT]

    @property
    def close_code(self) -> int | None:
        codes = [int.from_bytes(f.data[:2], "big") for f in self._frames() if f.opcode is Opcode.CLOSE]
        assert len(codes) <= 1
        return codes[0] if codes else None

    def _frames(self) -> list[Frame]:
        client = Protocol(CLIENT)
        client.receive_data(bytes(self.transport.written).partition(b"\r\n\r\n")[2])
        return [event for event in client.events_received() if isinstance(event, Frame)]
