"""Emergencies within sites: whom they reach, and what is seen and counted from there."""

from __future__ import annotations

import pytest

from hub.live.incident_view import IncidentView
from hub.live.roster import Screen
from protocol.api import Scope
from protocol.frames import Receipt
from protocol.vocabulary import DeviceStatus, EmergencyStatus, MissingReason, ReceiptStatus
from tests.hub.live.scene import START_MS, TENANT, Scene, emergency

HERE, THERE = frozenset({"here"}), frozenset({"there"})


@pytest.fixture
def scene() -> Scene:
    """Two screens here, one there, one nowhere; h1 and t1 are in a group together."""
    scene = Scene()
    scene.screen("h1", site_id="here", site="Here", group_ids=("g",), groups=("Doors",))
    scene.screen("h2", site_id="here", site="Here")
    scene.screen("t1", site_id="there", site="There", group_ids=("g",), groups=("Doors",))
    scene.screen("nowhere")
    return scene


def targeted(scene: Scene) -> set[str]:
    view = scene.board.view(TENANT, "fire")
    assert view is not None
    return {entry.row.device_id for entry in view.ledger()}


def view_of(scene: Scene, emergency_id: str = "fire") -> IncidentView:
    view = scene.board.view(TENANT, emergency_id)
    assert view is not None
    return view


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        (Scope("all", [], ["here"]), {"h1", "h2"}),
        (Scope("groups", ["g"], ["here"]), {"h1"}),
        (Scope("devices", ["h2", "t1", "nowhere"], ["here"]), {"h2"}),
        (Scope("sites", ["here", "there"], ["here"]), {"h1", "h2"}),
        (Scope("all", [], []), set()),
    ],
)
async def test_an_emergency_within_sites_reaches_no_screen_elsewhere_whatever_it_names(
    scene: Scene, scope: Scope, reached: set[str]
) -> None:
    assert await scene.board.activate(emergency(scope=scope)) == (len(reached), len(reached))
    assert targeted(scene) == reached
    for device_id, link in scene.links.items():
        assert bool(link.raw) is (device_id in reached)


@pytest.mark.parametrize(
    "scope",
    [Scope("all", [], ["here"]), Scope("groups", ["g"], ["here"]), Scope("devices", ["h3"], ["here"])],
)
async def test_a_screen_that_connects_later_is_judged_by_where_it_is(scene: Scene, scope: Scope) -> None:
    await scene.board.activate(emergency(scope=scope))
    scene.screen("h3", online=False, site_id="here", group_ids=("g",))
    scene.screen("t3", online=False, site_id="there", group_ids=("g",))
    assert scene.connect("h3") == ["fire"]
    assert scene.connect("t3") == []
    assert scene.connect("nowhere") == []


def moved(scene: Scene, device_id: str, site_id: str | None) -> None:
    """As PostgreSQL has it now."""
    known = scene.roster.get(device_id)
    assert known is not None
    again = Screen(device_id, TENANT)
    again.name, again.status, again.site_id, again.group_ids = (
        known.name,
        DeviceStatus.APPROVED,
        site_id,
        known.group_ids,
    )
    again.groups = known.groups
    scene.board.reconsider(scene.roster.put(again))


async def test_a_screen_that_moves_into_the_sites_joins_and_one_that_leaves_is_theirs_no_more_but_told(
    scene: Scene,
) -> None:
    await scene.board.activate(emergency(scope=Scope("groups", ["g"], ["here"])))
    assert targeted(scene) == {"h1"}
    moved(scene, "t1", "here")
    assert targeted(scene) == {"h1", "t1"} and len(scene.links["t1"].raw) == 1
    # Rule 3 of the board: it goes on showing it until the all-clear, which reaches it.
    moved(scene, "h1", "there")
    assert targeted(scene) == {"h1", "t1"}
    before = scene.seen("fire", "here")
    assert before is not None and before.targeted == 1
    await scene.board.clear("fire", scene.now_ms, "op")
    assert len(scene.links["h1"].raw) == 2
    moved(scene, "h2", None)
    assert [screen.id for screen in scene.roster.of_tenant(TENANT, HERE)] == ["t1"]


async def test_tallies_percentiles_and_the_slowest_are_those_of_the_own_screens(scene: Scene) -> None:
    scene.disconnect("h2")
    await scene.board.activate(emergency())
    for device_id, after_ms in (("h1", 100), ("nowhere", 300), ("t1", 900)):
        scene.now_ms = START_MS + after_ms
        scene.says(device_id, Receipt("fire", ReceiptStatus.RENDERED, content_hash="hash-fire"))
    everywhere, here, there = scene.seen("fire"), scene.seen("fire", "here"), scene.seen("fire", "there")
    assert everywhere is not None and here is not None and there is not None
    assert (everywhere.targeted, everywhere.online, everywhere.rendered) == (4, 4, 3)
    assert (everywhere.slowest_ms, everywhere.slowest_screen) == (900, "Screen t1")
    assert (here.targeted, here.sent, here.received, here.rendered, here.still_showing) == (2, 1, 1, 1, 1)
    assert here.missing == {MissingReason.OFFLINE: 1}
    assert (here.p50_ms, here.p99_ms, here.slowest_ms, here.slowest_screen) == (100, 100, 100, "Screen h1")
    assert (there.targeted, there.rendered, there.slowest_ms, there.missing) == (1, 1, 900, {})
    nobody = scene.seen("fire", "elsewhere")
    assert nobody is not None and (nobody.targeted, nobody.slowest_screen) == (0, None)

    seen = view_of(scene).as_emergency(HERE)
    assert (seen.targeted, seen.rendered, seen.p50_ms, seen.slowest_ms) == (2, 1, 100, 100)
    assert [entry.row.device_id for entry in view_of(scene).ledger(HERE)] == ["h1", "h2"]
    assert [entry.row.device_id for entry in view_of(scene).ledger(THERE)] == ["t1"]


async def test_an_emergency_concerns_the_sites_of_its_screens_and_those_it_cannot_leave(scene: Scene) -> None:
    await scene.board.activate(emergency("group", scope=Scope("groups", ["g"])))
    await scene.board.activate(emergency("one", scope=Scope("devices", ["t1"])))
    await scene.board.activate(emergency("empty", scope=Scope("sites", ["empty"])))
    concerned = {
        view.id: [site for site in ("here", "there", "empty") if view.concerns(frozenset({site}))]
        for view in scene.board.in_force(TENANT)
    }
    assert concerned == {"group": ["here", "there"], "one": ["there"], "empty": ["empty"]}


async def test_what_is_for_others_too_is_shown_without_their_ids_and_names(scene: Scene) -> None:
    scope = Scope("devices", ["h1", "t1", "nowhere"])
    await scene.board.activate(emergency(scope=scope)._replace(scope_text="screens h1, t1 and nowhere"))
    seen, whole = view_of(scene).as_emergency(HERE), view_of(scene).as_emergency()
    assert seen.scope == Scope("devices", ["h1"]) and "t1" not in seen.scope_text
    progress = scene.seen("fire", "here")
    assert progress is not None and progress.scope == seen.scope_text
    assert (whole.scope, whole.scope_text) == (scope, "screens h1, t1 and nowhere")


async def test_the_last_word_of_an_emergency_is_counted_for_each_who_is_told_it(scene: Scene) -> None:
    told: list[IncidentView] = []
    scene.ended = told.append
    await scene.board.activate(emergency())
    await scene.board.clear("fire", scene.now_ms, "op")
    scene.board.sign_off("fire")
    (last,) = told
    assert [last.progress(sites).targeted for sites in (None, HERE, THERE)] == [4, 2, 1]
    assert last.progress(HERE).status is EmergencyStatus.CLEARED
