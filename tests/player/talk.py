"""A hub's side of the conversation, for the tests of the reference screen: frames made in one line."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Final

import msgspec

from player.reference import ReferenceScreen
from protocol.alert import content_hash
from protocol.frames import Ack, Alert, Command, Receipt, Resumed, Uplink, Welcome
from protocol.vocabulary import OPERATOR_COMMANDS, CommandName, ReceiptStatus, Severity

EPOCH_MS: Final = 1_750_000_000_000
"""What the hub's clock shows when the screen's own shows 0."""


CARRIED_OUT: Final = sorted(OPERATOR_COMMANDS - {CommandName.SCREENSHOT})
"""What the reference can do: it has no picture of what it shows."""


def order(command_id: str, name: CommandName, seq: int | None = None) -> Command:
    args = {"volume": 30} if name is CommandName.SET_VOLUME else {}
    return Command(command_id, name, args, seq=seq)


def hub_ms(now: float) -> int:
    return EPOCH_MS + int(now * 1000)


def alert(
    emergency_id: str = "fire",
    *,
    title: str = "Fire in the north wing",
    message: str = "Leave by the nearest exit.",
    severity: Severity = Severity.EXTREME,
    issued_ms: int = EPOCH_MS,
    expires_ms: int | None = None,
    sequence: int = 1,
) -> Alert:
    digest = content_hash(title, message, severity)
    return Alert(emergency_id, title, message, severity, issued_ms, digest, expires_ms, sequence)


def welcome(
    now: float = 0.0,
    *,
    version: int = 0,
    emergencies: Iterable[Alert] = (),
    interval_s: float = 15.0,
    session: str = "s1",
    playlist: int = 0,
) -> Welcome:
    truth = list(emergencies)
    return Welcome("d1", "Main entrance", session, interval_s, hub_ms(now), version, truth, playlist)


def resumed(
    now: float,
    *,
    session: str = "s1",
    version: int = 0,
    emergencies: Iterable[Alert] | None = None,
    playlist: int = 0,
) -> Resumed:
    truth = None if emergencies is None else list(emergencies)
    return Resumed(session, hub_ms(now), version, truth, playlist)


def ack(
    seq: int,
    now: float,
    *,
    version: int = 0,
    emergencies: Iterable[Alert] | None = None,
    commands: int = 0,
    playlist: int = 0,
) -> Ack:
    truth = None if emergencies is None else list(emergencies)
    return Ack(seq, hub_ms(now), version, truth, commands, playlist)


def show(shown: Alert, version: int) -> Command:
    args = {"alert": msgspec.to_builtins(shown), "emergency_version": version}
    return Command(shown.emergency_id, CommandName.EMERGENCY_SHOW, args)


def hide(command_id: str, emergency_id: str, version: int, sequence: int = 2) -> Command:
    args = {"emergency_id": emergency_id, "emergency_version": version, "sequence": sequence}
    return Command(command_id, CommandName.EMERGENCY_HIDE, args)


def answers(said: Iterable[Uplink]) -> list[tuple[str, ReceiptStatus]]:
    """The receipts among the frames, as (command_id, status)."""
    return [(frame.command_id, frame.status) for frame in said if isinstance(frame, Receipt)]


def in_session(now: float = 0.0, *, seed: int = 1, interval_s: float = 15.0) -> ReferenceScreen:
    """A screen that was welcomed at `now`."""
    screen = ReferenceScreen(now, rng=Random(seed))
    screen.connected(now)
    screen.receive(welcome(now, interval_s=interval_s), now)
    return screen
