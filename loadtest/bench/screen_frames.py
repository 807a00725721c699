"""What a screen of the benchmark says: the reference player's frames (`player/`), made once for all screens.

Three choices, which are the same for every server:

- A heartbeat carries `playback` each time, as the reference player's does when the item has changed, and the
  item changes with every fourth, for a quarter of the screens in each round: so shadow, journal and live feed
  have the work of a wall that plays, and every round costs the same.
- `emergency_version` is as last told, `command_seq` the number of the commands that came.
- An alert is answered with `rendered` and the content hash where servers are compared (`alert_cpu`): one
  alert, one receipt, as the figures in the decision about the gateway's loop were taken. The reference player
  says `received` before it; both are said, in one write, where the ledger is measured (`last_receipt`). It
  makes little difference: at 5,000 screens the second receipt cost the hub 0.5 to 6 µs, FastAPI 8 to 12, node
  ws 2 to 4.
"""

from __future__ import annotations

import time
from typing import Final

import msgspec
from msgspec import Struct

from loadtest.bench.errors import BenchError
from loadtest.bench.frames import text_frame
from player.playback import DEMO_PLAYLIST
from player.reference import PLAYER_VERSION
from protocol.codec import encode
from protocol.frames import Alert, Heartbeat, Hello, Playback, Receipt, Uplink
from protocol.vocabulary import SIMULATED_PLATFORM, CommandName, PlaybackState, ReceiptStatus

ITEM_LASTS: Final = 4
"""So many heartbeats."""


HEARTBEAT_S: Final = 15.0
"""The hub's default: how often a screen beats where it does not beat as fast as it is answered."""


class Order(Struct, frozen=True):
    """Any order, as far as it is told from others."""

    command_id: str
    command: CommandName


class ShowArguments(Struct, frozen=True):
    alert: Alert
    emergency_version: int


class Show(Struct, frozen=True):
    """An order to show an alert, as far as a screen needs it."""

    command_id: str
    command: CommandName
    args: ShowArguments


class Told(Struct, frozen=True):
    """What a `welcome` or an `ack` says of alerts; a server that has none says nothing."""

    emergency_version: int = 0
    emergencies: list[Alert] = []


def wire(frame: Uplink) -> bytes:
    """The bytes that a screen sends."""
    return text_frame(encode(frame))


def hello(emergency_version: int = 0) -> bytes:
    """The first words of a screen that was switched on."""
    playing = Playback(PlaybackState.PLAYING, DEMO_PLAYLIST[0].name, 0.0)
    return wire(Hello(PLAYER_VERSION, "Benchmark", SIMULATED_PLATFORM, emergency_version, playing))


def heartbeats(number: int, emergency_version: int, command_seq: int) -> list[bytes]:
    """The heartbeat `number` of every screen: of screen n the frame n % ITEM_LASTS."""
    frames = []
    for phase in range(ITEM_LASTS):
        item = DEMO_PLAYLIST[(number + phase) // ITEM_LASTS % len(DEMO_PLAYLIST)].name
        playback = Playback(PlaybackState.PLAYING, item, 15.0 * ((number + phase) % ITEM_LASTS))
        frames.append(wire(Heartbeat(number, emergency_version, playback, 0, command_seq)))
    return frames


def received(command_id: str) -> bytes:
    """A command has arrived."""
    return wire(Receipt(command_id, ReceiptStatus.RECEIVED, at_ms=now_ms()))


def rendered(alert: Alert) -> bytes:
    """The alert is on the glass."""
    return wire(
        Receipt(alert.emergency_id, ReceiptStatus.RENDERED, content_hash=alert.content_hash, at_ms=now_ms())
    )


def succeeded(command_id: str) -> bytes:
    """A command is carried out."""
    return wire(Receipt(command_id, ReceiptStatus.SUCCEEDED, at_ms=now_ms()))


def told(payload: bytes) -> Told:
    """Raises BenchError."""
    try:
        return msgspec.json.decode(payload, type=Told)
    except msgspec.DecodeError as error:
        raise BenchError(f"{payload[:300]!r} is not what a screen understands: {error}") from None


def order_to_show(payload: bytes) -> Show:
    """Raises BenchError for anything else."""
    try:
        show = msgspec.json.decode(payload, type=Show)
    except msgspec.DecodeError as error:
        raise BenchError(f"{payload[:300]!r} came instead of an alert: {error}") from None
    if show.command is not CommandName.EMERGENCY_SHOW:
        raise BenchError(f"an order to {show.command} came instead of an alert")
    return show


def now_ms() -> int:
    """The hub and the screens of a benchmark have one clock."""
    return int(time.time() * 1000)
