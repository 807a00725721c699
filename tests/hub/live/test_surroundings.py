"""Where the effects of turns go: roster, journal, feed and board; texts of screens are cleaned on the way."""

from __future__ import annotations

import pytest

from actors.runtime import Instant
from hub.journal_records import Batch
from hub.live.surroundings import LINES_A_MINUTE, NEWS_MS, clean
from hub.recorded import KeptEvent
from hub.use_cases.realtime import LiveEmergency
from protocol.api import Scope
from protocol.frames import DeviceEvent, Health, Play, Playback, Receipt, Record, Records
from protocol.live import TimelineEntry
from protocol.vocabulary import (
    CommandName,
    CommandStatus,
    EventName,
    PlaybackState,
    Presence,
    PresenceReason,
    ReceiptStatus,
)
from tests.actors.device.world import NOON_MS, RecordingLink
from tests.hub.gateway.house import House
from tests.hub.live.scene import emergency

DIRTY, CLEANED = "a\x00b\x1b[31m\nc\x7f", "a b [31m c "


@pytest.fixture
def house() -> House:
    return House()


async def journaled(house: House) -> Batch:
    await house.journal.flush()
    (batch,) = house.batches
    return batch


async def test_presence_goes_to_the_row_the_journal_and_the_timeline(house: House) -> None:
    house.effects.came_online("d1", "2.1", "192.0.2.7", NOON_MS, epoch=7)
    house.effects.playback_changed("d1", Playback(PlaybackState.IDLE), NOON_MS + 1)
    house.effects.went_offline("d1", PresenceReason.TOO_SLOW, NOON_MS + 5, NOON_MS + 9)
    row = house.roster.get("d1")
    assert row is not None
    assert (row.presence, row.reason, row.since_ms, row.last_seen_ms) == (
        Presence.OFFLINE,
        PresenceReason.TOO_SLOW,
        NOON_MS + 9,
        NOON_MS + 5,
    )
    batch = await journaled(house)
    assert batch.presence["d1"].presence is Presence.OFFLINE
    assert (batch.playback["d1"].player_version, batch.playback["d1"].ip_address) == ("2.1", "192.0.2.7")
    assert [line.text for line in batch.timeline] == [
        "came online",
        "went offline: did not read what the hub sent",
    ]


@pytest.mark.parametrize(
    ("peer", "recorded"), [("fe80::1%eth0", "fe80::1"), ("", None), ("2001:db8::7", "2001:db8::7")]
)
async def test_an_address_is_recorded_as_postgresql_takes_it(
    house: House, peer: str, recorded: str | None
) -> None:
    house.effects.came_online("d1", "", peer, NOON_MS, epoch=7)
    assert (await journaled(house)).playback["d1"].ip_address == recorded


async def test_no_text_of_a_screen_is_kept_as_it_came(house: House) -> None:
    house.effects.came_online("d1", DIRTY, "", NOON_MS, epoch=7)
    house.effects.playback_changed("d1", Playback(PlaybackState.PLAYING, DIRTY), NOON_MS)
    house.effects.heartbeat_sampled("d1", 1, Playback(PlaybackState.PLAYING, DIRTY), None, NOON_MS)
    house.effects.event_reported("d1", DeviceEvent(EventName.ERROR, DIRTY, DIRTY), NOON_MS)
    house.effects.command_changed("d1", "c", CommandName.PLAY, CommandStatus.FAILED, DIRTY, NOON_MS)
    await house.board.activate(fire(house))
    for receipt in (
        Receipt("fire", ReceiptStatus.RENDERED, content_hash=DIRTY),
        Receipt("fire", ReceiptStatus.REJECTED, detail=DIRTY),
    ):
        house.effects.alert_receipt("d1", receipt, Instant(0.0, NOON_MS))
    await house.board.beat()
    batch = await journaled(house)
    assert batch.playback["d1"].player_version == CLEANED and batch.playback["d1"].now_playing == CLEANED
    assert batch.heartbeats[0].now_playing == CLEANED
    assert batch.timeline[-1].text == f"the screen reported an error: {CLEANED}: {CLEANED}"
    assert batch.commands["c"].detail == CLEANED
    entry = batch.ledger["fire", "d1"]
    assert (entry.detail, entry.content_hash) == (CLEANED, CLEANED)
    assert "\x00" not in repr(batch)


@pytest.mark.parametrize(
    ("state", "position_s", "since_ms"),
    [
        (PlaybackState.PLAYING, 2.5, NOON_MS - 2_500),
        (PlaybackState.PLAYING, None, NOON_MS),
        (PlaybackState.PLAYING, -1e300, NOON_MS),
        (PlaybackState.PLAYING, 1e300, NOON_MS - 86_400_000),
        (PlaybackState.PAUSED, 2.5, None),
    ],
)
async def test_a_row_says_since_when_something_runs_whatever_the_screen_says(
    house: House, state: PlaybackState, position_s: float | None, since_ms: int | None
) -> None:
    house.effects.playback_changed("d1", Playback(state, "Menu", position_s, "m1"), NOON_MS)
    screen = house.roster.get("d1")
    assert screen is not None
    row = screen.row()
    assert (row.now_playing, row.media_id, row.shown_since_ms) == ("Menu", "m1", since_ms)


async def test_the_health_of_a_screen_goes_with_the_heartbeat_that_is_kept(house: House) -> None:
    health = Health(uptime_s=60, storage_bytes=5, dropped_frames=2)
    house.effects.heartbeat_sampled("d1", 1, None, health, NOON_MS)
    house.effects.heartbeat_sampled("d1", 1, None, None, NOON_MS + 1)
    first, second = (await journaled(house)).heartbeats
    assert (first.uptime_s, first.memory_bytes, first.storage_bytes, first.dropped_frames) == (60, None, 5, 2)
    assert second.uptime_s is None


async def test_records_go_where_they_are_kept_and_of_their_events_pages_hear_what_is_news(
    house: House,
) -> None:
    link = RecordingLink()
    records = Records("log-of-the-screen", [Record(1, Play("Menu", NOON_MS, NOON_MS, 0))])
    house.effects.recorded("d1", link, records)
    house.effects.recorded("gone", link, records)
    assert house.recorded == [("t1", "d1", link, records)]
    told: list[TimelineEntry] = []
    house.feed.happened = lambda tenant_id, entry: told.append(entry)  # type: ignore[method-assign]
    events = [
        KeptEvent(number, NOON_MS - age_ms, EventName.ERROR, "x") for number, age_ms in ((1, NEWS_MS), (2, 9))
    ]
    house.effects.events_kept("t1", "d1", events, NOON_MS)
    assert told == [TimelineEntry("d1", "error", "x", NOON_MS - 9)]


async def test_a_screen_that_reports_without_end_is_left_out_until_the_next_minute(house: House) -> None:
    failure = DeviceEvent(EventName.ERROR, detail="again")
    for _ in range(1000):
        house.effects.event_reported("d1", failure, NOON_MS)
    house.effects.event_reported("d2", failure, NOON_MS)
    house.effects.event_reported("d1", failure, NOON_MS + 60_000)
    lines = (await journaled(house)).timeline
    assert [line.device_id for line in lines] == ["d1"] * LINES_A_MINUTE + ["d2", "d1"]
    assert lines[LINES_A_MINUTE - 1].text == "reports too much: the rest of this minute is left out"


async def test_what_a_screen_says_never_hides_when_it_came_and_went(house: House) -> None:
    for _ in range(1000):
        house.effects.event_reported("d1", DeviceEvent(EventName.ERROR, detail="again"), NOON_MS)
    house.effects.went_offline("d1", PresenceReason.TOO_MUCH, NOON_MS, NOON_MS)
    assert (await journaled(house)).timeline[-1].text == "went offline: said more than the hub could take"


def test_clean_leaves_people_their_letters() -> None:
    assert clean("Größe – 日本語 🚨") == "Größe – 日本語 🚨"
    assert clean(None) is None


@pytest.mark.parametrize(
    ("status", "filled"),
    [
        (CommandStatus.SENT, (True, False, False)),
        (CommandStatus.RECEIVED, (False, True, False)),
        (CommandStatus.SUCCEEDED, (False, False, True)),
        (CommandStatus.EXPIRED, (False, False, True)),
    ],
)
async def test_a_command_gets_the_instant_of_its_new_status(
    house: House, status: CommandStatus, filled: tuple[bool, ...]
) -> None:
    house.effects.command_changed("d1", "c", CommandName.PING, status, None, NOON_MS)
    record = (await journaled(house)).commands["c"]
    assert tuple(at is not None for at in (record.sent_ms, record.received_ms, record.finished_ms)) == filled


async def test_a_screen_that_the_roster_does_not_know_leaves_no_trace(house: House) -> None:
    effects = house.effects
    effects.came_online("nobody", "", "", NOON_MS, epoch=7)
    effects.went_offline("nobody", PresenceReason.TOO_SLOW, NOON_MS, NOON_MS)
    effects.playback_changed("nobody", Playback(PlaybackState.IDLE), NOON_MS)
    effects.heartbeat_sampled("nobody", 1, None, None, NOON_MS)
    effects.event_reported("nobody", DeviceEvent(EventName.READY), NOON_MS)
    effects.command_changed("nobody", "c", CommandName.PING, CommandStatus.SENT, None, NOON_MS)
    effects.pending_changed("nobody", 3)
    assert house.journal.waiting == 0 and effects.alerts_for("nobody")[1] == []


def fire(house: House) -> LiveEmergency:
    return emergency("fire", scope=Scope("devices", ["d1"]), tenant_id="t1")
