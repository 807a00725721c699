"""Bodies of the HTTP API: what is posted and what is answered. Field names are the wire's.

Instants are RFC 3339 in UTC; ids are UUIDs as text; every error is a `Problem` (RFC 9457).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, field

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

Item = TypeVar("Item")

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=2000)]
Id = Annotated[str, Meta(pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
HardwareId = Annotated[str, Meta(min_length=1, max_length=200)]
MacAddress = Annotated[str, Meta(pattern="^[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}$")]
Tags = dict[Annotated[str, Meta(min_length=1, max_length=60)], Annotated[str, Meta(max_length=200)]]


class Problem(Struct, omit_defaults=True):
    """RFC 9457. `detail` says what to do; `fields` names each bad field and why."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    instance: str | None = None
    fields: dict[str, str] | None = None


class Page(Struct, Generic[Item]):
    """One page of a list. `next_cursor` goes into `?cursor=`; None on the last page."""

    items: list[Item]
    next_cursor: str | None = None


# ---- devices ----


class Register(Struct, frozen=True):
    enrolment_key: Annotated[str, Meta(min_length=1, max_length=200)]
    hardware_id: HardwareId
    name: Annotated[str, Meta(max_length=200)] | None = None
    model: Annotated[str, Meta(max_length=200)] | None = None
    platform: Annotated[str, Meta(max_length=200)] | None = None
    mac_address: MacAddress | None = None
    player_version: Annotated[str, Meta(max_length=200)] | None = None


class Registered(Struct, frozen=True):
    """Show `pairing_code` on the screen; keep `claim_token` secret and poll `/devices/claim` with it.

    `approval_url`: the page on which it is approved, below CLARION_DASHBOARD_URL; `approval_qr`: the same
    as a picture, an SVG in a `data:` address.
    """

    device_id: str
    pairing_code: str
    claim_token: str
    expires_at: datetime
    approval_url: str | None = None
    approval_qr: str | None = None


class Claim(Struct, frozen=True):
    device_id: Id
    claim_token: Annotated[str, Meta(min_length=1, max_length=200)]


class Claimed(Struct, frozen=True, omit_defaults=True):
    """202 with `status: pending`, or, once only, 200 with the token."""

    status: Literal["pending", "approved"]
    device_token: str | None = None
    websocket_url: str | None = None
    retry_after_s: int | None = None


class Device(Struct, frozen=True):
    """One device, as PostgreSQL has it. `groups`: names of all that reach it; `group_ids`: those it was put
    into by hand, which a patch replaces. `proven_at`: when it last answered a drill, after `proven_in_ms`."""

    id: str
    hardware_id: str
    name: str
    status: DeviceStatus
    presence: Presence
    presence_reason: PresenceReason
    presence_since: datetime | None
    last_seen_at: datetime | None
    site_id: str | None
    site: str | None
    groups: list[str]
    group_ids: list[str]
    tags: dict[str, str]
    location: str
    settings: dict[str, Any]
    model: str
    platform: str
    mac_address: str | None
    ip_address: str | None
    player_version: str
    playback: PlaybackState | None
    now_playing: str | None
    pairing_code: str | None
    pairing_expires_at: datetime | None
    created_at: datetime
    approved_at: datetime | None
    proven_at: datetime | None = None
    proven_in_ms: int | None = None


class DevicePatch(Struct, frozen=True):
    """What is left out stays. `site_id: null` takes the device out of its site; `group_ids` replaces them
    all."""

    name: Name | UnsetType = UNSET
    location: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    site_id: Id | UnsetType | None = UNSET
    group_ids: list[Id] | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    settings: dict[str, Any] | UnsetType = UNSET


class DeviceToken(Struct, frozen=True):
    """Shown once; the hub keeps only its hash."""

    device_id: str
    device_token: str
    websocket_url: str


class ProvisionItem(Struct, frozen=True):
    hardware_id: HardwareId
    name: Annotated[str, Meta(max_length=200)] | None = None
    platform: Annotated[str, Meta(max_length=200)] | None = None
    model: Annotated[str, Meta(max_length=200)] | None = None
    site: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    group: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    location: Annotated[str, Meta(max_length=500)] | None = None
    tags: Tags = field(default_factory=dict)


class Provision(Struct, frozen=True):
    """Up to 1,000 devices, approved at once. A `site` or `group` that does not exist yet is made.
    Hardware that is known already gets a new token, and its old one ends."""

    devices: Annotated[list[ProvisionItem], Meta(min_length=1, max_length=1000)]


class ProvisionedDevice(Struct, frozen=True):
    hardware_id: str
    device_id: str
    device_token: str


class Provisioned(Struct, frozen=True):
    websocket_url: str
    devices: list[ProvisionedDevice]


class TimelineItem(Struct, frozen=True):
    """One line of a device's history; `text` is a sentence."""

    id: int
    at: datetime
    kind: str
    text: str


# ---- whom something is for ----


class Scope(Struct, frozen=True):
    """Whom an emergency or a command is for. `kind: all` needs no ids; the others need at least one.

    `within`: the sites to which it is limited; null: no limit. For somebody limited to sites the hub sets it.
    """

    kind: Literal["all", "sites", "groups", "devices"] = "all"
    ids: Annotated[list[Id], Meta(max_length=10_000)] = field(default_factory=list)
    within: Annotated[list[Id], Meta(max_length=10_000)] | None = None


# ---- commands ----


class CommandRequest(Struct, frozen=True):
    """`command` is one of play, pause, stop, reload_playlist, reboot, ping, screenshot, set_volume, identify.
    `args`: `{"volume": 0 to 100}` of set_volume, `{"for_s": 1 to 600}` of identify."""

    command: CommandName
    args: dict[str, Any] = field(default_factory=dict)
    expires_in_s: Annotated[int, Meta(ge=1, le=30 * 86400)] | None = None


class CommandAccepted(Struct, frozen=True):
    """The row is committed (G1)."""

    command_id: str
    status: CommandStatus


class CommandRow(Struct, frozen=True):
    id: str
    device_id: str
    command: CommandName
    args: dict[str, Any]
    status: CommandStatus
    detail: str | None
    created_by: str | None
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    received_at: datetime | None
    finished_at: datetime | None
    bulk_id: str | None = None


class BulkCommandRequest(Struct, frozen=True):
    """One command for every approved screen in scope."""

    command: CommandName
    args: dict[str, Any] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    expires_in_s: Annotated[int, Meta(ge=1, le=30 * 86400)] | None = None


class BulkCommandAccepted(Struct, frozen=True):
    """Every row is committed (G1). `refused`: screens that had no room for another command."""

    bulk_id: str
    targeted: int
    refused: int
    online: int
    offline: int


class BulkCommand(Struct, frozen=True):
    """How far one command to many screens has come: `counts` by status, of `targeted` less `refused`."""

    id: str
    command: CommandName
    args: dict[str, Any]
    scope: Scope
    scope_text: str
    targeted: int
    refused: int
    counts: dict[CommandStatus, int]
    finished: int
    created_by: str | None
    created_at: datetime
    expires_at: datetime


# ---- emergencies ----


Language = Annotated[str, Meta(pattern="^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3})?$")]
"""BCP 47: `es`, `pt-BR`; empty: not said."""


class EmergencyText(Struct, frozen=True):
    """The alert in another language; screens show them in turn."""

    language: Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
    title: Annotated[str, Meta(min_length=1, max_length=120)]
    message: Annotated[str, Meta(max_length=1000)]


class EmergencyRequest(Struct, frozen=True):
    """`language`: of title and message; `texts`: the same in others. `pictogram` and `sound`: what screens
    show and play with it; both are in every screen already."""

    title: Annotated[str, Meta(min_length=1, max_length=120)]
    message: Annotated[str, Meta(max_length=1000)]
    severity: Severity
    scope: Scope = field(default_factory=Scope)
    expires_in_s: Annotated[int, Meta(ge=10, le=30 * 86400)] | None = None
    language: Language = ""
    texts: Annotated[list[EmergencyText], Meta(max_length=5)] = field(default_factory=list)
    pictogram: Pictogram | None = None
    sound: AlertSound | None = None


class ScopePreviewRequest(Struct, frozen=True):
    scope: Scope


class ScopePreview(Struct, frozen=True):
    """How many screens a scope reaches now."""

    targeted: int
    online: int
    offline: int


class EmergencyCreated(Struct, frozen=True):
    """201: the alert is on its way to the `online` ones; the `offline` ones get it first thing when they
    are back.

    `recorded`: where its record is by now. `database` is the rule; `hub` is a file of the hub, which
    brings it
    to the database when that answers again; `memory`: not even that file could be written.
    """

    id: str
    targeted: int
    online: int
    offline: int
    issued_at: datetime
    recorded: Literal["database", "hub", "memory"]


class Emergency(Struct, frozen=True):
    """One emergency with its tallies; `missing` counts by reason. Times in ms run from `issued_at`."""

    id: str
    title: str
    message: str
    severity: Severity
    scope: Scope
    scope_text: str
    status: EmergencyStatus
    content_hash: str
    issued_at: datetime
    issued_by: str
    expires_at: datetime | None
    cleared_at: datetime | None
    cleared_by: str | None
    targeted: int
    sent: int
    received: int
    rendered: int
    still_showing: int
    missing: dict[MissingReason, int]
    p50_ms: int | None
    p99_ms: int | None
    slowest_ms: int | None
    language: str = ""
    texts: list[EmergencyText] = field(default_factory=list)
    pictogram: Pictogram | None = None
    sound: AlertSound | None = None


class LedgerRow(Struct, frozen=True):
    """One screen of one emergency. Exactly one of: it has `rendered_at`, or `missing` and `explanation`
    say why not
    (or the two seconds are not over and both are None)."""

    device_id: str
    name: str
    site: str | None
    state: LedgerState
    missing: MissingReason | None
    explanation: str | None
    targeted_at: datetime
    sent_at: datetime | None
    received_at: datetime | None
    rendered_at: datetime | None
    hidden_at: datetime | None
    elapsed_ms: int | None
    content_hash: str | None
