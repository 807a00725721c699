"""What a screen is told of its manifest, and when: once a link, and nothing while it plays what it must."""

from __future__ import annotations

import pytest

from actors.device.messages import PlaylistWanted
from actors.device.ports import WantedManifest
from protocol.codec import encode
from protocol.frames import Ack, Downlink, Heartbeat, Hello, ManifestFrame, PlaylistFrame, Welcome
from protocol.manifest import Manifest, ManifestSegment
from tests.actors.device.stage import Stage
from tests.actors.device.world import RecordingLink


def manifest_frame(digest: str) -> bytes:
    return encode(ManifestFrame(Manifest(digest, [], [ManifestSegment(None)], 0)))


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.world.playlist = 5
    stage.world.wanted = WantedManifest(5, "five", manifest_frame("five"), 7.0)
    return stage


def told(link: RecordingLink) -> list[Downlink]:
    return [frame for frame in link.sent if isinstance(frame, ManifestFrame | PlaylistFrame)]


def digests(link: RecordingLink) -> list[str]:
    return [frame.manifest.digest for frame in link.sent if isinstance(frame, ManifestFrame)]


def numbers(link: RecordingLink) -> list[tuple[int, str | None, float]]:
    return [
        (frame.playlist_version, frame.digest, frame.fetch_within_s)
        for frame in link.sent
        if isinstance(frame, PlaylistFrame)
    ]


def test_a_screen_that_plays_another_number_is_sent_the_manifest_after_its_welcome(stage: Stage) -> None:
    link = stage.connect(Hello(playlist_version=4))
    assert [type(frame) for frame in link.sent] == [Welcome, ManifestFrame, PlaylistFrame]
    assert (digests(link), numbers(link)) == (["five"], [(5, "five", 0.0)])


def test_a_screen_that_plays_its_number_is_told_nothing_of_it(stage: Stage) -> None:
    link = stage.connect(Hello(playlist_version=5))
    stage.hears(Heartbeat(1, 1, playlist_version=5))
    assert told(link) == []


def test_it_is_told_once_a_link_and_again_on_the_next_one(stage: Stage) -> None:
    first = stage.connect(Hello(playlist_version=4))
    for seq in range(3):
        stage.hears(Heartbeat(seq, 1, playlist_version=4))
    assert len(told(first)) == 2
    second = stage.connect(Hello(playlist_version=4))
    assert len(told(second)) == 2


def test_what_is_wanted_from_now_on_is_told_at_once(stage: Stage) -> None:
    link = stage.connect(Hello(playlist_version=5))
    stage.world.wanted = WantedManifest(6, "six", manifest_frame("six"), 0.0)
    stage.tell(PlaylistWanted(6))
    stage.tell(PlaylistWanted(6))
    assert (digests(link), numbers(link)) == (["six"], [(6, "six", 0.0)])


def test_another_number_of_the_same_manifest_is_told_without_it(stage: Stage) -> None:
    link = stage.connect(Hello(playlist_version=4))
    stage.world.wanted = WantedManifest(6, "five", manifest_frame("five"), 9.0)
    stage.tell(PlaylistWanted(6))
    assert (digests(link), numbers(link)) == (["five"], [(5, "five", 0.0), (6, "five", 0.0)])


def test_one_that_is_too_large_is_fetched(stage: Stage) -> None:
    stage.world.wanted = WantedManifest(5, "five", None, 7.0)
    link = stage.connect(Hello(playlist_version=4))
    assert (digests(link), numbers(link)) == ([], [(5, "five", 7.0)])


def test_a_link_on_which_something_waits_is_not_sent_more_than_the_number(stage: Stage) -> None:
    link = stage.connect(Hello(playlist_version=5))
    link.stalled = True
    stage.world.wanted = WantedManifest(6, "six", manifest_frame("six"), 3.0)
    stage.tell(PlaylistWanted(6))
    assert (digests(link), numbers(link)) == ([], [(6, "six", 3.0)])


def test_what_could_not_be_said_before_comes_with_the_next_heartbeat_and_before_its_ack(stage: Stage) -> None:
    wanted, stage.world.wanted = stage.world.wanted, None
    link = stage.connect(Hello(playlist_version=4))
    stage.hears(Heartbeat(1, 1, playlist_version=4))
    assert told(link) == []
    stage.world.wanted = wanted
    stage.hears(Heartbeat(2, 1, playlist_version=4))
    assert [type(frame) for frame in link.sent[-3:]] == [ManifestFrame, PlaylistFrame, Ack]


def test_the_number_that_plays_is_reported_at_hello_and_when_it_is_another_one(stage: Stage) -> None:
    stage.connect(Hello(playlist_version=4))
    for version in (4, 4, 5, 5):
        stage.hears(Heartbeat(1, 1, playlist_version=version))
    assert stage.world.reported == [4, 5]


def test_the_bytes_are_those_that_were_made_once(stage: Stage) -> None:
    first = stage.connect(Hello())
    second = Stage()
    second.world.playlist, second.world.wanted = 5, stage.world.wanted
    other = second.connect(Hello())
    assert first.raw[0] is other.raw[0]
