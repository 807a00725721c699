"""The words: every closed set of values that crosses a wire or is stored, once.

PostgreSQL repeats these as CHECK constraints; a test holds the two together.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

SUBPROTOCOL: Final = "clarion.v1"
"""The WebSocket subprotocol of screens and of operators."""

BEARER_SUBPROTOCOL_PREFIX: Final = "clarion.bearer."
"""A browser cannot set headers on a WebSocket: it offers its token as a second subprotocol, behind this.
The hub never selects it, so it is not echoed. See docs/decisions/0006-browser-tokens-in-a-subprotocol.md."""


class DeviceStatus(StrEnum):
    """Whether an operator let the device in."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


class Presence(StrEnum):
    """Whether the hub hears the screen now."""

    ONLINE = "online"
    OFFLINE = "offline"


class PresenceReason(StrEnum):
    """Why a screen is not online. Each has its sentence in `PRESENCE_SENTENCES`."""

    CONNECTED = "connected"
    NEVER_CONNECTED = "never_connected"
    HEARTBEAT_LOST = "heartbeat_lost"
    NETWORK_CLOSED = "network_closed"
    SAID_GOODBYE = "said_goodbye"
    PROTOCOL_ERROR = "protocol_error"
    TOO_SLOW = "too_slow"
    TOO_MUCH = "too_much"
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 -- a reason, not a secret
    HUB_FAULT = "hub_fault"
    QUARANTINED = "quarantined"
    HUB_RESTARTED = "hub_restarted"
    TAKEN_OVER = "taken_over"


PRESENCE_SENTENCES: Final[dict[PresenceReason, str]] = {
    PresenceReason.CONNECTED: "connected",
    PresenceReason.NEVER_CONNECTED: "never connected",
    PresenceReason.HEARTBEAT_LOST: "heartbeat lost",
    PresenceReason.NETWORK_CLOSED: "network connection closed",
    PresenceReason.SAID_GOODBYE: "switched off by itself",
    PresenceReason.PROTOCOL_ERROR: "sent frames the hub cannot read",
    PresenceReason.TOO_SLOW: "did not read what the hub sent",
    PresenceReason.TOO_MUCH: "said more than the hub could take",
    PresenceReason.TOKEN_REVOKED: "access revoked by an operator",
    PresenceReason.HUB_FAULT: "a fault in the hub closed the connection",
    PresenceReason.QUARANTINED: "quarantined after repeated faults in the hub",
    PresenceReason.HUB_RESTARTED: "the hub restarted and the screen has not come back yet",
    PresenceReason.TAKEN_OVER: "another hub took the screen over",
}

UNINTENDED: Final = frozenset(
    {
        PresenceReason.HEARTBEAT_LOST,
        PresenceReason.NETWORK_CLOSED,
        PresenceReason.PROTOCOL_ERROR,
        PresenceReason.TOO_SLOW,
        PresenceReason.TOO_MUCH,
    }
)
"""Ends of a connection that nobody wanted: the session may go on, and each counts as a loss."""


class PlaybackState(StrEnum):
    """What the screen says it is doing."""

    READY = "ready"
    IDLE = "idle"
    PLAYING = "playing"
    PAUSED = "paused"
    STOPPED = "stopped"
    ERROR = "error"


class EventName(StrEnum):
    """What a screen reports by itself."""

    PLAYBACK_STARTED = "playback_started"
    PLAYBACK_ENDED = "playback_ended"
    ERROR = "error"
    READY = "ready"
    IDLE = "idle"
    PROGRAMME_CHANGED = "programme_changed"
    ITEM_SKIPPED = "item_skipped"
    ALERT_REFUSED = "alert_refused"
    RESTARTED = "restarted"
    SAFE_MODE = "safe_mode"
    SUMMARISED = "summarised"


class CommandName(StrEnum):
    """What a screen can be ordered to do."""

    PLAY = "play"
    PAUSE = "pause"
    STOP = "stop"
    RELOAD_PLAYLIST = "reload_playlist"
    EMERGENCY_SHOW = "emergency_show"
    EMERGENCY_HIDE = "emergency_hide"
    REBOOT = "reboot"
    PING = "ping"
    SCREENSHOT = "screenshot"
    SET_VOLUME = "set_volume"
    IDENTIFY = "identify"


OPERATOR_COMMANDS: Final = frozenset(CommandName) - {CommandName.EMERGENCY_SHOW, CommandName.EMERGENCY_HIDE}
"""What may be posted to one device. Emergencies have a ledger of their own and are never sent one by one."""


class CommandStatus(StrEnum):
    """The life of a command; `COMMAND_TRANSITIONS` is the whole truth about it."""

    QUEUED = "queued"
    SENT = "sent"
    RECEIVED = "received"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


_ENDED_BY_THE_HUB: Final = frozenset({CommandStatus.EXPIRED, CommandStatus.CANCELLED})
_ANSWERS: Final = frozenset({CommandStatus.SUCCEEDED, CommandStatus.FAILED, CommandStatus.REJECTED})
COMMAND_TRANSITIONS: Final[dict[CommandStatus, frozenset[CommandStatus]]] = {
    CommandStatus.QUEUED: frozenset({CommandStatus.SENT, CommandStatus.SUPERSEDED}) | _ENDED_BY_THE_HUB,
    CommandStatus.SENT: frozenset({CommandStatus.RECEIVED}) | _ANSWERS | _ENDED_BY_THE_HUB,
    CommandStatus.RECEIVED: _ANSWERS | _ENDED_BY_THE_HUB,
    CommandStatus.SUCCEEDED: frozenset(),
    CommandStatus.FAILED: frozenset(),
    CommandStatus.REJECTED: frozenset(),
    CommandStatus.EXPIRED: frozenset(),
    CommandStatus.CANCELLED: frozenset(),
    CommandStatus.SUPERSEDED: frozenset(),
}
"""The steps. PostgreSQL keeps them too (`command_transitions`), with every end that several steps reach."""

OPEN_COMMAND_STATUSES: Final = frozenset(s for s, after in COMMAND_TRANSITIONS.items() if after)

SUPERSEDED_BY_NEWER: Final = frozenset({CommandName.RELOAD_PLAYLIST, CommandName.REBOOT})
"""Of these, one that has not been sent yet is replaced by a newer one: doing it twice helps nobody."""


class ReceiptStatus(StrEnum):
    """A screen's answer to a command. `rendered` is for alerts: the frame that shows it was painted."""

    RECEIVED = "received"
    RENDERED = "rendered"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"


class Severity(StrEnum):
    """How bad it is, in CAP's order from the worst down."""

    EXTREME = "extreme"
    SEVERE = "severe"
    MODERATE = "moderate"
    MINOR = "minor"


class Pictogram(StrEnum):
    """What an alert can show beside its words. Every screen has these pictures with it: none is fetched."""

    FIRE = "fire"
    EVACUATE = "evacuate"
    SHELTER = "shelter"
    LOCKDOWN = "lockdown"
    WEATHER = "weather"
    MEDICAL = "medical"
    HAZARD = "hazard"
    INFORMATION = "information"


class AlertSound(StrEnum):
    """What an alert can sound like. A screen makes them itself."""

    CHIME = "chime"
    SIREN = "siren"


class EmergencyStatus(StrEnum):
    """`clearing`: cleared or expired, but some screen may still show it."""

    LIVE = "live"
    CLEARING = "clearing"
    CLEARED = "cleared"


class LedgerState(StrEnum):
    """How far one screen has come with one emergency."""

    TARGETED = "targeted"
    SENT = "sent"
    RECEIVED = "received"
    RENDERED = "rendered"
    HIDE_SENT = "hide_sent"
    HIDDEN = "hidden"


class MissingReason(StrEnum):
    """Why a targeted screen does not show the alert. Each has its sentence in `MISSING_SENTENCES`."""

    OFFLINE = "offline"
    STALLED = "stalled"
    REFUSED = "refused"
    WRONG_CONTENT = "wrong_content"
    SILENT = "silent"


MISSING_SENTENCES: Final[dict[MissingReason, str]] = {
    MissingReason.OFFLINE: "not connected",
    MissingReason.STALLED: "connected, but not reading what the hub sends",
    MissingReason.REFUSED: "refused by the screen",
    MissingReason.WRONG_CONTENT: "showing something else than what was sent",
    MissingReason.SILENT: "sent, but not confirmed by the screen",
}


SYSTEM_TENANT_ID: Final = "00000000-0000-0000-0000-000000000000"
"""Where ROOT is at home. It has no screens of its own."""


class RoleName(StrEnum):
    """The built-in roles: those of the user's documents, and one for whoever only gives alarms."""

    ROOT = "ROOT"
    TENANT_ADMIN = "TENANT_ADMIN"
    DEVICE_ADMIN = "DEVICE_ADMIN"
    CONTENT_ADMIN = "CONTENT_ADMIN"
    CONTENT_CREATOR = "CONTENT_CREATOR"
    VIEWER = "VIEWER"
    EMERGENCY_OPERATOR = "EMERGENCY_OPERATOR"


class Permission(StrEnum):
    """What a role or a key allows. Its meaning is in `PERMISSION_WORDS`; who has it in hub/permissions.py."""

    SCREENS_VIEW = "screens:view"
    SCREENS_ENROL = "screens:enrol"
    SCREENS_EDIT = "screens:edit"
    PLACES_EDIT = "places:edit"
    COMMANDS_SEND = "commands:send"
    EMERGENCIES_TRIGGER = "emergencies:trigger"
    HUB_INSPECT = "hub:inspect"
    PEOPLE_MANAGE = "people:manage"
    KEYS_MANAGE = "keys:manage"
    FEATURES_MANAGE = "features:manage"
    AUDIT_READ = "audit:read"
    TENANTS_MANAGE = "tenants:manage"
    CONTENT_VIEW = "content:view"
    CONTENT_EDIT = "content:edit"
    CONTENT_APPROVE = "content:approve"
    CONTENT_PUBLISH = "content:publish"


PERMISSION_WORDS: Final[dict[Permission, str]] = {
    Permission.SCREENS_VIEW: "see screens, commands and emergencies",
    Permission.SCREENS_ENROL: "let screens in or shut them out",
    Permission.SCREENS_EDIT: "change screens and their tags",
    Permission.PLACES_EDIT: "change sites and groups",
    Permission.COMMANDS_SEND: "send commands to screens",
    Permission.EMERGENCIES_TRIGGER: "trigger and clear emergencies",
    Permission.HUB_INSPECT: "see how the hub serves the screens",
    Permission.PEOPLE_MANAGE: "manage people and their roles",
    Permission.KEYS_MANAGE: "manage the keys of integrations",
    Permission.FEATURES_MANAGE: "decide which features are offered to whom",
    Permission.AUDIT_READ: "read the audit log",
    Permission.TENANTS_MANAGE: "manage tenants",
    Permission.CONTENT_VIEW: "see contents, playlists and schedules",
    Permission.CONTENT_EDIT: "upload contents and edit playlists",
    Permission.CONTENT_APPROVE: "approve, reject and retire contents",
    Permission.CONTENT_PUBLISH: "publish playlists and schedule them",
}
"""Each completes the sentence "You may …"."""


class ActorKind(StrEnum):
    """Who does something: a person, an integration's key, or Clarion itself."""

    USER = "user"
    KEY = "key"
    SYSTEM = "system"


class AuditOutcome(StrEnum):
    """What became of it."""

    DONE = "done"
    DENIED = "denied"


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    INVITATION = "invitation"
    RESET = "reset"


class SessionEnd(StrEnum):
    """Why a session of a person is over before its time."""

    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"
    REUSED = "reused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 -- a reason, not a secret
    DEACTIVATED = "deactivated"
    TENANT_SUSPENDED = "tenant_suspended"


class TenantStatus(StrEnum):
    """A suspended tenant's screens are cut and its people signed out."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class MediaKind(StrEnum):
    """What a version of a content is."""

    IMAGE = "image"
    VIDEO = "video"
    HTML = "html"
    WEB = "web"
    STREAM = "stream"


KINDS_OF_FILES: Final = frozenset({MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.HTML})
"""The others are addresses: a screen goes there by itself."""


class Processing(StrEnum):
    """What the hub is at with a file. It is looked at again after a restart."""

    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"


class MediaStatus(StrEnum):
    """Whether a version may be shown; `MEDIA_TRANSITIONS` is the whole truth about it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETIRED = "retired"


MEDIA_TRANSITIONS: Final[dict[MediaStatus, frozenset[MediaStatus]]] = {
    MediaStatus.DRAFT: frozenset({MediaStatus.SUBMITTED}),
    MediaStatus.SUBMITTED: frozenset({MediaStatus.DRAFT, MediaStatus.APPROVED, MediaStatus.REJECTED}),
    MediaStatus.REJECTED: frozenset({MediaStatus.SUBMITTED}),
    MediaStatus.APPROVED: frozenset({MediaStatus.RETIRED}),
    MediaStatus.RETIRED: frozenset(),
}
"""The steps. From submitted back to draft: whoever submitted it takes it back."""


class Transition(StrEnum):
    """How one item follows another."""

    CUT = "cut"
    FADE = "fade"
    SLIDE = "slide"


class Orientation(StrEnum):
    """How the screen hangs: by which side is up, turned clockwise from landscape."""

    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    LANDSCAPE_FLIPPED = "landscape_flipped"
    PORTRAIT_FLIPPED = "portrait_flipped"


class Scaling(StrEnum):
    """How a picture of another shape fills the screen: whole, cut off, or distorted."""

    CONTAIN = "contain"
    COVER = "cover"
    STRETCH = "stretch"


class PlaysBecause(StrEnum):
    """Which rule decided what a screen plays, from the strongest down."""

    EMERGENCY = "emergency"
    TAKEOVER = "takeover"
    PRIORITY = "priority"
    SPECIFICITY = "specificity"
    NEWEST = "newest"
    ONLY_ONE = "only_one"
    DEFAULT = "default"
    NOTHING = "nothing"


SIMULATED_PLATFORM: Final = "simulated"
"""A device that registers with this platform is labelled as simulated wherever it is shown."""
