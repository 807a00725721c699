"""Links that break with frames on them, hubs and screens that crash: each command ends, and is done once.

The hub here is the contract in a page: what it must send again, and what it never sends again. It sends a
command once a session; what came over a link that was lost is the screen's to repeat.
"""

from __future__ import annotations

from collections import Counter, deque
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from player.journal import MemoryJournal
from player.reference import ReferenceScreen
from protocol.frames import Ack, Command, Downlink, Heartbeat, Hello, Receipt, Resumed, Uplink
from protocol.vocabulary import CommandName, ReceiptStatus
from tests.player.talk import CARRIED_OUT, hub_ms, order, welcome

FINAL = {ReceiptStatus.SUCCEEDED, ReceiptStatus.FAILED, ReceiptStatus.REJECTED}
INTERVAL_S = 1.0


class CountingJournal(MemoryJournal):
    """Outlives its screen, and knows how often each command was begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: Counter[str] = Counter()

    def begin(self, command_id: str, command: CommandName) -> None:
        self.begun[command_id] += 1
        super().begin(command_id, command)


class ContractHub:
    """One screen's half of a hub. `heard` ends a command, `durable` survives a crash."""

    def __init__(self) -> None:
        self.orders: dict[str, CommandName] = {}
        self.durable: set[str] = set()
        self.heard: set[str] = set()
        self.sessions = 0
        self.numbers: dict[str, int] = {}
        self.promised = 0
        self.to_screen: deque[Downlink] = deque()

    @property
    def session(self) -> str:
        return f"s{self.sessions}"

    def crash(self) -> None:
        self.heard = set(self.durable)
        self.sessions += 1
        self.numbers.clear()

    def order(self, command_id: str, command: CommandName) -> None:
        self.orders[command_id] = command

    def send(self) -> None:
        for command_id in self.orders:
            if command_id not in self.heard and command_id not in self.numbers:
                self.numbers[command_id] = len(self.numbers) + 1
                self._push(command_id)

    def _push(self, command_id: str) -> None:
        frame = order(command_id, self.orders[command_id], self.numbers[command_id])
        self.to_screen.append(frame)

    def _push_after(self, seq: int) -> None:
        for command_id, number in self.numbers.items():
            if number > seq and command_id not in self.heard:
                self._push(command_id)

    def hear(self, frame: Uplink, now: float) -> None:
        match frame:
            case Hello(session_id=named, command_seq=seq) if named == self.session:
                self.promised = 0
                self.to_screen.append(Resumed(self.session, hub_ms(now), 0))
                self._push_after(seq)
                self.send()
            case Hello():
                self.sessions += 1
                self.numbers.clear()
                self.promised = 0
                self.to_screen.append(welcome(now, session=self.session, interval_s=INTERVAL_S))
                self.send()
            case Heartbeat(seq=beat, command_seq=seq):
                assert seq is not None
                if seq < self.promised:
                    self._push_after(seq)
                self.promised = len(self.numbers)
                self.to_screen.append(Ack(beat, hub_ms(now), 0, None, self.promised))
            case Receipt(command_id=command_id, status=status) if status in FINAL:
                if command_id in self.numbers:
                    self.heard.add(command_id)
            case _:
                pass


class BrokenLinks(RuleBasedStateMachine):
    """A screen, a hub, and everything that can go wrong between them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.journal = CountingJournal()
        self.screen = self._switched_on()
        self.hub = ContractHub()
        self.to_hub: deque[Uplink] = deque()
        self.linked = False
        self.swallows = False

    def _switched_on(self) -> ReferenceScreen:
        return ReferenceScreen(self.now, rng=Random(1), journal=self.journal)

    @rule(command=st.sampled_from(CARRIED_OUT), number=st.integers(1, 3))
    def an_operator_orders(self, command: CommandName, number: int) -> None:
        for _ in range(number):
            self.hub.order(f"c{len(self.hub.orders)}", command)
        if self.linked:
            self.hub.send()

    @precondition(lambda self: not self.linked)
    @rule()
    def the_screen_connects(self) -> None:
        self.linked = True
        (hello,) = self.screen.connected(self.now)
        self.hub.hear(hello, self.now)

    @precondition(lambda self: self.linked)
    @rule(down=st.integers(0, 6), up=st.integers(0, 6))
    def frames_flow(self, down: int, up: int) -> None:
        for _ in range(min(down, len(self.hub.to_screen))):
            frame = self.hub.to_screen.popleft()
            if not (self.swallows and isinstance(frame, Command)):
                self.to_hub += self.screen.receive(frame, self.now)
        for _ in range(min(up, len(self.to_hub))):
            self.hub.hear(self.to_hub.popleft(), self.now)

    @rule(wait_s=st.floats(0.1, 2.0))
    def time_passes(self, wait_s: float) -> None:
        self.now += wait_s
        self.to_hub += self.screen.tick(self.now)
        if not self.linked:
            assert not self.to_hub

    @rule(what=st.sampled_from(["link", "link", "link", "hub", "screen"]), writes=st.booleans())
    def something_breaks(self, what: str, writes: bool) -> None:
        if self.linked:
            self._the_link_breaks()
        if writes:
            self.hub.durable |= self.hub.heard
        if what == "hub":
            self.hub.crash()
        elif what == "screen":
            self.journal.interrupt()
            self.screen = self._switched_on()

    @precondition(lambda self: self.linked and not self.swallows)
    @rule()
    def from_now_on_this_link_swallows_commands(self) -> None:
        self.swallows = True

    def _the_link_breaks(self) -> None:
        self.linked = self.swallows = False
        self.screen.disconnected()
        self.hub.to_screen.clear()
        self.to_hub.clear()

    @invariant()
    def nothing_is_done_twice(self) -> None:
        assert all(times == 1 for times in self.journal.begun.values())

    def teardown(self) -> None:
        """In the end the link holds: a few heartbeats later every command has ended, and was done."""
        for _ in range(12):
            if self.linked and self.screen.link_is_dead:
                self._the_link_breaks()
            if not self.linked:
                self.the_screen_connects()
            while self.hub.to_screen or self.to_hub:
                self.frames_flow(1, 1)
            self.time_passes(INTERVAL_S)
        assert self.hub.heard == set(self.hub.orders)
        assert set(self.journal.begun) == set(self.hub.orders)


TestBrokenLinks = BrokenLinks.TestCase
TestBrokenLinks.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
