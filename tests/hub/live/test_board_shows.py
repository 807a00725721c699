"""An emergency goes out: encoded once, to every screen in scope and nobody else; all are accounted for."""

from __future__ import annotations

import json

import pytest
import trio

from actors.emergency.ledger import VERDICT_AFTER_MS
from hub.live.board import ROW_AFTER_MS, SLICE_S, WRITES_PER_LOOK
from protocol.api import Scope
from protocol.frames import Receipt
from protocol.vocabulary import DeviceStatus, LedgerState, MissingReason, ReceiptStatus, Severity
from tests.actors.device.world import RecordingLink
from tests.hub.live.scene import TENANT, Scene, emergency
from tests.patience import PATIENCE_S


async def test_a_fan_out_encodes_once_and_writes_the_same_bytes_to_every_link() -> None:
    scene = Scene()
    for number in range(2 * WRITES_PER_LOOK + 7):
        scene.screen(f"s{number}")
    scene.screen("away", online=False)

    targeted, online = await scene.board.activate(emergency())

    assert (targeted, online) == (2 * WRITES_PER_LOOK + 8, 2 * WRITES_PER_LOOK + 7)
    assert scene.encodings == 1
    assert len({id(link.raw[0]) for link in scene.links.values()}) == 1
    assert all(link.orders == ["emergency_show"] for link in scene.links.values())
    assert len({link.emergency_version for link in scene.links.values()}) == 1
    progress = scene.seen("fire")
    assert progress is not None
    assert (progress.targeted, progress.waiting) == (targeted, online)
    assert progress.missing == {MissingReason.OFFLINE: 1}


async def written_when_others_had_a_turn(scene: Scene) -> set[int]:
    """To how many screens an alert had been written each time that somebody else had a turn."""
    seen = set()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scene.board.activate, emergency())
        with trio.fail_after(PATIENCE_S):
            while (written := sum(bool(link.raw) for link in scene.links.values())) < len(scene.links):
                seen.add(written)
                await trio.lowlevel.checkpoint()
    return seen


async def test_an_alert_is_written_to_all_screens_before_anybody_else_has_a_turn() -> None:
    scene = Scene()
    for number in range(4 * WRITES_PER_LOOK):
        scene.screen(f"s{number}")
    assert await written_when_others_had_a_turn(scene) <= {0}


async def test_an_alert_that_takes_long_to_write_gives_way_once_a_slice() -> None:
    scene = Scene()
    scene.slow_screens(4 * WRITES_PER_LOOK)
    assert 2 * WRITES_PER_LOOK > SLICE_S * 1000, "two milliseconds each: every look at the clock ends a slice"
    seen = await written_when_others_had_a_turn(scene) - {0}
    assert seen and seen <= {WRITES_PER_LOOK * part for part in (1, 2, 3)}


async def test_a_screen_is_recorded_once_with_its_answer_or_with_its_verdict() -> None:
    scene = Scene()
    for device_id in ("shows", "silent", "drops"):
        scene.screen(device_id)
    scene.screen("away", online=False)
    await scene.board.activate(emergency())
    await scene.board.beat()
    assert [record.device_id for record in scene.ledger_records] == ["away"]

    scene.says("shows", Receipt("fire", ReceiptStatus.RECEIVED))
    scene.says("shows", Receipt("fire", ReceiptStatus.RENDERED, content_hash="hash-fire"))
    scene.disconnect("drops")
    await scene.board.beat()
    assert {record.device_id for record in scene.ledger_records} == {"away", "shows", "drops"}
    scene.now_ms += VERDICT_AFTER_MS
    await scene.board.beat()
    assert sorted(record.device_id for record in scene.ledger_records) == ["away", "drops", "shows", "silent"]
    assert scene.ledger_records[-1].missing is MissingReason.SILENT


async def test_pages_learn_of_an_emergency_that_reaches_no_screen() -> None:
    scene = Scene()
    assert await scene.board.activate(emergency(scope=Scope("sites", ["empty"]))) == (0, 0)
    assert scene.progress == [("fire", None)]


async def test_a_row_that_stays_as_it_is_is_not_told_again() -> None:
    scene = Scene()
    scene.screen("a")
    await scene.board.activate(emergency())
    await scene.board.activate(emergency("drill", severity=Severity.MINOR))
    scene.now_ms += ROW_AFTER_MS
    await scene.board.beat()
    assert scene.changed_rows == [(TENANT, "a")], "the graver one is shown, the other changes nothing"


async def test_a_row_waits_a_moment_for_the_answer_of_its_screen() -> None:
    scene = Scene()
    scene.screen("quick")
    scene.screen("slow")
    await scene.board.activate(emergency())
    await scene.board.beat()
    assert scene.changed_rows == [], "one row instead of two for each screen that answers at once"

    scene.says("quick", Receipt("fire", ReceiptStatus.RENDERED, content_hash="hash-fire"))
    await scene.board.beat()
    assert scene.changed_rows == [(TENANT, "quick")]

    scene.now_ms += ROW_AFTER_MS
    await scene.board.beat()
    assert scene.changed_rows == [(TENANT, "quick"), (TENANT, "slow")]
    slow = scene.roster.get("slow")
    assert slow is not None and (slow.alert_state, slow.alert_missing) == (LedgerState.SENT, None)


async def test_only_the_tenants_own_approved_screens_in_scope_are_written_to() -> None:
    scene = Scene()
    scene.screen("in", site_id="site-1")
    scene.screen("elsewhere", site_id="site-2")
    scene.screen("pending", site_id="site-1", status=DeviceStatus.PENDING)
    scene.screen("foreign", tenant_id="tenant-2", site_id="site-1")

    await scene.board.activate(emergency(scope=Scope("sites", ["site-1"])))

    assert [device_id for device_id, link in scene.links.items() if link.raw] == ["in"]
    for device_id in ("elsewhere", "pending", "foreign"):
        assert scene.board.alerts_for(device_id)[1] == []
    # What a screen says about an emergency that is not for it changes nothing.
    scene.says("foreign", Receipt("fire", ReceiptStatus.RENDERED, content_hash="hash-fire"))
    progress = scene.seen("fire")
    assert progress is not None and (progress.targeted, progress.rendered) == (1, 0)
    assert scene.board.in_force("tenant-2") == []


async def test_a_late_joiner_gets_the_alert_at_once_and_joins_the_ledger() -> None:
    scene = Scene()
    await scene.board.activate(emergency(scope=Scope("groups", ["g"])))
    screen = scene.screen("mover")
    scene.board.reconsider(screen)
    assert scene.links["mover"].raw == []

    screen.group_ids = ("g",)
    scene.board.reconsider(screen)
    scene.board.reconsider(screen)

    assert scene.links["mover"].orders == ["emergency_show"]
    assert scene.links["mover"].emergency_version == scene.board.alerts_for("mover")[0]
    progress = scene.seen("fire")
    assert progress is not None and (progress.targeted, progress.waiting) == (1, 1)


async def test_a_screen_that_leaves_the_scope_stays_targeted_until_the_all_clear() -> None:
    scene = Scene()
    screen = scene.screen("mover", group_ids=("g",))
    await scene.board.activate(emergency(scope=Scope("groups", ["g"])))
    screen.group_ids = ()
    scene.board.reconsider(screen)
    assert scene.connect("mover") == ["fire"]


async def test_after_two_seconds_every_screen_is_shown_or_named_with_its_reason() -> None:
    scene = Scene()
    for device_id in ("shows", "wrong", "refuses", "silent", "stalled", "drops"):
        scene.screen(device_id)
    scene.screen("away", online=False)
    scene.links["stalled"].stalled = True
    await scene.board.activate(emergency())
    say = {
        "shows": Receipt("fire", ReceiptStatus.RENDERED, content_hash="hash-fire"),
        "wrong": Receipt("fire", ReceiptStatus.RENDERED, content_hash="hash-of-yesterday"),
        "refuses": Receipt("fire", ReceiptStatus.REJECTED, detail="no memory"),
        "silent": Receipt("fire", ReceiptStatus.RECEIVED),
    }
    scene.now_ms += 40
    for device_id, receipt in say.items():
        assert scene.says(device_id, receipt)
    scene.disconnect("drops")
    scene.now_ms += VERDICT_AFTER_MS

    await scene.board.beat()

    progress = scene.seen("fire")
    assert progress is not None
    assert (progress.targeted, progress.rendered, progress.waiting) == (7, 1, 0)
    assert progress.missing == {
        MissingReason.OFFLINE: 2,
        MissingReason.WRONG_CONTENT: 1,
        MissingReason.REFUSED: 1,
        MissingReason.SILENT: 1,
        MissingReason.STALLED: 1,
    }
    last = {record.device_id: record for record in scene.ledger_records}
    assert last["shows"].state is LedgerState.RENDERED and last["shows"].missing is None
    assert last["refuses"].detail == "no memory"
    assert (progress.slowest_ms, progress.slowest_screen) == (40, "Screen shows")


async def test_a_screen_that_dropped_gets_the_alert_first_when_it_is_back() -> None:
    scene = Scene()
    scene.screen("a", online=False)
    await scene.board.activate(emergency())
    assert scene.connect("a") == ["fire"]
    scene.says("a", Receipt("fire", ReceiptStatus.RENDERED, content_hash="hash-fire"))
    scene.disconnect("a")
    progress = scene.seen("fire")
    assert progress is not None and progress.rendered == 1, "what it proved to show it goes on showing"


async def test_alerts_come_gravest_first_and_the_row_shows_the_gravest() -> None:
    scene = Scene()
    screen = scene.screen("a")
    for severity in (Severity.MINOR, Severity.EXTREME, Severity.SEVERE):
        await scene.board.activate(emergency(severity.value, severity=severity))
    _, alerts = scene.board.alerts_for("a")
    assert [alert.severity for alert in alerts] == [Severity.EXTREME, Severity.SEVERE, Severity.MINOR]
    scene.now_ms += ROW_AFTER_MS
    await scene.board.beat()
    assert screen.alert_id == "extreme"
    await scene.board.clear("extreme", scene.now_ms, "op")
    assert screen.alert_id == "severe"


async def test_an_unknown_command_id_is_not_about_an_alert() -> None:
    scene = Scene()
    scene.screen("a")
    await scene.board.activate(emergency())
    assert not scene.says("a", Receipt("something else", ReceiptStatus.RENDERED))
    assert scene.says("never seen", Receipt("fire", ReceiptStatus.RENDERED))


async def test_a_link_that_closes_in_the_middle_of_a_fan_out_harms_nobody() -> None:
    scene = Scene()

    class Hangup(RecordingLink):
        def send_encoded(self, frame: bytes) -> None:
            del scene.links["quits"]
            scene.board.went_offline("quits")

    for device_id in ("first", "quits", "last"):
        scene.screen(device_id)
    scene.links["quits"] = Hangup()
    await scene.board.activate(emergency())
    scene.now_ms += ROW_AFTER_MS
    await scene.board.beat()
    assert scene.links["last"].orders == ["emergency_show"]
    assert (TENANT, "last") in scene.changed_rows


@pytest.mark.parametrize("step_ms", [-3_600_000, 3_600_000])
async def test_a_step_of_the_wall_clock_changes_no_verdict_and_no_delay(step_ms: int) -> None:
    scene = Scene()
    for device_id in ("shows", "silent"):
        scene.screen(device_id)
    await scene.board.activate(emergency())
    scene.wall_ahead_ms = step_ms
    scene.now_ms += 40
    scene.says("shows", Receipt("fire", ReceiptStatus.RENDERED, content_hash="hash-fire"))

    scene.now_ms += VERDICT_AFTER_MS - 41
    await scene.board.beat()
    progress = scene.seen("fire")
    assert progress is not None and (progress.rendered, progress.waiting) == (1, 1)
    scene.now_ms += 1
    await scene.board.beat()

    progress = scene.seen("fire")
    assert progress is not None and progress.missing == {MissingReason.SILENT: 1}
    assert (progress.slowest_ms, progress.slowest_screen) == (40, "Screen shows")


async def test_the_orders_of_an_emergency_are_numbered_so_that_none_overtakes_the_one_after_it() -> None:
    scene = Scene()
    scene.screen("a")
    await scene.board.activate(emergency())
    await scene.board.clear("fire", scene.now_ms, "op")
    show, hide = (json.loads(frame) for frame in scene.links["a"].raw)
    assert show["args"]["alert"].get("sequence", 1) < hide["args"]["sequence"]
