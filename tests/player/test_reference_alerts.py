"""Emergencies on the reference screen: shown, proved, hidden, and always what the hub called the truth."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from player.alerts import PaintedAlert
from player.playback import DEMO_PLAYLIST
from player.reference import ReferenceScreen
from protocol.alert import content_hash
from protocol.frames import Alert, Command, Heartbeat, Receipt, Uplink
from protocol.vocabulary import CommandName, ReceiptStatus, Severity
from tests.player.talk import EPOCH_MS, ack, alert, answers, hide, hub_ms, in_session, show, welcome

RECEIVED, RENDERED = ReceiptStatus.RECEIVED, ReceiptStatus.RENDERED
SUCCEEDED, REJECTED = ReceiptStatus.SUCCEEDED, ReceiptStatus.REJECTED


def test_an_alert_is_received_then_rendered_with_the_hash_of_what_is_shown() -> None:
    screen = in_session()
    received, rendered = screen.receive(show(alert(), 1), 2.0)
    assert received == Receipt("fire", RECEIVED, at_ms=hub_ms(2.0))
    expected = content_hash("Fire in the north wing", "Leave by the nearest exit.", Severity.EXTREME)
    assert rendered == Receipt("fire", RENDERED, content_hash=expected, at_ms=hub_ms(2.0))
    assert screen.glass == [
        PaintedAlert("Fire in the north wing", "Leave by the nearest exit.", Severity.EXTREME)
    ]


def test_the_hash_is_computed_and_never_copied() -> None:
    forged = Alert("fire", "Fire", "Out!", Severity.SEVERE, EPOCH_MS, "not the hash of this")
    rendered = in_session().receive(show(forged, 1), 2.0)[-1]
    assert isinstance(rendered, Receipt)
    assert rendered.content_hash == content_hash("Fire", "Out!", Severity.SEVERE)


def test_the_worst_alert_is_on_top_and_among_equals_the_newest() -> None:
    screen = in_session()
    for version, (emergency_id, severity, issued_ms) in enumerate(
        [
            ("drill", Severity.MINOR, EPOCH_MS + 9),
            ("old", Severity.SEVERE, EPOCH_MS),
            ("fire", Severity.EXTREME, EPOCH_MS),
            ("new", Severity.SEVERE, EPOCH_MS + 5),
        ]
    ):
        screen.receive(show(alert(emergency_id, severity=severity, issued_ms=issued_ms), version), 1.0)
    assert [a.emergency_id for a in screen.alerts] == ["fire", "new", "old", "drill"]


def test_the_playlist_goes_on_underneath_and_comes_back_when_the_alert_is_gone() -> None:
    screen = in_session()
    screen.receive(show(alert(), 1), 1.0)
    screen.tick(45.0)
    assert screen.shows_alert
    screen.receive(hide("h1", "fire", 2), 50.0)
    assert screen.glass == DEMO_PLAYLIST[1]


def test_hiding_is_answered_under_the_commands_own_id() -> None:
    screen = in_session()
    screen.receive(show(alert(), 1), 1.0)
    assert answers(screen.receive(hide("h1", "fire", 2), 2.0)) == [("h1", SUCCEEDED)]
    assert answers(screen.receive(hide("h1", "fire", 2), 3.0)) == [("h1", SUCCEEDED)]
    assert screen.alerts == []


def test_the_same_show_again_is_proved_again() -> None:
    screen = in_session()
    screen.receive(show(alert(), 1), 1.0)
    assert answers(screen.receive(show(alert(), 1), 2.0)) == [("fire", RECEIVED), ("fire", RENDERED)]
    assert len(screen.alerts) == 1


@pytest.mark.parametrize("name", [CommandName.EMERGENCY_SHOW, CommandName.EMERGENCY_HIDE])
def test_an_order_that_cannot_be_understood_is_refused_with_a_reason_and_changes_nothing(
    name: CommandName,
) -> None:
    screen = in_session()
    (refusal,) = screen.receive(Command("c1", name, {"alert": {"title": 7}, "emergency_version": 4}), 1.0)
    assert isinstance(refusal, Receipt)
    assert refusal.status is REJECTED
    assert refusal.detail
    assert screen.emergency_version == 0


def test_an_alert_that_expired_on_its_way_is_refused() -> None:
    screen = in_session()
    said = screen.receive(show(alert(expires_ms=hub_ms(3.0)), 1), 3.0)
    assert answers(said) == [("fire", REJECTED)]
    assert not screen.shows_alert


def test_an_alert_ends_by_itself_at_its_time() -> None:
    screen = in_session(interval_s=1_000.0)
    screen.receive(show(alert(expires_ms=hub_ms(30.0)), 1), 1.0)
    assert screen.next_due == pytest.approx(30.0)
    assert screen.tick(29.9) == []
    assert answers(screen.tick(30.0)) == [("fire", SUCCEEDED)]
    assert not screen.shows_alert


def test_an_alert_ends_by_itself_without_a_hub_and_the_hub_is_told_later() -> None:
    screen = in_session()
    screen.receive(show(alert(expires_ms=hub_ms(30.0)), 1), 1.0)
    screen.disconnected()
    assert screen.tick(31.0) == []
    assert not screen.shows_alert
    screen.connected(40.0)
    assert answers(screen.receive(welcome(40.0), 40.0)) == [("fire", SUCCEEDED)]
    screen.tick(60.0)
    screen.receive(ack(1, 60.0), 60.0)
    screen.connected(70.0)
    assert screen.receive(welcome(70.0), 70.0) == []


def test_a_late_joiner_shows_and_proves_what_welcome_lists() -> None:
    screen = ReferenceScreen(0.0, rng=Random(1))
    screen.connected(0.0)
    said = screen.receive(welcome(version=7, emergencies=[alert("fire"), alert("storm")]), 0.0)
    assert sorted(answers(said)) == [("fire", RENDERED), ("storm", RENDERED)]
    assert screen.emergency_version == 7


def test_an_alert_that_was_cleared_meanwhile_vanishes_with_welcome() -> None:
    screen = in_session()
    screen.receive(show(alert(), 1), 1.0)
    screen.disconnected()
    assert screen.shows_alert
    screen.connected(2.0)
    assert answers(screen.receive(welcome(2.0, version=2), 2.0)) == [("fire", SUCCEEDED)]
    assert not screen.shows_alert


def test_an_alert_that_is_still_up_is_proved_anew_in_a_new_session() -> None:
    screen = in_session()
    screen.receive(show(alert(), 1), 1.0)
    screen.connected(2.0)
    said = screen.receive(welcome(2.0, version=1, emergencies=[alert()]), 2.0)
    assert answers(said) == [("fire", RENDERED)]


def test_an_answered_heartbeat_corrects_what_a_lost_push_left_wrong() -> None:
    screen = in_session()
    screen.receive(show(alert("fire"), 1), 1.0)
    (beat,) = (f for f in screen.tick(15.0) if isinstance(f, Heartbeat))
    assert beat.emergency_version == 1
    said = screen.receive(ack(beat.seq, 15.0, version=3, emergencies=[alert("storm")]), 15.0)
    assert answers(said) == [("storm", RENDERED), ("fire", SUCCEEDED)]
    assert [a.emergency_id for a in screen.alerts] == ["storm"]
    (beat,) = (f for f in screen.tick(30.0) if isinstance(f, Heartbeat))
    assert beat.emergency_version == 3


def test_an_answer_without_emergencies_leaves_the_glass_alone() -> None:
    screen = in_session()
    screen.receive(show(alert(), 1), 1.0)
    assert screen.receive(ack(1, 15.0, version=1), 15.0) == []
    assert screen.shows_alert


def test_new_words_under_an_old_id_are_painted_and_proved() -> None:
    screen = in_session()
    screen.receive(show(alert(message="Stay inside."), 1), 1.0)
    said = screen.receive(ack(1, 2.0, version=2, emergencies=[alert(message="Leave now.")]), 2.0)
    assert answers(said) == [("fire", RENDERED)]
    assert [a.message for a in screen.alerts] == ["Leave now."]


_ids = st.sampled_from(["a", "b", "c", "d"])
_alerts = st.builds(
    alert,
    _ids,
    message=st.text(max_size=5),
    severity=st.sampled_from(Severity),
    expires_ms=st.none() | st.integers(EPOCH_MS, EPOCH_MS + 200_000),
    sequence=st.integers(1, 3),
)


class AScreenAndItsHub(RuleBasedStateMachine):
    """Whatever the hub sends in whatever order: the glass is the truth, and the receipts say what it shows.

    `proved` is what a hub knows from receipts alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.version = 0
        self.screen = ReferenceScreen(0.0, rng=Random(1))
        self.proved: dict[str, str] = {}
        self.hidden_by: dict[str, str] = {}
        self.hides = 0
        self.cleared: dict[str, int] = {}
        """The sequence of the last all-clear, until the truth says something else."""

    def hear(self, said: list[Uplink]) -> None:
        for frame in said:
            if not isinstance(frame, Receipt):
                continue
            if frame.status is RENDERED:
                assert frame.content_hash is not None
                self.proved[frame.command_id] = frame.content_hash
            elif frame.status is SUCCEEDED:
                self.proved.pop(self.hidden_by.get(frame.command_id, frame.command_id), None)

    @initialize()
    def switched_on(self) -> None:
        self.screen.connected(self.now)
        self.hear(self.screen.receive(welcome(self.now), self.now))

    @rule(wait_s=st.floats(0.0, 40.0))
    def time_passes(self, wait_s: float) -> None:
        self.now += wait_s
        self.hear(self.screen.tick(self.now))

    @precondition(lambda self: self.screen.session is not None)
    @rule(shown=_alerts)
    def an_alert_is_pushed(self, shown: Alert) -> None:
        self.version += 1
        cleared = self.cleared.get(shown.emergency_id, 0)
        before = self.screen.alerts
        self.hear(self.screen.receive(show(shown, self.version), self.now))
        if shown.sequence < cleared:
            assert self.screen.alerts == before

    @precondition(lambda self: self.screen.session is not None)
    @rule(emergency_id=_ids, sequence=st.integers(4, 5))
    def an_alert_is_cleared(self, emergency_id: str, sequence: int) -> None:
        sequence = self.cleared[emergency_id] = max(sequence, self.cleared.get(emergency_id, 0))
        self.version += 1
        self.hides += 1
        command_id = f"hide-{self.hides}"
        self.hidden_by[command_id] = emergency_id
        order = hide(command_id, emergency_id, self.version, sequence)
        self.hear(self.screen.receive(order, self.now))
        assert emergency_id not in [a.emergency_id for a in self.screen.alerts]

    @precondition(lambda self: self.screen.session is not None)
    @rule(truth=st.lists(_alerts, unique_by=lambda a: a.emergency_id))
    def an_ack_carries_the_truth(self, truth: list[Alert]) -> None:
        self.version += 1
        frame = ack(1, self.now, version=self.version, emergencies=truth)
        self.hear(self.screen.receive(frame, self.now))
        self.glass_is(truth)

    @rule()
    def the_link_breaks(self) -> None:
        self.screen.disconnected()

    @rule(truth=st.lists(_alerts, unique_by=lambda a: a.emergency_id))
    def it_comes_back(self, truth: list[Alert]) -> None:
        self.screen.connected(self.now)
        self.version = 40
        frame = welcome(self.now, version=self.version, emergencies=truth)
        self.hear(self.screen.receive(frame, self.now))
        self.glass_is(truth)

    def glass_is(self, truth: list[Alert]) -> None:
        alive = [a for a in truth if a.expires_ms is None or a.expires_ms > hub_ms(self.now)]
        assert {a.emergency_id: a for a in self.screen.alerts} == {a.emergency_id: a for a in alive}
        assert self.screen.emergency_version == self.version
        for shown in truth:
            self.cleared.pop(shown.emergency_id, None)

    @invariant()
    def in_a_session_the_hub_knows_exactly_what_is_shown(self) -> None:
        if self.screen.session is not None:
            shown = {a.emergency_id: a.content_hash for a in self.screen.alerts}
            assert self.proved == shown

    @invariant()
    def the_worst_is_on_top(self) -> None:
        ranks = [list(Severity).index(a.severity) for a in self.screen.alerts]
        assert ranks == sorted(ranks)


TestAScreenAndItsHub = AScreenAndItsHub.TestCase
TestAScreenAndItsHub.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
