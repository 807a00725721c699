"""Whatever happens to an emergency, in whatever order, its ledger accounts for every screen (Rules 2-4)."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from actors.emergency.ledger import VERDICT_AFTER_MS, Entry, Ledger
from protocol.vocabulary import LedgerState, MissingReason

HASH = "right"
screens = st.sampled_from(["a", "b", "c"])


class LedgerLife(RuleBasedStateMachine):
    """A board that beats after every step, screens that say anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = 1_000_000
        self.ledger = Ledger(HASH, self.now_ms)
        self.proved: set[str] = set()
        self.sent: set[str] = set()
        self.gone: set[str] = set()

    # ---- the hub ----

    @rule(screen=screens)
    def target(self, screen: str) -> None:
        if not self.ledger.clearing:
            self.ledger.target(screen, self.now_ms)

    @rule(screen=screens)
    def send(self, screen: str) -> None:
        if screen in self.ledger.entries and not self.ledger.clearing:
            self.ledger.sent(screen, self.now_ms)
            self.sent.add(screen)

    @rule(screen=screens)
    def lose_link(self, screen: str) -> None:
        self.ledger.went_offline(screen)

    @rule(ms=st.integers(0, 3_000), stalled=st.booleans())
    def time_passes(self, ms: int, stalled: bool) -> None:
        self.now_ms += ms
        for screen in self.ledger.verdicts_due(self.now_ms):
            self.ledger.judge(screen, stalled=stalled)

    @rule()
    def clear(self) -> None:
        if not self.ledger.clearing:
            showing = self.ledger.clear()
            assert set(showing) >= self.proved
            assert self.ledger.still_showing() == len(showing)

    @rule(screen=screens)
    def send_hide(self, screen: str) -> None:
        if self.ledger.clearing and screen in self.ledger.entries:
            self.ledger.hide_sent(screen)

    # ---- the screens ----

    @rule(screen=screens)
    def say_received(self, screen: str) -> None:
        self.ledger.received(screen, self.now_ms)
        if screen in self.ledger.entries and not self.ledger.clearing:
            self.sent.add(screen)  # it says that it has it: believed, as that can only make us more careful

    @rule(screen=screens, content_hash=st.sampled_from([HASH, "wrong", None]))
    def say_rendered(self, screen: str, content_hash: str | None) -> None:
        known, live = screen in self.ledger.entries, not self.ledger.clearing
        self.ledger.rendered(screen, content_hash, self.now_ms)
        if known and live:
            (self.proved.add if content_hash == HASH else self.proved.discard)(screen)
            self.sent.add(screen)

    @rule(screen=screens)
    def refuse(self, screen: str) -> None:
        known, live = screen in self.ledger.entries, not self.ledger.clearing
        self.ledger.refused(screen, "no")
        if known and live:
            self.proved.discard(screen)
            self.sent.add(screen)

    @rule(screen=screens)
    def say_hidden(self, screen: str) -> None:
        self.ledger.hidden(screen, self.now_ms)
        if self.ledger.clearing:
            self.gone.add(screen)

    @rule(screen=screens)
    def agree(self, screen: str) -> None:
        entry = self.ledger.entries.get(screen)
        before = None if entry is None else entry.state
        self.ledger.agreed(screen, self.now_ms)
        if before is LedgerState.HIDE_SENT:
            self.gone.add(screen)
        elif entry is not None:
            assert entry.state is before

    # ---- what is so in every state ----

    @invariant()
    def every_targeted_screen_is_counted_exactly_once(self) -> None:
        tally = self.ledger.tally()
        assert tally.targeted == len(self.ledger.entries)
        assert tally.rendered + sum(tally.missing.values()) + tally.waiting == tally.targeted
        for entry in self.ledger.entries.values():
            assert entry.rendered_ms is None or entry.missing is None

    @invariant()
    def waiting_is_only_who_was_sent_the_alert_in_the_last_two_seconds(self) -> None:
        self.time_passes(0, False)
        for entry in self.ledger.entries.values():
            if entry.missing is None and entry.rendered_ms is None:
                assert entry.sent_ms is not None
                assert entry.sent_ms + VERDICT_AFTER_MS > self.now_ms

    @invariant()
    def a_screen_counts_as_showing_only_by_its_own_proof(self) -> None:
        shown = {e.device_id for e in self.ledger.entries.values() if e.rendered_ms is not None}
        assert shown == self.proved

    @invariant()
    def after_the_all_clear_still_showing_is_who_may_show_it(self) -> None:
        if self.ledger.clearing:
            still = self.ledger.still_showing()
            assert still == self.ledger.tally().still_showing
            assert still <= len(self.sent - self.gone)
            for screen, entry in self.ledger.entries.items():
                if entry.state is LedgerState.HIDDEN:
                    assert screen in self.gone and entry.hidden_ms is not None

    @invariant()
    def what_changed_is_of_this_ledger(self) -> None:
        assert self.ledger.changed <= self.ledger.entries.keys()

    @invariant()
    def a_restored_ledger_accounts_for_everybody_and_keeps_the_proofs(self) -> None:
        restored = Ledger(HASH, self.ledger.issued_ms)
        restored.clearing = self.ledger.clearing
        for entry in self.ledger.entries.values():
            restored.restore(_copy(entry))
        before, after = self.ledger.tally(), restored.tally()
        assert (after.targeted, after.rendered) == (before.targeted, before.rendered)
        assert after.still_showing == before.still_showing
        assert after.waiting == 0, "nobody has been sent anything since the start"
        assert after.rendered + sum(after.missing.values()) == after.targeted


def _copy(entry: Entry) -> Entry:
    copy = Entry(entry.device_id, entry.targeted_ms)
    for name in Entry.__slots__:
        setattr(copy, name, getattr(entry, name))
    return copy


LedgerLife.TestCase.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
TestLedgerLife = LedgerLife.TestCase


def test_a_screen_that_never_was_sent_the_alert_cannot_make_it_last_after_the_all_clear() -> None:
    ledger = Ledger(HASH, 0)
    ledger.target("offline", 0)
    assert ledger.clear() == []
    ledger.received("offline", 5)
    assert ledger.still_showing() == 0


def test_one_verdict_per_link_and_a_new_link_opens_the_question_again() -> None:
    ledger = Ledger(HASH, 0)
    ledger.target("a", 0)
    ledger.sent("a", 0)
    ledger.sent("a", 1_500)
    ledger.went_offline("a")
    ledger.sent("a", 1_600)
    assert ledger.verdicts_due(3_500) == []
    assert ledger.verdicts_due(3_600) == ["a"]
    ledger.judge("a", stalled=True)
    assert ledger.verdicts_due(9_000) == []
    assert ledger.tally().missing == {MissingReason.STALLED: 1}
    ledger.sent("a", 10_000)
    assert ledger.tally().missing == {MissingReason.STALLED: 1}
    ledger.went_offline("a")
    ledger.sent("a", 10_000)
    assert ledger.tally().waiting == 1


def test_a_screen_that_asks_again_and_again_is_listed_after_two_seconds_all_the_same() -> None:
    ledger = Ledger(HASH, 0)
    ledger.target("a", 0)
    for ms in range(0, 2_000, 500):
        ledger.sent("a", ms)
    assert ledger.verdicts_due(2_000) == ["a"]


def test_a_stalled_screen_that_reads_at_last_is_silent_until_it_shows_the_alert() -> None:
    ledger = Ledger(HASH, 0)
    ledger.target("a", 0)
    ledger.sent("a", 0)
    ledger.judge("a", stalled=True)
    ledger.received("a", 2_500)
    assert ledger.entries["a"].missing is MissingReason.SILENT
    ledger.rendered("a", HASH, 2_600)
    assert ledger.tally().missing == {}


def test_delays_are_of_the_screens_that_were_there_when_it_began() -> None:
    ledger = Ledger(HASH, 0)
    for screen, sent_ms, rendered_ms in (("fast", 1, 20), ("slow", 2, 900), ("late", 60_000, 60_010)):
        ledger.target(screen, 0)
        ledger.sent(screen, sent_ms)
        ledger.rendered(screen, HASH, rendered_ms)
    tally = ledger.tally()
    assert tally.delays == [(20, "fast"), (900, "slow")]
    assert (tally.percentile_ms(0.0), tally.percentile_ms(0.99)) == (20, 900)
    assert Ledger(HASH, 0).tally().percentile_ms(0.5) is None
