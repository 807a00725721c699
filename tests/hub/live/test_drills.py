"""A drill: sent to one screen like an alert, answered like one, and nothing else happens."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
import trio
import trio.testing

from hub.live import drills
from hub.live.drills import HASH
from hub.live.realtime import LiveSide
from hub.signing import Signature
from hub.use_cases.realtime import Drilled
from protocol.alert import content_hash, signed_text
from protocol.codec import encode
from protocol.frames import Alert, Command, Receipt
from protocol.vocabulary import CommandName, ReceiptStatus
from tests.actors.device.world import RecordingLink
from tests.fakes import KEYS
from tests.hub.gateway.house import House
from tests.hub.live.scene import TENANT, Scene, emergency
from tests.hub.live.test_realtime import Away, Truth


@asynccontextmanager
async def drilled(scene: Scene, device_id: str = "s1") -> AsyncIterator[Callable[[], Drilled]]:
    """A drill that waits for its answer inside of the block; afterwards what came of it."""
    outcomes: list[Drilled] = []

    async def drill() -> None:
        outcomes.append(await scene.board.drills.drill(TENANT, device_id))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(drill)
        await trio.testing.wait_all_tasks_blocked()
        yield lambda: outcomes[0]


def order(link: RecordingLink) -> Command:
    (command,) = link.commands
    return command


async def test_a_drill_is_a_signed_alert_that_says_what_it_is() -> None:
    scene = Scene()
    scene.screen("s1")
    link = scene.links["s1"]
    link.emergency_version = 17
    async with drilled(scene):
        sent = order(link)
        scene.says("s1", Receipt(sent.command_id, ReceiptStatus.RENDERED, content_hash=HASH))
    alert = _alert(sent)
    assert sent.command is CommandName.EMERGENCY_SHOW
    assert alert.drill and alert.emergency_id == sent.command_id
    assert alert.content_hash == content_hash(alert.title, alert.message, alert.severity)
    assert sent.args["emergency_version"] == link.emergency_version == 17, "a drill is no word about alerts"
    assert sent.expires_ms == alert.expires_ms == scene.now_ms + drills.EXPIRES_AFTER_MS
    assert alert.signature is not None
    value = base64.urlsafe_b64decode(alert.signature.value + "==")
    assert KEYS.verify(signed_text(TENANT, alert), Signature(alert.signature.kid, value))


async def test_what_the_screen_renders_proves_it_after_the_time_it_took() -> None:
    scene = Scene()
    scene.screen("s1")
    async with drilled(scene) as outcome:
        drill_id = order(scene.links["s1"]).command_id
        scene.now_ms += 30
        assert scene.says("s1", Receipt(drill_id, ReceiptStatus.RECEIVED))
        scene.now_ms += 13
        scene.wall_ahead_ms = 3_600_000  # The wall clock is put forward meanwhile.
        assert scene.says("s1", Receipt(drill_id, ReceiptStatus.RENDERED, content_hash=HASH))
    assert outcome() == Drilled(43, None)


@pytest.mark.parametrize(
    ("receipt", "reason"),
    [
        (Receipt("", ReceiptStatus.RENDERED, content_hash="other"), drills.WRONG_CONTENT),
        (Receipt("", ReceiptStatus.RENDERED), drills.WRONG_CONTENT),
        (
            Receipt("", ReceiptStatus.REJECTED, "its signature is of no key that is known"),
            "the screen refused it: its signature is of no key that is known",
        ),
        (Receipt("", ReceiptStatus.FAILED), "the screen refused it: it did not say why"),
    ],
)
async def test_any_other_answer_proves_nothing_and_says_why(receipt: Receipt, reason: str) -> None:
    scene = Scene()
    scene.screen("s1")
    async with drilled(scene) as outcome:
        drill_id = order(scene.links["s1"]).command_id
        scene.says("s1", Receipt(drill_id, receipt.status, receipt.detail, receipt.content_hash))
    assert outcome() == Drilled(None, reason)


async def test_a_screen_that_is_away_is_not_waited_for() -> None:
    scene = Scene()
    scene.screen("s1", online=False)
    assert await scene.board.drills.drill(TENANT, "s1") == Drilled(None, drills.OFFLINE)


async def test_a_screen_that_says_nothing_is_waited_for_two_seconds(
    autojump_clock: trio.testing.MockClock,
) -> None:
    scene = Scene()
    scene.screen("s1")
    began = trio.current_time()
    assert await scene.board.drills.drill(TENANT, "s1") == Drilled(None, drills.SILENT)
    assert trio.current_time() - began == pytest.approx(drills.WITHIN_S)


async def test_one_that_does_not_read_and_one_that_came_back_anew_are_told_apart(
    autojump_clock: trio.testing.MockClock,
) -> None:
    scene = Scene()
    scene.screen("s1")
    scene.links["s1"].stalled = True
    assert await scene.board.drills.drill(TENANT, "s1") == Drilled(None, drills.STALLED)
    async with drilled(scene) as outcome:
        scene.links["s1"] = RecordingLink()
    assert outcome() == Drilled(None, drills.LOST)


async def test_a_screen_that_leaves_ends_the_waiting_at_once() -> None:
    scene = Scene()
    scene.screen("s1")
    async with drilled(scene) as outcome:
        scene.disconnect("s1")
    assert outcome() == Drilled(None, drills.LOST)


async def test_another_screen_cannot_answer_for_it_and_a_late_answer_is_about_nothing() -> None:
    scene = Scene()
    scene.screen("s1")
    scene.screen("s2")
    async with drilled(scene) as outcome:
        drill_id = order(scene.links["s1"]).command_id
        assert scene.links["s2"].sent == []
        forged = Receipt(drill_id, ReceiptStatus.RENDERED, content_hash=HASH)
        assert not scene.says("s2", forged)
        scene.says("s1", Receipt(drill_id, ReceiptStatus.REJECTED, "no"))
        scene.says("s1", forged)
    assert outcome() == Drilled(None, "the screen refused it: no")
    assert not scene.says("s1", forged)


async def test_a_drill_leaves_neither_ledger_nor_record_and_changes_no_row() -> None:
    scene = Scene()
    scene.screen("s1")
    await scene.board.activate(emergency())
    scene.says("s1", Receipt("fire", ReceiptStatus.RENDERED, content_hash="hash-fire"))
    await scene.board.beat()
    link = scene.links["s1"]
    before = len(scene.changed_rows), len(scene.progress), len(scene.ledger_records), link.emergency_version
    async with drilled(scene):
        scene.says("s1", Receipt(link.command_ids[-1], ReceiptStatus.RENDERED, content_hash=HASH))
    await scene.board.beat()
    assert (
        len(scene.changed_rows),
        len(scene.progress),
        len(scene.ledger_records),
        link.emergency_version,
    ) == before
    assert [alert.emergency_id for alert in scene.board.alerts_for("s1")[1]] == ["fire"]


async def test_a_drill_goes_to_the_socket_and_back_and_to_no_other_tenant() -> None:
    house = House()
    live = LiveSide(house.roster, house.fleet, house.board, house.feed, Truth(), Away, house.playlists)
    screen = await house.screen("d1")
    screen.says(b'{"type":"hello"}')
    house.work()
    assert await live.drill("t2", "d1") == Drilled(None, drills.OFFLINE)
    assert await live.drill("t1", "nobody") == Drilled(None, drills.OFFLINE)
    outcomes: list[Drilled] = []

    async def drill() -> None:
        outcomes.append(await live.drill("t1", "d1"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(drill)
        await trio.testing.wait_all_tasks_blocked()
        drill_id = json.loads(screen.texts[-1])["command_id"]
        screen.says(encode(Receipt(drill_id, ReceiptStatus.RENDERED, content_hash=HASH)))
        house.work()
    assert outcomes == [Drilled(0, None)]


def _alert(command: Command) -> Alert:
    return msgspec.convert(command.args["alert"], Alert)
