"""What a screen must still know when it is switched on again, with no hub in sight.

Rule 1: an alert stays until it is cleared or over, whatever happens to the machine.
Rule 2: what plays plays on. The time of day is not here: whoever keeps this knows by how much the
        machine's own clock was wrong.
"""

from __future__ import annotations

from msgspec import Struct, field

from protocol.frames import Alert
from protocol.manifest import Manifest
from protocol.player import PlayerSettings


class Remembered(Struct, frozen=True, omit_defaults=True):
    """`sequences`: the last order of each emergency that was seen (`protocol.frames`, Rule 5)."""

    alerts: list[Alert] = field(default_factory=list)
    sequences: dict[str, int] = field(default_factory=dict)
    playlist_version: int = 0
    manifest: Manifest | None = None
    settings_version: str = ""
    settings: PlayerSettings = field(default_factory=PlayerSettings)
    volume: int = 100
