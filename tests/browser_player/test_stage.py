"""The stage in a real Chromium: what is on the glass, for how long, and what the hub is told of it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.browser_player.filming import Filming
from tests.browser_player.staging import Staging, manifest
from tests.media_files import picture, video


@pytest.mark.alone
def test_pictures_and_a_film_play_in_order_each_for_its_time(stage: Staging) -> None:
    red = stage.shelf.put("red.png", picture("PNG", colour=(200, 0, 0)), "image", 0.8)
    film = stage.shelf.put("film.mp4", video(seconds=1.2), "video", 1.2)
    blue = stage.shelf.put("blue.png", picture("PNG", colour=(0, 0, 200)), "image", 0.8)
    stage.play(manifest(red, film, blue))
    stage.until("the.heard.plays.length >= 7")
    heard = stage.heard
    assert heard["skipped"] == []
    plays = heard["plays"]
    names = [play["name"] for play in plays]
    start = names.index("red.png")
    assert names[start:6] == (["red.png", "film.mp4", "blue.png"] * 3)[: 6 - start]
    for play, following in pairwise(plays[1:]):
        wanted = {"red.png": 800, "film.mp4": 1200, "blue.png": 800}[play["name"]]
        assert abs(play["shown_ms"] - wanted) < 100
        assert play["completed"] == 1 and play["plays"] == 1
        assert abs(following["started_ms"] - play["ended_ms"]) <= 2


@pytest.mark.alone
@pytest.mark.parametrize("transition", ["cut", "fade", "slide"])
def test_no_frame_between_two_items_is_black(stage: Staging, transition: str) -> None:
    red = picture("JPEG", (3840, 2160), (200, 0, 0))
    items = [
        stage.shelf.put("red.jpg", red, "image", 0.6, transition=transition),
        stage.shelf.put("film.mp4", video(seconds=1.0, size=(640, 360)), "video", 1.0, transition=transition),
        stage.shelf.put("other.webm", video("webm", 1.0), "video", 1.0, transition=transition),
        stage.shelf.put("blue.png", picture("PNG", colour=(0, 0, 200)), "image", 0.6, transition=transition),
    ]
    stage.play(manifest(*items))
    stage.until("the.stage.item !== null && the.heard.plays.length > 0")
    with Filming(stage.page) as film:
        stage.until("the.heard.plays.length >= 6")
    assert len(film.frames) > 20
    assert not [frame for frame in film.frames if frame.is_black]
    assert stage.heard["skipped"] == []


def test_what_is_broken_is_skipped_and_said_while_the_rest_plays_on(stage: Staging) -> None:
    good = stage.shelf.put("good.png", picture("PNG", colour=(0, 160, 0)), "image", 0.5)
    torn = stage.shelf.put("torn.png", b"this is no picture", "image", 0.5)
    no_film = stage.shelf.put("no.mp4", b"this is no film", "video", 0.5)
    last = stage.shelf.put("last.png", picture("PNG", colour=(0, 0, 160)), "image", 0.5)
    stage.play(manifest(torn, good, no_film, last))
    stage.until("the.heard.plays.length > 0")
    with Filming(stage.page) as film:
        stage.until("the.heard.plays.length >= 5")
    heard = stage.heard
    assert sorted(each["name"] for each in heard["skipped"]) == [
        "no.mp4",
        "torn.png",
    ]  # each once, not each round
    assert {play["name"] for play in heard["plays"]} == {"good.png", "last.png"}
    assert heard["playback"]["state"] == "playing"
    assert not [frame for frame in film.frames if frame.is_black]


def test_where_everything_is_broken_there_is_a_quiet_mark(stage: Staging) -> None:
    stage.play(manifest(stage.shelf.put("torn.png", b"this is no picture", "image", 0.5)))
    stage.until("the.heard.skipped.length === 1 && the.heard.playback.state === 'idle'")
    assert stage.run("return getComputedStyle(the.root, '::before').display") == "block"
    assert stage.heard["plays"] == []
    # A new manifest that mends it plays at once.
    stage.play(manifest(stage.shelf.put("whole.png", picture("PNG"), "image", 0.5)))
    stage.until("the.heard.plays.length > 0")


def test_a_screen_that_was_given_nothing_says_what_to_do(stage: Staging) -> None:
    assert "Assign a playlist" in stage.run("return getComputedStyle(the.root, '::after').content")
    stage.play(manifest(stage.shelf.put("red.png", picture("PNG"), "image", 60)))
    stage.until("the.stage.item !== null")
    assert stage.run("return getComputedStyle(the.root, '::after').content") == '""'


def test_a_film_that_breaks_on_the_glass_gives_way(stage: Staging) -> None:
    film = stage.shelf.put("film.mp4", video(seconds=30), "video", 30)
    red = stage.shelf.put("red.png", picture("PNG", colour=(200, 0, 0)), "image", 20)
    stage.play(manifest(film, red))
    stage.until("the.stage.item?.name === 'film.mp4' && the.files.missing === 0")
    stage.run("the.root.querySelector('video').dispatchEvent(new Event('error'));")
    stage.until("the.stage.item.name === 'red.png'")
    heard = stage.heard
    assert [each["name"] for each in heard["skipped"]] == ["film.mp4"]
    assert [(play["name"], play["completed"]) for play in heard["plays"]] == [("film.mp4", 0)]


@pytest.mark.alone
def test_the_schedule_is_followed_on_the_screen_without_a_gap(stage: Staging) -> None:
    red = stage.shelf.put("red.png", picture("PNG", colour=(200, 0, 0)), "image", 60)
    green = stage.shelf.put("green.png", picture("PNG", colour=(0, 200, 0)), "image", 60)
    turn_ms = stage.run("return the.clock.ms(the.nowS())") + 2000
    lists = [
        {"playlist_id": "day", "name": "Day", "number": 1, "items": [red]},
        {"playlist_id": "night", "name": "Night", "number": 2, "items": [green]},
    ]
    schedule = [
        {"playlist": 0, "until_ms": turn_ms},
        {"playlist": 1, "from_ms": turn_ms, "until_ms": turn_ms + 1000},
        {"playlist": None, "from_ms": turn_ms + 1000},
    ]
    stage.play(manifest(playlists=lists, schedule=schedule))
    stage.until("the.stage.item?.name === 'red.png'")
    with Filming(stage.page) as film:
        stage.until("the.stage.item?.name === 'green.png'")
        stage.until("the.stage.item === null")
    day, night = stage.heard["plays"]
    assert (day["playlist_id"], night["playlist_id"]) == ("day", "night")
    assert abs(night["started_ms"] - turn_ms) < 100 and abs(night["shown_ms"] - 1000) < 100
    assert not [frame for frame in film.frames if frame.is_black and frame.at_s * 1000 < turn_ms + 900]
    assert stage.heard["playback"] == {"state": "idle"}
    assert stage.heard["programmes"] == ["Day", "Night", None]


def test_a_clock_that_is_set_is_followed_within_a_second(stage: Staging) -> None:
    red = stage.shelf.put("red.png", picture("PNG", colour=(200, 0, 0)), "image", 60)
    green = stage.shelf.put("green.png", picture("PNG", colour=(0, 200, 0)), "image", 60)
    turn_ms = stage.run("return the.clock.ms(the.nowS())") + 3_600_000
    red["valid_until_ms"] = green["valid_from_ms"] = turn_ms
    stage.play(manifest(red, green))
    stage.until("the.stage.item?.name === 'red.png'")
    stage.run("the.clock.set(given, the.nowS())", turn_ms + 10)
    stage.until("the.stage.item?.name === 'green.png'", 2.0)
    stage.run("the.clock.set(given, the.nowS())", turn_ms - 10_000)
    stage.until("the.stage.item?.name === 'red.png'", 2.0)


def test_what_is_still_in_a_new_manifest_stays_on_the_glass(stage: Staging) -> None:
    red = stage.shelf.put("red.png", picture("PNG", colour=(200, 0, 0)), "image", 60)
    green = stage.shelf.put("green.png", picture("PNG", colour=(0, 200, 0)), "image", 60)
    stage.play(manifest(red))
    stage.until("the.stage.item?.name === 'red.png'")
    stage.play(manifest(green, red))
    stage.until("the.files.missing === 0")
    assert stage.run("return the.stage.item.name") == "red.png" and stage.heard["plays"] == []
    stage.play(manifest(green))
    stage.until("the.stage.item.name === 'green.png'", 2.0)


def test_it_is_paused_stopped_and_begun_anew(stage: Staging) -> None:
    film = stage.shelf.put("film.mp4", video(seconds=3), "video", 3)
    red = stage.shelf.put("red.png", picture("PNG", colour=(200, 0, 0)), "image", 60)
    stage.play(manifest(film, red))
    stage.until("the.stage.item?.name === 'film.mp4' && the.stage.playback.position_s >= 0.5")
    stage.run("the.stage.pause()")
    assert stage.run("return the.stage.playback.state") == "paused"
    assert stage.run("return the.root.querySelector('video').paused")
    at_s = stage.run("return the.stage.playback.position_s")
    stage.run("the.stage.play()")
    stage.until(f"the.stage.playback.position_s > {at_s} + 0.3")
    stage.run(
        "the.stage.pause(); await new Promise((resolve) => setTimeout(resolve, 50)); the.stage.restart()"
    )
    assert stage.run("return the.stage.playback.position_s") < 0.3
    play = stage.heard["plays"][0]
    assert play["completed"] == 0 and play["shown_ms"] + 50 <= play["ended_ms"] - play["started_ms"]
    stage.run("the.stage.stop()")
    assert stage.run("return [the.stage.playback, the.root.children.length]") == [{"state": "stopped"}, 0]
    assert stage.run("return getComputedStyle(the.root, '::before').display") == "none"
    stage.run("the.stage.play()")
    stage.until("the.stage.item?.name === 'film.mp4'")


def test_outside_of_its_hours_it_is_dark_and_plays_nothing(stage: Staging) -> None:
    stage.play(manifest(stage.shelf.put("red.png", picture("PNG"), "image", 60)))
    stage.until("the.stage.item !== null")
    stage.run("the.stage.setDark(true)")
    assert stage.run("return [the.stage.playback.state, the.root.children.length]") == ["idle", 0]
    assert stage.run("return getComputedStyle(the.root, '::before').display") == "none"
    assert len(stage.heard["plays"]) == 1
    stage.run("the.stage.setDark(false)")
    stage.until("the.stage.item !== null")


def test_below_an_alert_it_plays_on_unheard_and_what_nobody_saw_is_not_recorded(stage: Staging) -> None:
    film = stage.shelf.put("film.mp4", video(seconds=4), "video", 4)
    red = stage.shelf.put("red.png", picture("PNG", colour=(200, 0, 0)), "image", 0.5)
    stage.play(manifest(film, red))
    stage.until("the.stage.playback.item === 'film.mp4' && the.stage.playback.position_s >= 0.3")
    stage.run("the.stage.setCovered(true)")
    sound = "const { volume, muted } = the.root.querySelector('video'); return [volume, muted]"
    assert stage.run(sound) == [0, True]
    stage.until("the.heard.events.filter((each) => each.event === 'playback_started').length >= 3")
    (cut,) = stage.heard["plays"]
    assert cut["name"] == "film.mp4" and cut["completed"] == 0 and 200 < cut["shown_ms"] < 3500
    stage.until("the.stage.item.name === 'film.mp4'")
    stage.run("the.stage.setCovered(false)")
    assert stage.run(sound) == [1, False]
    stage.until("the.heard.plays.length >= 3")
    _, partly, whole = stage.heard["plays"][:3]
    assert partly["completed"] == 0 and whole["completed"] == 1


def test_one_picture_stays_as_it_is_and_each_of_its_turns_is_recorded(stage: Staging) -> None:
    stage.play(manifest(stage.shelf.put("red.png", picture("PNG"), "image", 0.3)))
    stage.until("the.stage.item !== null")
    stage.run("window.kept = the.root.querySelector('img')")
    stage.until("the.heard.plays.length >= 4")
    assert stage.run("return kept.isConnected && the.root.children.length === 1")
    assert all(play["completed"] == 1 for play in stage.heard["plays"])


def test_a_picture_of_what_plays_can_be_had(stage: Staging) -> None:
    stage.play(manifest(stage.shelf.put("red.png", picture("PNG", (100, 100), (200, 0, 0)), "image", 60)))
    stage.until("the.stage.item !== null")
    asked = """
      the.stage.setScaling(given);
      const { blob, width, height, note } = await the.stage.snapshot();
      const drawn = await createImageBitmap(blob);
      const canvas = new OffscreenCanvas(width, height);
      const brush = canvas.getContext("2d");
      brush.drawImage(drawn, 0, 0);
      const red = (x) => brush.getImageData(x, height / 2, 1, 1).data[0];
      return { width, height, note, type: blob.type, middle: red(width / 2), edge: red(2) };
    """
    whole = stage.run(asked, "contain")
    assert (whole["width"], whole["height"], whole["type"], whole["note"]) == (640, 360, "image/jpeg", "")
    assert whole["middle"] > 180 and whole["edge"] < 20
    assert stage.run(asked, "cover")["edge"] > 180
