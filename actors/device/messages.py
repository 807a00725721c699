"""What a device actor can be told. Frozen; matched with `match` and `assert_never`.

One is made for every frame that comes in: a frozen dataclass takes four times as long to make as a struct,
and the collector looks at each one that waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from actors.device.ports import Link
from actors.runtime import Reply
from protocol.close_codes import CloseCode
from protocol.frames import Hello, Uplink
from protocol.vocabulary import CommandName, CommandStatus, PresenceReason


class PendingCommand(Struct, frozen=True, gc=False):
    """A committed command that has not ended. `expires_ms`: wall clock."""

    id: str
    command: CommandName
    args: dict[str, Any]
    expires_ms: int
    status: CommandStatus = CommandStatus.QUEUED


class Connected(Struct, frozen=True, gc=False):
    """The screen said hello on `link`. An older link, if there is one, is superseded; a link that is itself
    older than the session of now is sent away."""

    link: Link
    hello: Hello


class Heard(Struct, frozen=True, gc=False):
    """A frame came in on `link`."""

    link: Link
    frame: Uplink


class Disconnected(Struct, frozen=True, gc=False):
    """`link` is gone, and why. Without effect when it is not the link of the moment."""

    link: Link
    reason: PresenceReason


class Queued(Struct, frozen=True, gc=False):
    """These commands wait for the screen: just posted, or loaded from PostgreSQL after it connected."""

    commands: Sequence[PendingCommand]


class Withdrawn(Struct, frozen=True, gc=False):
    """These commands were ended in PostgreSQL: cancelled, or superseded by newer ones. Those that the actor
    does not have are remembered, so that an older reading does not bring them in."""

    command_ids: Sequence[str]


class PlaylistWanted(Struct, frozen=True, gc=False):
    """The playlist version the screen must have now."""

    version: int


class SettingsWanted(Struct, frozen=True, gc=False):
    """How the screen must be set up has changed; the surroundings know how."""


class Silent(Struct, frozen=True, gc=False):
    """The heartbeat deadline came up."""


class Cut(Struct, frozen=True, gc=False):
    """Close the session now: the token was revoked or replaced, or the hub stops."""

    code: CloseCode
    reason: PresenceReason


class Describe(Struct, frozen=True, gc=False):
    """Somebody inspects the hub: answer with the actor's status line."""

    reply: Reply[str]


DeviceMessage = (
    Connected
    | Heard
    | Disconnected
    | Queued
    | Withdrawn
    | PlaylistWanted
    | SettingsWanted
    | Silent
    | Cut
    | Describe
)
