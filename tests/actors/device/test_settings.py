"""How a screen must be set up: a level, compared with what the screen reports."""

from __future__ import annotations

from actors.device.messages import SettingsWanted
from protocol.frames import Heartbeat, Hello, SettingsFrame
from protocol.player import PlayerSettings
from tests.actors.device.stage import Stage
from tests.actors.device.world import RecordingLink

QUIET = SettingsFrame("quiet", PlayerSettings(volume=20))
LOUD = SettingsFrame("loud", PlayerSettings(volume=90))


def told(link: RecordingLink) -> list[str]:
    return [frame.version for frame in link.sent if isinstance(frame, SettingsFrame)]


def test_a_screen_with_other_settings_is_sent_them_at_its_hello() -> None:
    stage = Stage()
    stage.world.wanted_settings = QUIET
    assert told(stage.connect(Hello(settings_version=""))) == ["quiet"]
    assert told(stage.connect(Hello(settings_version="quiet"))) == []


def test_a_screen_that_takes_no_settings_is_sent_none() -> None:
    stage = Stage()
    stage.world.wanted_settings = QUIET
    link = stage.connect(Hello())
    stage.hears(Heartbeat(1))
    stage.tell(SettingsWanted())
    assert told(link) == []


def test_what_changes_is_told_at_once_and_until_the_screen_has_it() -> None:
    stage = Stage()
    stage.world.wanted_settings = QUIET
    link = stage.connect(Hello(settings_version="quiet"))
    stage.world.wanted_settings = LOUD
    stage.tell(SettingsWanted())
    assert told(link) == ["loud"]
    stage.hears(Heartbeat(1, settings_version="quiet"))
    assert told(link) == ["loud", "loud"]
    stage.hears(Heartbeat(2, settings_version="loud"))
    stage.tell(SettingsWanted())
    assert told(link) == ["loud", "loud"]


def test_a_change_that_is_taken_back_before_the_screen_speaks_is_told_too() -> None:
    stage = Stage()
    stage.world.wanted_settings = QUIET
    link = stage.connect(Hello(settings_version="quiet"))
    for wanted in (LOUD, QUIET):
        stage.world.wanted_settings = wanted
        stage.tell(SettingsWanted())
    assert told(link) == ["loud", "quiet"]


def test_a_screen_that_is_away_is_told_when_it_is_back() -> None:
    stage = Stage()
    stage.world.wanted_settings = QUIET
    link = stage.connect(Hello(settings_version="quiet"))
    stage.loses()
    stage.world.wanted_settings = LOUD
    stage.tell(SettingsWanted())
    assert told(link) == []
    assert told(stage.connect(Hello(settings_version="quiet"))) == ["loud"]
