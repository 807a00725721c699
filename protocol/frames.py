"""The device socket, `clarion.v1`: every frame a screen and the hub exchange.

Rule 1: one JSON object a text frame; its `type` names the frame; unknown fields are ignored by both sides.
Rule 2: the screen speaks first (`hello`), the hub answers with `welcome`, or with `resumed` if the screen
        named a session that the hub still has; nothing else is legal before that.
Rule 3: `welcome`, and any `resumed` or `ack` that carries `emergencies`, is the *whole* truth about alerts:
        the screen shows exactly those. `emergency_show` and `emergency_hide` are the fast way between two.
Rule 4: `emergency_version` is compared for equality within one session and means nothing beyond it.
Rule 5: within one emergency `sequence` only grows: a screen ignores an order about it that is older than one
        it has seen, so that an all-clear is never overtaken by its alert.
Rule 6: commands are numbered within a session (`seq`, from 1). Each side says with every heartbeat how far it
        is (`command_seq`): what was lost is sent again, and a link that carries nothing is found out.
Rule 7: `playlist_version` is a level, not an event: a screen that reports another than the hub's is told by
        `playlist` which manifest that is, and plays it as soon as it can; what it reports is what it plays.
        The manifest comes by `manifest` just before where it is small, else it is fetched over HTTP.
Rule 8: instants are integers, milliseconds since the Unix epoch (`…_ms`); durations are seconds (`…_s`).
Rule 9: what a screen records, with or without the hub, is a log, numbered from 1 on. It sends the oldest that
        the hub does not have, in order; `records_kept` says how far it is in PostgreSQL. Until then the
        screen keeps it, and says it again. A number that is missing was summarised into a later one.
Rule 10: settings are a level like the playlist: a screen whose `settings_version` is not the hub's is sent
        them whole.
Rule 11: an alert is signed, and so is a drill. A screen that knows the hub's keys refuses any other, and says
        so. A drill goes the same way as an alert, up to the last step: it is answered, and not shown.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from protocol.manifest import Manifest
from protocol.player import PlayerSettings
from protocol.vocabulary import (
    AlertSound,
    CommandName,
    EventName,
    Pictogram,
    PlaybackState,
    ReceiptStatus,
    Severity,
)

# What a screen may say is bounded before it is believed: screens are untrusted.
Counter = Annotated[int, Meta(ge=0, le=2**53)]
ShortText = Annotated[str, Meta(max_length=200)]
LongText = Annotated[str, Meta(max_length=2000)]
RECORDS_AT_MOST = 100
"""So many records in one frame."""


class Playback(Struct, frozen=True, omit_defaults=True):
    """What is on the glass: `item` is the name of the thing playing, `position_s` seconds into it;
    `media_id`: of the manifest."""

    state: PlaybackState
    item: ShortText | None = None
    position_s: float | None = None
    media_id: ShortText | None = None


class Health(Struct, frozen=True, omit_defaults=True):
    """How the screen is; what it cannot know it leaves out. `files_missing`: of its manifest, not there yet.
    `dropped_frames`: since it was switched on."""

    uptime_s: Counter | None = None
    memory_bytes: Counter | None = None
    memory_limit_bytes: Counter | None = None
    storage_bytes: Counter | None = None
    storage_limit_bytes: Counter | None = None
    dropped_frames: Counter | None = None
    files_missing: Counter | None = None


class AlertText(Struct, frozen=True):
    """An alert in another language (BCP 47)."""

    language: str
    title: str
    message: str


class Signature(Struct, frozen=True):
    """Ed25519, base64url without padding. `kid`: by which of the hub's keys."""

    kid: str
    value: str


class Alert(Struct, frozen=True, omit_defaults=True):
    """One emergency as a screen must show it. `expires_ms`: hide it by yourself then, hub or no hub.

    `sequence`: Rule 5. An alert begins at 1; whatever is said about it later has a higher number.
    `texts`: the same in other languages, to be shown in turn. `drill`: Rule 11. `signature`: of
    `protocol.alert.signed_text`.
    """

    emergency_id: str
    title: str
    message: str
    severity: Severity
    issued_ms: int
    content_hash: str
    expires_ms: int | None = None
    sequence: int = 1
    language: str = ""
    texts: list[AlertText] = field(default_factory=list)
    pictogram: Pictogram | None = None
    sound: AlertSound | None = None
    drill: bool = False
    signature: Signature | None = None


# ---- uplink: what a screen says ----


class Hello(Struct, frozen=True, tag="hello", omit_defaults=True):
    """The first frame. What the screen is and what it shows; none of it decides what it may do.

    `session_id`: the session it had, to go on with it; `command_seq`: the last command it got in that one.
    """

    player_version: ShortText = ""
    model: ShortText = ""
    platform: ShortText = ""
    emergency_version: Counter = 0
    playback: Playback | None = None
    playlist_version: Counter = 0
    session_id: ShortText | None = None
    command_seq: Counter = 0
    settings_version: ShortText | None = None


class Heartbeat(Struct, frozen=True, tag="heartbeat", omit_defaults=True):
    """Still here. `playback` is left out while unchanged. `emergency_version`: the last one applied.

    `command_seq`: the last command that came in this session (Rule 6); a screen that leaves it out is not
    sent anything again before it reconnects. `settings_version`: Rule 10; None: it takes no settings.
    `health`: once a minute is enough.
    """

    seq: Counter
    emergency_version: Counter = 0
    playback: Playback | None = None
    playlist_version: Counter = 0
    command_seq: Counter | None = None
    settings_version: ShortText | None = None
    health: Health | None = None


class DeviceEvent(Struct, frozen=True, tag="event", omit_defaults=True):
    """Something happened on the screen, at `at_ms` by its own clock."""

    event: EventName
    item: ShortText | None = None
    detail: LongText | None = None
    at_ms: Counter | None = None


class Receipt(Struct, frozen=True, tag="receipt", omit_defaults=True):
    """The answer to a command. For an alert: `received` when it arrived, `rendered` when it was painted
    (with the hash of what is shown), `succeeded` when it is gone again, `rejected` or `failed` with the
    reason."""

    command_id: ShortText
    status: ReceiptStatus
    detail: LongText | None = None
    content_hash: ShortText | None = None
    at_ms: Counter | None = None


class Play(Struct, frozen=True, tag="play", omit_defaults=True):
    """Something was on the glass: one item, or a summary of `plays` of them. `shown_ms`: how long, in sum;
    `completed`: how many of them to their end. Instants by the hub's clock, as the screen knows it."""

    name: ShortText
    started_ms: Counter
    ended_ms: Counter
    shown_ms: Counter
    media_id: ShortText | None = None
    playlist_id: ShortText | None = None
    playlist_number: Counter | None = None
    plays: Annotated[int, Meta(ge=1, le=2**31 - 1)] = 1
    completed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0


class Record(Struct, frozen=True):
    """One of a screen's log: its number there, and what it says."""

    number: Annotated[int, Meta(ge=1, le=2**53)]
    what: Play | DeviceEvent


class Records(Struct, frozen=True, tag="records"):
    """The oldest of the log that the hub does not have, in order (Rule 9). `log`: drawn by chance when the
    screen begins one."""

    log: Annotated[str, Meta(min_length=8, max_length=64)]
    records: Annotated[list[Record], Meta(min_length=1, max_length=RECORDS_AT_MOST)]


class DeviceGoodbye(Struct, frozen=True, tag="goodbye", omit_defaults=True):
    """The screen leaves on purpose."""

    reason: ShortText = ""


Uplink = Hello | Heartbeat | DeviceEvent | Receipt | Records | DeviceGoodbye


# ---- downlink: what the hub says ----


class Welcome(Struct, frozen=True, tag="welcome"):
    """The session has begun. `emergencies` is the whole truth about alerts (Rule 3). `tenant_id`: part of
    what the hub signs of an alert."""

    device_id: str
    name: str
    session_id: str
    heartbeat_interval_s: float
    server_time_ms: int
    emergency_version: int
    emergencies: list[Alert] = field(default_factory=list)
    playlist_version: int = 0
    tenant_id: str = ""


class Resumed(Struct, frozen=True, tag="resumed", omit_defaults=True):
    """The session goes on where it was: commands after `command_seq` of the hello follow, and nothing else.

    `emergencies` is present when the screen's version was not the hub's, and while any alert is in force: the
    screen proves again that it shows it.
    """

    session_id: str
    server_time_ms: int
    emergency_version: int
    emergencies: list[Alert] | None = None
    playlist_version: int = 0


class Ack(Struct, frozen=True, tag="ack", omit_defaults=True):
    """Answers the heartbeat `seq`. `emergencies` is present only when the screen's version was not the
    hub's. `command_seq`: the last command sent in this session (Rule 6)."""

    seq: int
    server_time_ms: int
    emergency_version: int
    emergencies: list[Alert] | None = None
    command_seq: int = 0
    playlist_version: int = 0


class Command(Struct, frozen=True, tag="command", omit_defaults=True):
    """An order. Apply it once per `command_id`, then answer with a receipt.

    `emergency_show` carries `alert` and `emergency_version`; `emergency_hide` carries `emergency_id`,
    `sequence` and `emergency_version`; `reload_playlist` carries `playlist_version` (in `args`, like the
    arguments of every other command). `seq`: Rule 6; orders about emergencies have none.
    """

    command_id: str
    command: CommandName
    args: dict[str, Any] = field(default_factory=dict)
    expires_ms: int | None = None
    seq: int | None = None


class ManifestFrame(Struct, frozen=True, tag="manifest"):
    """A whole manifest. It says nothing of this screen: all that play the same
    are sent the same bytes. Keep it by its digest; `playlist` says when it is yours."""

    manifest: Manifest


class PlaylistFrame(Struct, frozen=True, tag="playlist", omit_defaults=True):
    """From now on the screen must have `playlist_version`, the manifest `digest` (None: nothing to play).

    Whoever does not have that manifest fetches `GET /api/v1/devices/me/manifest`, after a random part of
    `fetch_within_s`: not all at once."""

    playlist_version: int
    digest: str | None = None
    fetch_within_s: float = 0.0


class SettingsFrame(Struct, frozen=True, tag="settings"):
    """How the screen is set up from now on (Rule 10)."""

    version: str
    settings: PlayerSettings


class RecordsKept(Struct, frozen=True, tag="records_kept"):
    """All of this log up to `number` is in PostgreSQL (Rule 9)."""

    log: str
    number: int


class Error(Struct, frozen=True, tag="error", omit_defaults=True):
    """A frame was understood to be JSON but not to be anything the hub knows. The session goes on."""

    code: str
    message: str


class Goodbye(Struct, frozen=True, tag="goodbye", omit_defaults=True):
    """The hub is about to close the socket with `code`. Come back after `reconnect_after_s`, or not if
    None."""

    code: int
    reason: str
    reconnect_after_s: float | None = None


Downlink = (
    Welcome
    | Resumed
    | Ack
    | Command
    | ManifestFrame
    | PlaylistFrame
    | SettingsFrame
    | RecordsKept
    | Error
    | Goodbye
)
