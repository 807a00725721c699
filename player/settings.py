"""How the screen is set up: what the hub told it last, and what was ordered since.

Rule 1: settings are a level: the version is reported with every heartbeat, and the hub sends what differs.
Rule 2: a volume that was ordered holds until settings come that name another one.
Rule 3: outside of its hours the glass is dark; what plays goes on underneath, and an alert is always seen.
"""

from __future__ import annotations

from player.hours import is_lit
from protocol.frames import SettingsFrame
from protocol.player import PlayerSettings


class Settings:
    """The settings of the moment. Instants are milliseconds of the hub's clock."""

    __slots__ = ("told", "version", "volume")

    def __init__(self, version: str, told: PlayerSettings, volume: int) -> None:
        self.version = version
        """Of what the hub told; empty while it told nothing."""
        self.told = told
        self.volume = volume

    def take(self, frame: SettingsFrame) -> None:
        """The hub says how the screen is set up from now on (Rule 2)."""
        if frame.settings.volume != self.told.volume:
            self.volume = frame.settings.volume
        self.version, self.told = frame.version, frame.settings

    def is_lit(self, now_ms: int | None) -> bool:
        """Whether the glass is to be lit; also while nobody said what time it is."""
        return now_ms is None or is_lit(self.told.hours, self.told.time_zone, now_ms)
