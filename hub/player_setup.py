"""From what operators set to what a screen is told: pure.

Rule 1: a screen knows no sites. Whether it follows the hours of its site is decided here, and it is told
        hours and the time zone they are meant in.
Rule 2: the version is of what the screen is told, not of what was set: a site whose hours change changes it,
        a setting that makes no difference does not.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

import msgspec

from protocol.frames import SettingsFrame
from protocol.places import OpeningHours
from protocol.player import PlayerSettings, ScreenSettings

UNSET: Final = ScreenSettings()
_VERSION_DIGITS: Final = 16
_DIFFERENT_SETUPS: Final = 4096
"""Thousands of screens are set up in a few ways; each is worked out once."""


def settings_kept(kept: str | bytes | None) -> ScreenSettings:
    """What is kept of one screen, as JSON. What cannot be read, as somebody else's that had the same name
    before there was this, is as if nothing had been set."""
    if kept is None:
        return UNSET
    try:
        return msgspec.json.decode(kept, type=ScreenSettings)
    except msgspec.MsgspecError:
        return UNSET


def resolved(settings: ScreenSettings, time_zone: str | None, site_hours: OpeningHours) -> PlayerSettings:
    """What a screen is told that is set up so, at a site of this time zone and these hours; None and nothing
    where it is at no site. A site that says nothing of its hours leaves its screens lit."""
    match settings.lit:
        case "own":
            hours: OpeningHours | None = settings.own_hours
        case "site":
            hours = site_hours or None
        case _:
            hours = None
    return PlayerSettings(
        settings.orientation,
        settings.scaling,
        settings.volume,
        hours,
        time_zone or PlayerSettings().time_zone,
    )


def framed(settings: PlayerSettings) -> SettingsFrame:
    """As it goes to the screen."""
    encoded = msgspec.json.encode(settings, order="deterministic")
    return SettingsFrame(hashlib.sha256(encoded).hexdigest()[:_VERSION_DIGITS], settings)


@lru_cache(_DIFFERENT_SETUPS)
def frame_of(kept: str | None, time_zone: str | None, site_hours: str | None) -> SettingsFrame:
    """The whole way, from what PostgreSQL has: both as JSON."""
    return framed(resolved(settings_kept(kept), time_zone, _hours_kept(site_hours)))


def _hours_kept(kept: str | None) -> OpeningHours:
    """What cannot be read is as if nothing had been said: no row may keep a hub from starting."""
    if kept is None:
        return {}
    try:
        return msgspec.json.decode(kept, type=OpeningHours)
    except msgspec.MsgspecError:
        return {}
