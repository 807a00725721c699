"""What a device actor can be told. Frozen; matched with `match` and `assert_never`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actors.device.ports import Link
from actors.runtime import Reply
from protocol.close_codes import CloseCode
from protocol.frames import Hello, Uplink
from protocol.vocabulary import CommandName, CommandStatus, PresenceReason


@dataclass(frozen=True, slots=True)
class PendingCommand:
    """A committed command that has not ended. `expires_ms`: wall clock."""

    id: str
    command: CommandName
    args: dict[str, Any]
    expires_ms: int
    status: CommandStatus = CommandStatus.QUEUED


@dataclass(frozen=True, slots=True)
class Connected:
    """The screen said hello on `link`. An older link, if there is one, is superseded; a link that is itself
    older than the session of now is sent away."""

    link: Link
    hello: Hello


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame came in on `link`."""

    link: Link
    frame: Uplink


@dataclass(frozen=True, slots=True)
class Disconnected:
    """`link` is gone, and why. Without effect when it is not the link of the moment."""

    link: Link
    reason: PresenceReason


@dataclass(frozen=True, slots=True)
class Queued:
    """These commands wait for the screen: just posted, or loaded from PostgreSQL after it connected."""

    commands: Sequence[PendingCommand]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """These commands were ended in PostgreSQL: cancelled, or superseded by newer ones. Those that the actor
    does not have are remembered, so that an older reading does not bring them in."""

    command_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class PlaylistWanted:
    """The playlist version the screen must have now."""

    version: int


@dataclass(frozen=True, slots=True)
class AlertSent:
    """The fast lane wrote an alert or an all-clear to the link: this is the version the screen must have
    now."""

    version: int


@dataclass(frozen=True, slots=True)
class Silent:
    """The heartbeat deadline came up."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Close the session now: the token was revoked or replaced, or the hub stops."""

    code: CloseCode
    reason: PresenceReason


@dataclass(frozen=True, slots=True)
class Describe:
    """Somebody inspects the hub: answer with the actor's status line."""

    reply: Reply[str]


DeviceMessage = (
    Connected
    | Heard
    | Disconnected
    | Queued
    | Withdrawn
    | PlaylistWanted
    | AlertSent
    | Silent
    | Cut
    | Describe
)
