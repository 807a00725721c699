"""How a screen is set up, and how it is: bodies of the HTTP API and parts of frames.

Rule 1: a setting is a level: what a screen reports (`settings_version`) is compared, and what differs is sent
        whole, in a `settings` frame. See `protocol.frames`, Rule 10.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from protocol.places import OpeningHours
from protocol.vocabulary import Orientation, Scaling

Volume = Annotated[int, Meta(ge=0, le=100)]


class SetVolumeArgs(Struct, frozen=True, forbid_unknown_fields=True):
    """What comes with the command `set_volume`."""

    volume: Volume


class IdentifyArgs(Struct, frozen=True, forbid_unknown_fields=True):
    """What comes with the command `identify`: for how long the screen shows its name."""

    for_s: Annotated[int, Meta(ge=1, le=600)] = 10


class PlayerSettings(Struct, frozen=True, omit_defaults=True):
    """What a screen is told. `hours`: when it is lit, by the clock of `time_zone`; None: always. Outside of
    them it is dark, but for an emergency."""

    orientation: Orientation = Orientation.LANDSCAPE
    scaling: Scaling = Scaling.CONTAIN
    volume: Volume = 100
    hours: OpeningHours | None = None
    time_zone: str = "UTC"


class ScreenSettings(Struct, frozen=True):
    """What operators set. `lit`: always, in the opening hours of its site, or in `own_hours`."""

    orientation: Orientation = Orientation.LANDSCAPE
    scaling: Scaling = Scaling.CONTAIN
    volume: Volume = 100
    lit: Literal["always", "site", "own"] = "always"
    own_hours: OpeningHours = field(default_factory=dict)


class Screenshot(Struct, frozen=True):
    """One picture of what a screen showed. `note`: what is not in it, and why. `url`: below the API."""

    id: str
    device_id: str
    command_id: str | None
    taken_at: datetime
    note: str
    mime_type: str
    width: int
    height: int
    url: str


class HealthSample(Struct, frozen=True):
    """How a screen was, of the one heartbeat a minute that is kept. None where it did not say."""

    at: datetime
    uptime_s: int | None
    memory_bytes: int | None
    memory_limit_bytes: int | None
    storage_bytes: int | None
    storage_limit_bytes: int | None
    dropped_frames: int | None
    files_missing: int | None


class DrillResult(Struct, frozen=True):
    """Whether the screen would have shown an alert: it was sent a real one that it does not show. `took_ms`:
    from sending it to the screen's proof; None when there was none within two seconds, and `reason` says
    why."""

    proven: bool
    took_ms: int | None
    reason: str | None
    at: datetime
