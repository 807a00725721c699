"""The operators' feed: coalesced, encoded once, resumable by number, and never held up by a slow page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from hub.live.audience import LIMITED_STREAM_KEPT_MS, REPLAY_DELTAS, Audience, Seen
from hub.live.feed import SNAPSHOT_GOOD_FOR_MS, Feed
from hub.use_cases.site_limits import Sites
from protocol.codec import decode_operator_downlink
from protocol.live import (
    CommandChange,
    Delta,
    EmergencyProgress,
    OperatorDownlink,
    Recovered,
    ScreenRow,
    Snapshot,
    TimelineEntry,
)
from protocol.vocabulary import (
    CommandName,
    CommandStatus,
    DeviceStatus,
    EmergencyStatus,
    Presence,
    PresenceReason,
    Severity,
)


@dataclass
class Fire:
    """Fulfils `Seen`: an emergency for the screens of these sites."""

    id: str
    status: EmergencyStatus = EmergencyStatus.LIVE
    sites: frozenset[str] = frozenset()

    def concerns(self, sites: Sites) -> bool:
        return sites is None or not self.sites.isdisjoint(sites)

    def progress(self, sites: Sites) -> EmergencyProgress:
        here = self.sites if sites is None else self.sites & sites
        return progress(self.id, self.status, len(here))


@dataclass
class Gallery:
    """Fulfils `Picture`: rows by id, whose they are, and at which sites."""

    names: dict[str, str] = field(default_factory=lambda: {"a": "A", "b": "B"})
    sites: dict[str, str] = field(default_factory=dict)
    fires: dict[str, Fire] = field(default_factory=lambda: {"fire": Fire("fire")})

    def row(self, device_id: str) -> ScreenRow | None:
        name = self.names.get(device_id)
        if name is None:
            return None
        status, presence = DeviceStatus.APPROVED, Presence.ONLINE
        site = self.site_of(device_id)
        return ScreenRow(device_id, name, status, presence, PresenceReason.CONNECTED, site_id=site)

    def rows(self, tenant_id: str, sites: Sites) -> list[ScreenRow]:
        if tenant_id != "t1":
            return []
        rows = [row for row in map(self.row, self.names) if row is not None]
        return [row for row in rows if sites is None or row.site_id in sites]

    def site_of(self, device_id: str) -> str | None:
        return self.sites.get(device_id)

    def emergency(self, tenant_id: str, emergency_id: str) -> Seen | None:
        return self.fires.get(emergency_id)

    def emergencies(self, tenant_id: str) -> list[Seen]:
        return [each for each in self.fires.values() if each.sites]

    def tenant_name(self, tenant_id: str) -> str:
        return tenant_id.upper()


def progress(emergency_id: str, status: EmergencyStatus, targeted: int) -> EmergencyProgress:
    return EmergencyProgress(
        id=emergency_id,
        title="Fire",
        message="Leave.",
        severity=Severity.MINOR,
        status=status,
        issued_ms=0,
        issued_by="op",
        scope="all",
        targeted=targeted,
        online=0,
        sent=0,
        received=0,
        rendered=0,
        waiting=0,
        still_showing=0,
    )


class Page:
    """A subscriber. `on_frame`: what else happens when a frame is sent."""

    def __init__(self, on_frame: Callable[[], None] = lambda: None) -> None:
        self.raw: list[bytes] = []
        self._on_frame = on_frame

    def send_encoded(self, frame: bytes) -> None:
        self.raw.append(frame)
        self._on_frame()

    @property
    def frames(self) -> list[OperatorDownlink]:
        return [decode_operator_downlink(frame) for frame in self.raw]

    @property
    def last(self) -> OperatorDownlink:
        return self.frames[-1]

    @property
    def snapshot(self) -> Snapshot:
        first = self.frames[0]
        assert isinstance(first, Snapshot)
        return first

    @property
    def deltas(self) -> list[Delta]:
        return [frame for frame in self.frames if isinstance(frame, Delta)]


class Stage:
    def __init__(self) -> None:
        self.encodings = 0
        self.picture = Gallery()
        self.now_ms = 42
        self.feed = Feed(self.picture, lambda: self.now_ms, self._text_frame)

    def _text_frame(self, payload: bytes) -> bytes:
        self.encodings += 1
        return payload

    def page(self, stream: str | None = None, seq: int = 0, tenant_id: str = "t1", sites: str = "") -> Page:
        """`sites`: the letters of those that its reader is limited to."""
        page = Page()
        self.feed.subscribe(Audience(tenant_id, frozenset(sites) or None), page, stream, seq)
        return page

    def change(self, *device_ids: str, tenant_id: str = "t1") -> None:
        for device_id in device_ids:
            self.feed.screen_changed(tenant_id, device_id)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_new_page_gets_a_snapshot_and_then_deltas_that_go_on_from_it(stage: Stage) -> None:
    first = stage.page()
    stage.change("a")
    stage.feed.beat()
    stage.now_ms += SNAPSHOT_GOOD_FOR_MS
    second = stage.page()
    stage.change("b")
    stage.feed.beat()
    assert (first.snapshot.seq, first.snapshot.tenant, len(first.snapshot.screens)) == (0, "T1", 2)
    assert second.snapshot.seq == 1
    assert [delta.seq for delta in first.deltas] == [1, 2]
    assert [delta.seq for delta in second.deltas] == [2]


def test_pages_that_come_together_share_one_snapshot_and_are_told_what_changed_since(stage: Stage) -> None:
    first = stage.page()
    before = stage.encodings
    stage.picture.names["a"] = "renamed"
    stage.change("a")
    second = stage.page()
    assert stage.encodings == before + 1, "the delta alone"
    assert second.raw[0] is first.raw[0]
    assert [row.name for row in second.deltas[0].screens] == ["renamed"]
    assert second.raw[1:] == first.raw[1:]
    stage.change("b")
    stage.feed.beat()
    assert [delta.seq for delta in second.deltas] == [1, 2]


def test_a_thousand_changes_of_a_screen_are_one_row_encoded_once_for_all(stage: Stage) -> None:
    pages = [stage.page() for _ in range(5)]
    before = stage.encodings
    for _ in range(1_000):
        stage.change("a")
    stage.picture.names["a"] = "renamed"
    stage.feed.beat()
    assert stage.encodings == before + 1
    assert [row.name for row in pages[0].deltas[0].screens] == ["renamed"]
    assert len({id(page.raw[-1]) for page in pages}) == 1
    stage.feed.beat()
    assert len(pages[0].deltas) == 1, "nothing changed, nothing is sent"


def test_changes_wait_for_the_beat_and_what_happened_keeps_its_order(stage: Stage) -> None:
    page = stage.page()
    for status in (CommandStatus.QUEUED, CommandStatus.SENT):
        stage.feed.command_changed("t1", CommandChange("c", "a", CommandName.PLAY, status, 1))
    for text in ("one", "two"):
        stage.feed.happened("t1", TimelineEntry("a", "kind", text, 1))
    assert page.deltas == []
    stage.feed.beat()
    delta = page.deltas[0]
    assert [change.status for change in delta.commands] == [CommandStatus.QUEUED, CommandStatus.SENT]
    assert [entry.text for entry in delta.timeline] == ["one", "two"]


def test_a_screen_that_is_gone_is_removed_and_a_forgotten_emergency_has_a_last_word(stage: Stage) -> None:
    page = stage.page()
    stage.change("gone")
    stage.feed.emergency_changed("t1", "fire")
    stage.feed.emergency_changed("t1", "old", Fire("old", EmergencyStatus.CLEARED))
    stage.feed.emergency_changed("t1", "unknown")
    stage.feed.beat()
    delta = page.deltas[0]
    assert (delta.removed, delta.screens) == (["gone"], [])
    assert [(p.id, p.status) for p in delta.emergencies] == [
        ("fire", EmergencyStatus.LIVE),
        ("old", EmergencyStatus.CLEARED),
    ]


def test_a_page_that_returns_gets_exactly_what_it_missed(stage: Stage) -> None:
    page = stage.page()
    stream = page.snapshot.stream
    stage.change("a")
    stage.feed.beat()
    stage.feed.unsubscribe(Audience("t1"), page)
    for _ in range(3):
        stage.change("b")
        stage.feed.beat()
    stage.change("a")  # not even sent yet

    back = stage.page(stream, 1)

    assert isinstance(back.frames[0], Recovered) and back.frames[0].seq == 1
    assert [delta.seq for delta in back.deltas] == [2, 3, 4, 5]
    assert len(page.deltas) == 1
    up_to_date = stage.page(stream, 5)
    assert [type(frame) for frame in up_to_date.frames] == [Recovered]


@pytest.mark.parametrize("seq", [-1, -(2**60), 99, 2**60])
def test_a_number_that_never_was_gets_a_snapshot(stage: Stage, seq: int) -> None:
    stream = stage.page().snapshot.stream
    stage.change("a")
    stage.feed.beat()
    assert isinstance(stage.page(stream, seq).frames[0], Snapshot)
    assert isinstance(stage.page("another life of the hub", 1).frames[0], Snapshot)


def test_a_gap_that_is_not_remembered_any_more_gets_a_snapshot(stage: Stage) -> None:
    page = stage.page()
    stream = page.snapshot.stream
    for _ in range(REPLAY_DELTAS + 1):
        stage.change("a")
        stage.feed.beat()
    assert isinstance(stage.page(stream, 0).frames[0], Snapshot)
    resumed = stage.page(stream, 1)
    assert isinstance(resumed.frames[0], Recovered) and len(resumed.deltas) == REPLAY_DELTAS


def test_tenants_never_see_each_other(stage: Stage) -> None:
    mine, theirs = stage.page(), stage.page(tenant_id="t2")
    stage.change("a")
    stage.feed.beat()
    assert theirs.snapshot.screens == [] and theirs.deltas == []
    assert theirs.snapshot.stream != mine.snapshot.stream
    stolen = stage.page(mine.snapshot.stream, 0, tenant_id="t2")
    assert isinstance(stolen.frames[0], Snapshot) and stolen.snapshot.screens == []


def test_what_nobody_watches_costs_nothing_and_ends_after_a_while(stage: Stage) -> None:
    stage.change("a")
    stage.feed.beat()
    assert stage.encodings == 0
    page = stage.page()
    stage.feed.unsubscribe(Audience("t1"), page)
    for _ in range(REPLAY_DELTAS + 1):
        stage.change("a")
        stage.feed.beat()
    encoded = stage.encodings
    stage.change("a")
    stage.feed.beat()
    assert stage.encodings == encoded
    assert isinstance(stage.page(page.snapshot.stream, REPLAY_DELTAS).frames[0], Snapshot)


def test_a_page_that_cannot_take_its_snapshot_is_gone_and_not_kept(stage: Stage) -> None:
    page = Page(on_frame=lambda: stage.feed.unsubscribe(Audience("t1"), page))
    stage.feed.subscribe(Audience("t1"), page, None, 0)
    assert stage.feed.subscribers == 0
    stage.change("a")
    stage.feed.beat()
    assert len(page.raw) == 1


def test_a_page_that_goes_in_the_middle_of_a_beat_does_not_disturb_the_others(stage: Stage) -> None:
    quitter = Page(on_frame=lambda: stage.feed.unsubscribe(Audience("t1"), quitter))
    stage.feed.subscribe(Audience("t1"), quitter, None, 0)
    pages = [stage.page() for _ in range(3)]
    stage.change("a")
    stage.feed.beat()
    assert all(len(page.deltas) == 1 for page in pages)


def here_and_there(stage: Stage) -> None:
    """Screen a is at site x, screen b at site y; the fire is at y."""
    stage.picture.sites = {"a": "x", "b": "y"}
    stage.picture.fires = {"fire": Fire("fire", sites=frozenset("y"))}


def test_whoever_is_limited_to_sites_is_told_of_nothing_else_not_even_that_it_changed(stage: Stage) -> None:
    here_and_there(stage)
    everything, limited = stage.page(), stage.page(sites="x")
    stage.change("b")
    stage.feed.emergency_changed("t1", "fire")
    stage.feed.command_changed("t1", CommandChange("c", "b", CommandName.PLAY, CommandStatus.SENT, 1))
    stage.feed.happened("t1", TimelineEntry("b", "kind", "text", 1))
    stage.feed.happened("t1", TimelineEntry("nowhere", "kind", "text", 1))
    stage.feed.beat()
    assert [row.id for row in limited.snapshot.screens] == ["a"] and limited.snapshot.emergencies == []
    assert len(limited.raw) == 1
    (delta,) = everything.deltas
    assert (len(delta.screens), len(delta.emergencies), len(delta.commands), len(delta.timeline)) == (
        1,
        1,
        1,
        2,
    )

    for device_id in "ab":
        stage.change(device_id)
        stage.feed.command_changed(
            "t1", CommandChange("c", device_id, CommandName.PLAY, CommandStatus.SENT, 1)
        )
        stage.feed.happened("t1", TimelineEntry(device_id, "kind", "text", 1))
    stage.feed.beat()
    (delta,) = limited.deltas
    assert delta.seq == 1
    assert [row.id for row in delta.screens] == ["a"] and delta.removed == []
    assert [change.device_id for change in delta.commands] == ["a"]
    assert [entry.device_id for entry in delta.timeline] == ["a"]


def test_those_limited_to_the_same_sites_share_a_stream_and_no_one_else_does(stage: Stage) -> None:
    here_and_there(stage)
    one, other, elsewhere, everything = (stage.page(sites=sites) for sites in ("xy", "yx", "x", ""))
    before = stage.encodings
    stage.change("b")
    stage.feed.beat()
    assert stage.encodings == before + 2, "for the two audiences that see it"
    assert one.raw[-1] is other.raw[-1] and elsewhere.deltas == []
    stolen = stage.page(everything.snapshot.stream, 0, sites="x")
    assert [row.id for row in stolen.snapshot.screens] == ["a"]
    assert stage.feed.subscribers == 5


def test_a_screen_that_leaves_the_sites_is_gone_to_those_who_saw_it_and_comes_to_the_others(
    stage: Stage,
) -> None:
    here_and_there(stage)
    left, joined, never = stage.page(sites="x"), stage.page(sites="y"), stage.page(sites="z")
    stage.picture.sites["a"] = "y"
    stage.change("a")
    stage.feed.beat()
    assert (left.deltas[0].removed, left.deltas[0].screens) == (["a"], [])
    assert ([row.id for row in joined.deltas[0].screens], joined.deltas[0].removed) == (["a"], [])
    assert never.deltas == []
    stage.change("a")
    stage.feed.beat()
    assert len(left.deltas) == 1, "gone once"
    stage.picture.sites["a"] = "x"
    stage.change("a")
    stage.feed.beat()
    assert [row.id for row in left.deltas[1].screens] == ["a"]
    assert joined.deltas[-1].removed == ["a"]


def test_an_emergency_is_counted_over_the_own_screens_and_told_of_to_its_end(stage: Stage) -> None:
    here_and_there(stage)
    fire = stage.picture.fires["fire"]
    fire.sites = frozenset("xy")
    page = stage.page(sites="y")
    assert [each.targeted for each in page.snapshot.emergencies] == [1]
    stage.feed.emergency_changed("t1", "fire")
    stage.feed.beat()
    assert [each.targeted for each in page.deltas[-1].emergencies] == [1]
    fire.sites = frozenset("x")  # its screen there has moved away
    stage.feed.emergency_changed("t1", "fire")
    stage.feed.beat()
    assert [each.targeted for each in page.deltas[-1].emergencies] == [0]
    fire.status = EmergencyStatus.CLEARED
    stage.feed.emergency_changed("t1", "fire", fire)
    stage.feed.beat()
    assert [each.status for each in page.deltas[-1].emergencies] == [EmergencyStatus.CLEARED]


def test_a_page_of_a_limited_audience_that_is_back_within_a_minute_resumes(stage: Stage) -> None:
    here_and_there(stage)
    page, everything = stage.page(sites="x"), stage.page()
    stream = page.snapshot.stream
    stage.feed.unsubscribe(Audience("t1", frozenset("x")), page)
    stage.now_ms += LIMITED_STREAM_KEPT_MS
    stage.change("a")
    stage.feed.beat()
    back = stage.page(stream, 0, sites="x")
    assert isinstance(back.frames[0], Recovered)
    assert len(back.deltas) == 1 and len(everything.deltas) == 1


def test_after_that_a_page_that_comes_back_takes_a_snapshot(stage: Stage) -> None:
    here_and_there(stage)
    page, everything = stage.page(sites="x"), stage.page()
    stage.feed.unsubscribe(Audience("t1", frozenset("x")), page)
    stage.now_ms += LIMITED_STREAM_KEPT_MS + 1
    stage.change("a")
    before = stage.encodings
    stage.feed.beat()
    assert stage.encodings == before + 1 and len(everything.deltas) == 1
    assert isinstance(stage.page(page.snapshot.stream, 0, sites="x").frames[0], Snapshot)
