"""Checks of commands, settings, the playlist and the log of records."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from player.conformance.connection import Connection
from player.conformance.stage import STRANGER, TENANT, Stage
from player.conformance.verdicts import Check, Skipped, expect
from protocol.frames import (
    DeviceEvent,
    Heartbeat,
    ManifestFrame,
    PlaylistFrame,
    Receipt,
    Records,
    RecordsKept,
    SettingsFrame,
)
from protocol.manifest import Manifest, ManifestSegment
from protocol.player import PlayerSettings
from protocol.vocabulary import CommandName, EventName, ReceiptStatus

_FINAL = frozenset({ReceiptStatus.SUCCEEDED, ReceiptStatus.FAILED, ReceiptStatus.REJECTED})
_ANSWERED_WITHIN_S = 2.0


def _ends(command_id: str) -> Callable[[Receipt], bool]:
    return lambda receipt: receipt.command_id == command_id and receipt.status in _FINAL


async def _ended(connection: Connection, command_id: str, what: str) -> Receipt:
    return await connection.until(Receipt, _ANSWERED_WITHIN_S, what, _ends(command_id))


async def answers_a_ping(stage: Stage) -> None:
    connection = await stage.session()
    ping = stage.order(CommandName.PING)
    await connection.say(ping)
    end = await _ended(connection, ping.command_id, "the answer to a ping")
    expect(end.status is ReceiptStatus.SUCCEEDED, f"it answered a ping with {end.status}: {end.detail}")


async def carries_out_each_command_once(stage: Stage) -> None:
    connection = await stage.session()
    order = stage.order(CommandName.PAUSE)
    await connection.say(order)
    first = await _ended(connection, order.command_id, "the answer to pause")
    play = stage.order(CommandName.PLAY)
    await connection.say(play)
    await _ended(connection, play.command_id, "the answer to play")
    connection.skip()
    await connection.say(order)
    again = await _ended(connection, order.command_id, "the answer to a command that came again")
    expect(again.status == first.status, f"it answered {first.status}, and the second time {again.status}")
    paused = [
        heard.frame for heard in connection.heard[-4:]
        if isinstance(heard.frame, Receipt) and heard.frame.status is ReceiptStatus.RECEIVED
        and heard.frame.command_id == order.command_id
    ]  # fmt: skip
    expect(len(paused) <= 1, "it began the same command twice")


async def says_how_far_it_is(stage: Stage) -> None:
    connection = await stage.session()
    ping = stage.order(CommandName.PING)
    await connection.say(ping)
    await _ended(connection, ping.command_id, "the answer to a ping")
    beat = await connection.until(Heartbeat, 3 * stage.interval_s + 1.0, "a heartbeat")
    if beat.command_seq is None:
        raise Skipped("it leaves command_seq out: nothing is sent to it again on the same connection")
    expect(
        beat.command_seq == stage.commands, f"it had {stage.commands} commands, and says {beat.command_seq}"
    )


async def refuses_what_is_over(stage: Stage) -> None:
    connection = await stage.session()
    late = stage.order(CommandName.PING, expires_ms=stage.now_ms - 1000)
    await connection.say(late)
    end = await _ended(connection, late.command_id, "the answer to a command whose time is over")
    expect(end.status is ReceiptStatus.REJECTED, f"its time was over, and it answered {end.status}")


async def takes_settings(stage: Stage) -> None:
    connection = await stage.session()
    if stage.hello is not None and stage.hello.settings_version is None:
        raise Skipped("its hello has no settings_version: it takes no settings")
    settings = PlayerSettings(volume=30)
    version = hashlib.sha256(str(stage.new_id()).encode()).hexdigest()[:16]
    await connection.say(SettingsFrame(version, settings))
    await connection.until(
        Heartbeat, 3 * stage.interval_s + 1.0, "a heartbeat with the version of the settings",
        lambda beat: beat.settings_version == version,
    )  # fmt: skip


async def follows_its_playlist(stage: Stage) -> None:
    connection = await stage.session()
    empty = Manifest(
        "0" * 63 + str(stage.playlist_version % 10), [], [ManifestSegment(None)], stage.now_ms * 2
    )
    stage.playlist_version += 5
    await connection.say(ManifestFrame(empty))
    await connection.say(PlaylistFrame(stage.playlist_version, empty.digest))
    await connection.until(
        Heartbeat, 4 * stage.interval_s + 2.0, "a heartbeat with the number of the playlist",
        lambda beat: beat.playlist_version == stage.playlist_version,
    )  # fmt: skip


async def keeps_its_records_until_they_are_kept(stage: Stage) -> None:
    connection = await stage.sound_session()
    # Something that is worth a record: an alert that it must refuse.
    await connection.say(stage.showing(STRANGER.signed(stage.alert("Forged"), TENANT)))
    if await _says_events_at_once(stage, connection):
        raise Skipped("it says events at once and keeps no log: what it does without a hub is lost")
    # What it said before was never answered, and is under way still: in the next session it is said again.
    await stage.cut(connection)
    second = await stage.next_hello()
    await stage.welcome(second)
    first = await _records(stage, second)
    await stage.cut(second)
    again = await stage.next_hello()
    await stage.welcome(again)
    said = await _records(stage, again)
    expect(said.log == first.log, "it began another log though nothing happened to it")
    numbers = [record.number for record in said.records]
    expect(numbers == sorted(set(numbers)), "the numbers of its records are not in order")
    expect(
        said.records[: len(first.records)] == first.records,
        "records that the hub has not kept were not said again as they were",
    )
    last = numbers[-1]
    await again.say(RecordsKept(said.log, last))
    await again.until(Heartbeat, 3 * stage.interval_s + 1.0, "a heartbeat")
    await stage.cut(again)
    third = await stage.next_hello()
    await stage.welcome(third)
    await third.never(
        Records, 4 * stage.interval_s, "a record that the hub has kept, once more",
        lambda records: records.records[0].number <= last,
    )  # fmt: skip


async def _says_events_at_once(stage: Stage, connection: Connection) -> bool:
    await connection.until(Heartbeat, 3 * stage.interval_s + 1.0, "a heartbeat")
    return any(
        isinstance(heard.frame, DeviceEvent) and heard.frame.event is EventName.ALERT_REFUSED
        for heard in connection.heard
    )


async def _records(stage: Stage, connection: Connection) -> Records:
    return await connection.until(Records, 6 * stage.interval_s + 8.0, "its records")


ORDERS = [
    Check("It answers a ping", "What the hub says", answers_a_ping),
    Check(
        "It carries out each command once, and answers it each time", "Rules", carries_out_each_command_once
    ),
    Check("It says how far it is with its commands", "Heartbeat", says_how_far_it_is),
    Check("It does not carry out a command whose time is over", "What the hub says", refuses_what_is_over),
    Check("It takes its settings, and reports their version", "What the hub says", takes_settings),
    Check(
        "It follows its playlist, and reports what it plays", "What the screen plays", follows_its_playlist
    ),
]
RECORDS = [
    Check(
        "It says its records again until they are kept, and no longer",
        "What the screen records",
        keeps_its_records_until_they_are_kept,
    ),
]
