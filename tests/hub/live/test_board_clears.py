"""The all-clear: chased until no screen still shows the alert, and never believed too early."""

from __future__ import annotations

import trio

from actors.emergency.ledger import Entry
from hub.live.board import WRITES_PER_LOOK
from protocol.frames import Receipt
from protocol.vocabulary import EmergencyStatus, LedgerState, MissingReason, ReceiptStatus
from tests.actors.device.world import RecordingLink
from tests.hub.live.scene import START_MS, TENANT, Scene, emergency
from tests.patience import PATIENCE_S

GONE = Receipt("hide-fire", ReceiptStatus.SUCCEEDED)
SHOWN = Receipt("fire", ReceiptStatus.RENDERED, content_hash="hash-fire")


async def test_it_is_cleared_when_every_screen_says_that_it_is_gone() -> None:
    scene = Scene()
    scene.screen("a")
    scene.screen("b")
    await scene.board.activate(emergency())
    for device_id in ("a", "b"):
        scene.says(device_id, SHOWN)
    await scene.board.clear("fire", scene.now_ms, "op")
    await scene.board.clear("fire", scene.now_ms + 9, "somebody else")

    assert scene.links["a"].orders == ["emergency_show", "emergency_hide"]
    assert [record.status for record in scene.statuses] == [EmergencyStatus.CLEARING]
    scene.says("a", GONE)
    await scene.board.beat()
    progress = scene.seen("fire")
    assert progress is not None and (progress.still_showing, progress.cleared_by) == (1, "op")
    assert scene.board.alerts_for("b")[1] == []

    scene.says("b", GONE)
    await scene.board.beat()
    assert scene.statuses[-1].status is EmergencyStatus.CLEARED
    assert scene.seen("fire") is None
    last = scene.progress[-1][1]
    assert last is not None and (last.status, last.rendered) == (EmergencyStatus.CLEARED, 2)


async def test_pages_learn_of_an_all_clear_that_no_screen_is_there_to_hear() -> None:
    scene = Scene()
    scene.screen("a")
    await scene.board.activate(emergency())
    scene.says("a", SHOWN)
    await scene.board.beat()
    scene.disconnect("a")
    await scene.board.beat()
    told = len(scene.progress)
    await scene.board.clear("fire", scene.now_ms, "op")
    await scene.board.beat()
    assert [emergency_id for emergency_id, _ in scene.progress[told:]] == ["fire"]


async def test_of_two_words_to_a_screen_the_later_one_has_the_newer_version() -> None:
    """Or a screen that lost its link between the two would come back with the newest version, and still show
    what the second one ends."""
    scene = Scene()
    # So many turns that chance does not give all of them in the same order.
    scene.slow_screens(14 * WRITES_PER_LOOK)
    ids = ["fire", "flood", "storm"]
    for each in ids:
        await scene.board.activate(emergency(each))
    async with trio.open_nursery() as nursery:
        for each in ids:
            nursery.start_soon(scene.board.clear, each, scene.now_ms, "op")
    orders = set()
    for link in scene.links.values():
        words = [frame.args for frame in link.commands]
        versions = [word["emergency_version"] for word in words]
        assert versions == sorted(set(versions)) and versions[-1] == link.emergency_version
        orders.add(tuple(word["emergency_id"] for word in words[len(ids) :]))
    assert len(orders) > 1, "they did not come in turn"


async def test_who_may_show_it_is_on_record_before_the_all_clear_is_written() -> None:
    """A hub that is killed then knows of no other screens than those."""
    scene = Scene()

    class Watching(RecordingLink):
        def send_encoded(self, frame: bytes) -> None:
            super().send_encoded(frame)
            recorded.append([(record.device_id, record.state) for record in scene.ledger_records])

    recorded: list[list[tuple[str, LedgerState]]] = []
    scene.screen("a")
    scene.links["a"] = Watching()
    await scene.board.activate(emergency())
    await scene.board.beat()
    await scene.board.clear("fire", scene.now_ms, "op")
    assert recorded == [[], [("a", LedgerState.SENT)]]


async def test_agreeing_before_the_all_clear_was_written_to_the_link_does_not_count() -> None:
    scene = Scene()

    class InTheMiddle(RecordingLink):
        """Written to first; at that moment everybody agrees on what they had until then."""

        def send_encoded(self, frame: bytes) -> None:
            super().send_encoded(frame)
            if self.orders[-1] == "emergency_hide":
                scene.agrees("last")

    scene.screen("first")
    scene.links["first"] = InTheMiddle()
    scene.screen("last")
    await scene.board.activate(emergency())
    await scene.board.activate(emergency("flood"))
    await scene.board.clear("fire", scene.now_ms, "op")
    assert still_showing(scene) == 2
    # What the screen agrees on now was written after the all-clear.
    scene.agrees("last")
    assert still_showing(scene) == 1
    flood = scene.seen("flood")
    assert flood is not None and flood.status is EmergencyStatus.LIVE


async def test_all_clears_that_cross_are_each_proven_by_one_agreement() -> None:
    scene = Scene()
    scene.screen("a")
    for emergency_id in ("fire", "flood"):
        await scene.board.activate(emergency(emergency_id))
    for emergency_id in ("flood", "fire"):
        await scene.board.clear(emergency_id, scene.now_ms, "op")
    scene.agrees("a")
    await scene.board.beat()
    assert scene.board.in_force(TENANT) == []


async def test_a_clear_while_the_fan_out_pauses_leaves_the_alert_nowhere() -> None:
    scene = Scene()
    scene.slow_screens(4 * WRITES_PER_LOOK)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scene.board.activate, emergency())
        with trio.fail_after(PATIENCE_S):
            while not scene.links["s0000"].raw:
                await trio.lowlevel.checkpoint()
        await scene.board.clear("fire", scene.now_ms, "op")
    # Who runs first after a pause is chance: a screen has both orders or neither, never the alert alone.
    assert scene.links["s0000"].orders == ["emergency_show", "emergency_hide"]
    assert all(link.orders in ([], ["emergency_show", "emergency_hide"]) for link in scene.links.values())
    for device_id in scene.links:
        scene.agrees(device_id)
    await scene.board.beat()
    assert scene.seen("fire") is None


async def test_every_screen_is_accounted_for_when_it_is_cleared_within_the_two_seconds() -> None:
    scene = Scene()
    scene.screen("a")
    await scene.board.activate(emergency())
    await scene.board.clear("fire", scene.now_ms + 100, "op")
    scene.says("a", GONE)
    await scene.board.beat()
    last = scene.progress[-1][1]
    assert last is not None
    assert (last.waiting, last.missing) == (0, {MissingReason.SILENT: 1})
    assert scene.ledger_records[-1].state is LedgerState.HIDDEN


async def test_a_screen_that_is_away_at_the_all_clear_is_waited_for_and_told_nothing_of_the_alert() -> None:
    scene = Scene()
    scene.screen("a")
    await scene.board.activate(emergency())
    scene.says("a", SHOWN)
    scene.disconnect("a")
    await scene.board.clear("fire", scene.now_ms, "op")
    await scene.board.beat()
    progress = scene.seen("fire")
    assert progress is not None and progress.still_showing == 1

    assert scene.connect("a") == []
    scene.agrees("a")
    await scene.board.beat()
    assert scene.statuses[-1].status is EmergencyStatus.CLEARED


async def test_an_emergency_expires_by_itself_and_is_offered_to_nobody_from_that_moment() -> None:
    scene = Scene()
    scene.screen("a")
    await scene.board.activate(emergency(expires_in_s=10))
    scene.now_ms += 9_999
    await scene.board.beat()
    assert scene.links["a"].orders == ["emergency_show"]
    scene.now_ms += 1
    assert scene.board.alerts_for("a")[1] == []
    await scene.board.beat()
    assert scene.links["a"].orders == ["emergency_show", "emergency_hide"]
    assert scene.statuses[-1].cleared_ms == scene.now_ms


async def test_after_a_restart_a_live_emergency_is_still_shown_and_new_screens_join() -> None:
    scene = Scene()
    scene.screen("old", online=False)
    scene.screen("new", online=False)
    proved = Entry("old", START_MS)
    proved.state, proved.missing, proved.rendered_ms = LedgerState.RENDERED, None, START_MS + 50
    scene.board.restore(emergency(), None, None, [proved])

    progress = scene.seen("fire")
    assert progress is not None
    assert (progress.targeted, progress.rendered, progress.missing) == (2, 1, {MissingReason.OFFLINE: 1})
    assert scene.connect("new") == ["fire"] and scene.connect("old") == ["fire"]
    screen = scene.roster.get("old")
    assert screen is not None and screen.alert_id == "fire"


async def test_after_a_restart_a_clearing_emergency_is_chased_to_its_end() -> None:
    scene = Scene()
    scene.screen("a", online=False)
    entry = Entry("a", START_MS)
    entry.state, entry.missing, entry.rendered_ms = LedgerState.RENDERED, None, START_MS + 50
    scene.board.restore(emergency(), START_MS + 900, "op", [entry])
    await scene.board.beat()
    assert scene.statuses == []

    assert scene.connect("a") == []
    scene.agrees("a")
    await scene.board.beat()
    assert scene.statuses[-1].status is EmergencyStatus.CLEARED


async def test_clearing_what_is_not_on_the_board_does_nothing() -> None:
    scene = Scene()
    await scene.board.clear("unknown", scene.now_ms, "op")
    await scene.board.beat()
    assert scene.statuses == [] and scene.progress == []


def still_showing(scene: Scene) -> int:
    progress = scene.seen("fire")
    assert progress is not None
    return progress.still_showing
