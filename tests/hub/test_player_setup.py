"""From what operators set to what a screen is told."""

from __future__ import annotations

import pytest

from hub.player_setup import UNSET, frame_of, framed, resolved, settings_kept
from protocol.places import OpeningHours
from protocol.player import PlayerSettings, ScreenSettings
from protocol.vocabulary import Orientation, Scaling

SITE: OpeningHours = {"mon": [["08:00", "18:00"]]}
OWN: OpeningHours = {"sun": [["10:00", "12:00"]]}


@pytest.mark.parametrize(
    ("settings", "site_hours", "hours"),
    [
        (ScreenSettings(), SITE, None),
        (ScreenSettings(lit="site"), SITE, SITE),
        (ScreenSettings(lit="site"), {}, None),
        (ScreenSettings(lit="site", own_hours=OWN), SITE, SITE),
        (ScreenSettings(lit="own", own_hours=OWN), SITE, OWN),
        (ScreenSettings(lit="always", own_hours=OWN), SITE, None),
    ],
)
def test_a_screen_is_told_when_it_is_lit_and_not_why(
    settings: ScreenSettings, site_hours: OpeningHours, hours: OpeningHours | None
) -> None:
    told = resolved(settings, "Europe/Vienna", site_hours)
    assert (told.hours, told.time_zone) == (hours, "Europe/Vienna")


def test_a_screen_at_no_site_goes_by_utc() -> None:
    assert resolved(ScreenSettings(lit="site"), None, {}) == PlayerSettings()


def test_the_rest_is_told_as_it_was_set() -> None:
    told = resolved(ScreenSettings(Orientation.PORTRAIT, Scaling.COVER, 40), None, {})
    assert told == PlayerSettings(Orientation.PORTRAIT, Scaling.COVER, 40)


def test_the_version_is_of_what_is_told() -> None:
    unset = frame_of(None, "UTC", '{"mon": [["08:00", "18:00"]]}')
    assert unset == framed(PlayerSettings())
    assert unset.version == framed(PlayerSettings()).version
    assert len(unset.version) == 16
    follows = frame_of('{"lit": "site"}', "UTC", '{"mon": [["08:00", "18:00"]]}')
    later = frame_of('{"lit": "site"}', "UTC", '{"mon": [["09:00", "18:00"]]}')
    elsewhere = frame_of('{"lit": "site"}', "Europe/Vienna", '{"mon": [["08:00", "18:00"]]}')
    assert len({frame.version for frame in (unset, follows, later, elsewhere)}) == 4
    one, two = '{"mon": [["08:00", "18:00"]], "tue": []}', '{"tue": [], "mon": [["08:00", "18:00"]]}'
    assert frame_of('{"lit": "site"}', "UTC", one).version == frame_of('{"lit": "site"}', "UTC", two).version


@pytest.mark.parametrize("kept", [None, '"chrome"', '{"volume": 1000}', '{"orientation": "upwards"}', "[]"])
def test_what_somebody_else_kept_under_the_same_name_is_as_if_nothing_were_set(kept: str | None) -> None:
    assert settings_kept(kept) == UNSET


def test_hours_that_cannot_be_read_keep_no_hub_from_starting() -> None:
    for hours in ('{"someday": []}', '{"mon": [["noon", "18:00"]]}', "7"):
        assert frame_of('{"lit": "site"}', "UTC", hours) == framed(PlayerSettings())
