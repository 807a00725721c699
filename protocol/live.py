"""The operators' live socket: one snapshot, then deltas, resumable by sequence.

Rule 1: rows are whole, latest wins: a delta replaces a row, it never patches one.
Rule 2: deltas are numbered without gaps within one `stream`; a client that reconnects sends `resume` with the
        last number it has and gets either what it missed (`recovered`) or a new snapshot.
Rule 3: everything is of one tenant: the operator's.
"""

from __future__ import annotations

from msgspec import Struct, field

from protocol.frames import AlertText, Goodbye
from protocol.vocabulary import (
    AlertSound,
    CommandName,
    CommandStatus,
    DeviceStatus,
    EmergencyStatus,
    LedgerState,
    MissingReason,
    Pictogram,
    PlaybackState,
    Presence,
    PresenceReason,
    Severity,
)


class ScreenRow(Struct, frozen=True, omit_defaults=True):
    """One screen, as a table shows it. `since_ms` belongs to `presence`, `alert_*` to the gravest live
    alert. `unstable_since_ms` is set while it loses its connection again and again: `losses` times lately.
    `playlist` and its `playlist_number`: what it plays now, by what it reported; `lags_since_ms` is set while
    that is not what it should have. `media_id`: of what is on the glass, `shown_since_ms`: since when that
    runs. `proven_ms`: when it last answered a drill."""

    id: str
    name: str
    status: DeviceStatus
    presence: Presence
    reason: PresenceReason
    since_ms: int | None = None
    last_seen_ms: int | None = None
    site_id: str | None = None
    site: str | None = None
    groups: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    location: str = ""
    platform: str = ""
    simulated: bool = False
    playback: PlaybackState | None = None
    now_playing: str | None = None
    unstable_since_ms: int | None = None
    losses: int = 0
    pending_commands: int = 0
    pairing_code: str | None = None
    pairing_expires_ms: int | None = None
    alert_id: str | None = None
    alert_state: LedgerState | None = None
    alert_missing: MissingReason | None = None
    playlist: str | None = None
    playlist_number: int | None = None
    lags_since_ms: int | None = None
    media_id: str | None = None
    shown_since_ms: int | None = None
    proven_ms: int | None = None


class EmergencyProgress(Struct, frozen=True, omit_defaults=True):
    """One emergency and how far it has come. `targeted = rendered + sum(missing) + waiting` while it is live.

    `waiting`: sent less than two seconds ago, verdict open. `*_ms` percentiles run from the activation to the
    hub's receipt of `rendered`, over the screens that were online then.
    """

    id: str
    title: str
    message: str
    severity: Severity
    status: EmergencyStatus
    issued_ms: int
    issued_by: str
    scope: str
    targeted: int
    online: int
    sent: int
    received: int
    rendered: int
    waiting: int
    still_showing: int
    missing: dict[MissingReason, int] = field(default_factory=dict)
    expires_ms: int | None = None
    cleared_ms: int | None = None
    cleared_by: str | None = None
    p50_ms: int | None = None
    p99_ms: int | None = None
    slowest_ms: int | None = None
    slowest_screen: str | None = None
    language: str = ""
    texts: list[AlertText] = field(default_factory=list)
    pictogram: Pictogram | None = None
    sound: AlertSound | None = None


class CommandChange(Struct, frozen=True, omit_defaults=True):
    """A command has a new status."""

    command_id: str
    device_id: str
    command: CommandName
    status: CommandStatus
    at_ms: int
    detail: str | None = None


class TimelineEntry(Struct, frozen=True, omit_defaults=True):
    """Something happened to a screen: `kind` is the machine's word, `text` the sentence for people."""

    device_id: str
    kind: str
    text: str
    at_ms: int


# ---- from the operator ----


class Resume(Struct, frozen=True, tag="resume", omit_defaults=True):
    """The first frame of every client. Without `stream` it asks for a snapshot."""

    stream: str | None = None
    seq: int = 0


OperatorUplink = Resume


# ---- to the operator ----


class Snapshot(Struct, frozen=True, tag="snapshot"):
    """Everything, now. Deltas go on from `seq`."""

    stream: str
    seq: int
    server_time_ms: int
    tenant: str
    screens: list[ScreenRow]
    emergencies: list[EmergencyProgress]


class Recovered(Struct, frozen=True, tag="recovered"):
    """The client's `seq` was still known: what it missed follows as deltas."""

    stream: str
    seq: int


class Delta(Struct, frozen=True, tag="delta", omit_defaults=True):
    """What changed since the delta before, coalesced (at most ten a second)."""

    seq: int
    server_time_ms: int
    screens: list[ScreenRow] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    emergencies: list[EmergencyProgress] = field(default_factory=list)
    commands: list[CommandChange] = field(default_factory=list)
    timeline: list[TimelineEntry] = field(default_factory=list)


class Notice(Struct, frozen=True, tag="error"):
    """The hub did not understand the operator's frame."""

    code: str
    message: str


OperatorDownlink = Snapshot | Recovered | Delta | Notice | Goodbye
"""`Goodbye` is the same as a screen's: the hub is about to close the socket."""
