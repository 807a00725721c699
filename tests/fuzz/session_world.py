"""The hub's live side in memory, whole, for one case: screens, pages, orders, emergencies, time; by hand.

What runs in tasks of the hub runs here when the case says so: look-ups of tokens are answered late, in
another order, or not at all; turns wait; deadlines come up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from actors.device.messages import PendingCommand
from hub.gateway.connection import Stage
from hub.gateway.credentials import Answer, DeviceCredentials, DeviceIdentity
from hub.gateway.sessions import DeviceSession
from hub.live.roster import Screen
from hub.use_cases.realtime import LiveEmergency
from protocol.alert import content_hash
from protocol.api import Scope
from protocol.codec import decode_downlink, decode_operator_downlink, encode
from protocol.frames import Heartbeat, Hello
from protocol.vocabulary import CommandName, DeviceStatus, Presence, PresenceReason, Severity
from tests.fuzz.websocket_bytes import TEXT, frame
from tests.hub.gateway.house import House, Visitor

SCREENS = ("d1", "d2")
WITNESS = "w1"
GOODBYE = b'{"type":"goodbye",'
"""Comes before a close on the live feed too, of which it is no frame otherwise."""

RETIRED_AFTER_S = 700.0
"""Longer than anything is remembered of a screen that is gone."""


class LateCredentials(DeviceCredentials):
    """Answers when it is told to. Epochs are drawn when one asks, so a late answer is a stale one."""

    def __init__(self, house: House) -> None:
        super().__init__(house, ConnectionError)
        self._epoch = 0
        self.asked: list[tuple[str, int, Answer, Callable[[], None]]] = []

    def ask(self, token: str, answer: Answer, failed: Callable[[], None]) -> bool:
        """See `DeviceCredentials`."""
        self._epoch += 1
        self.asked.append((token.removeprefix("token-"), self._epoch, answer, failed))
        return True


class Alarm(logging.Handler):
    """Hears of every fault that the hub caught and went on after."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        self.faults.append(self.format(record))


class World(House):
    """Screens `d1` and `d2` are whoever the case makes them; `w1`, of the same tenant, behaves."""

    def __post_init__(self) -> None:
        super().__post_init__()
        witness = Screen(WITNESS, "t1")
        witness.name, witness.status = "Witness", DeviceStatus.APPROVED
        self.roster.put(witness)
        self.late = LateCredentials(self)
        self.gateway._credentials = self.late
        self.visitors: list[Visitor] = []
        self.reasons: set[PresenceReason] = set()
        self.session_ids: list[str] = []
        """Of everybody who was let in, in the order of their coming."""
        self.pages: list[Visitor] = []
        self.witness = self.arrives(WITNESS)
        self.answer(0)
        self.witness.connection.received(frame(TEXT, encode(Hello())))
        self.work()
        self._beats = 0

    # ---- what a case does ----

    def arrives(self, device_id: str) -> Visitor:
        """A client that knows the token of this screen."""
        visitor = self.visitor("/api/v1/ws/device", f"Authorization: Bearer token-{device_id}")
        self.visitors.append(visitor)
        return visitor

    def greets(self, visitor: Visitor, hello: Hello) -> None:
        """The visitor, if it was let in, says hello."""
        session = visitor.connection.session
        if isinstance(session, DeviceSession):
            self.session_ids.insert(0, session.session_id)
        visitor.connection.received(frame(TEXT, encode(hello)))

    def page(self) -> Visitor:
        """An operator's page."""
        visitor = self.operator()
        self.pages.append(visitor)
        return visitor

    def answer(self, which: int, how: str = "known") -> None:
        """Answer one of the look-ups that wait."""
        if self.late.asked:
            device_id, epoch, answer, failed = self.late.asked.pop(which % len(self.late.asked))
            if how == "failed":
                failed()
            else:
                answer(DeviceIdentity(device_id, "t1", True, epoch) if how == "known" else None)

    def load(self, found: bool) -> None:
        """PostgreSQL answers who waits for open commands."""
        loads, self.loads = self.loads, []
        for device_id in loads:
            if found:
                self.fleet.loaded(device_id, [self.command("c1"), self.command("c2")])
            else:
                self.fleet.not_loaded(device_id)

    def command(self, command_id: str, name: CommandName = CommandName.PLAY) -> PendingCommand:
        """A committed command that expires in a minute."""
        return PendingCommand(command_id, name, {}, self.wall_ms() + 60_000)

    def alert(self, emergency_id: str) -> None:
        """An emergency for everybody."""
        emergency = LiveEmergency(
            id=emergency_id,
            hide_command_id=f"hide-{emergency_id}",
            tenant_id="t1",
            title="Fire",
            message="Leave.",
            severity=Severity.EXTREME,
            scope=Scope(),
            scope_text="everywhere",
            content_hash=content_hash("Fire", "Leave.", Severity.EXTREME),
            issued_at=datetime.fromtimestamp(self.wall_ms() / 1000, UTC),
            issued_by="somebody",
            expires_at=None,
        )
        _finish(self.board.activate(emergency))

    def all_clear(self, emergency_id: str) -> None:
        """The end of it."""
        _finish(self.board.clear(emergency_id, self.wall_ms(), "somebody"))

    def beat(self) -> None:
        """What the hub does ten times a second."""
        _finish(self.board.beat())
        self.feed.beat()

    def passes(self, seconds: float) -> None:
        """Time passes: deadlines come up. The witness beats before it would be missed."""
        self.now_s += seconds
        for connection in self.gateway._deadlines.sweep(self.now_s):
            connection.overdue()
        self.fleet.sweep(self.clock())
        self.work()
        self.witness_is_served()

    # ---- what must be so ----

    def witness_is_served(self) -> None:
        """Whatever the others do: the witness has its session, and an answer to its heartbeat."""
        self._beats += 1
        seen = len(self.witness.transport.written)
        self.witness.connection.received(frame(TEXT, encode(Heartbeat(self._beats))))
        self.work()
        said = self.witness.transport.written[seen:]
        assert b'"type":"ack","seq":%d,' % self._beats in said, "the witness is not answered"

    def is_consistent(self) -> None:
        """One live session a screen at most, and the tables show it."""
        assert not self.fleet.dispatcher.faults, "a turn failed"
        for device_id in (*SCREENS, WITNESS):
            link, row = self.fleet.link_of(device_id), self.roster.get(device_id)
            greeted = [session for session in self._open_sessions() if session.device_id == device_id]
            assert greeted == ([] if link is None else [link]), f"{device_id}: {greeted}, but {link}"
            assert row is not None and (row.presence is Presence.ONLINE) == (link is not None)
            assert (row.reason is PresenceReason.CONNECTED) == (link is not None)
            self.reasons.add(row.reason)

    def _open_sessions(self) -> Iterator[DeviceSession]:
        for visitor in self.visitors:
            session = visitor.connection.session
            if isinstance(session, DeviceSession) and session._greeted:
                assert visitor.connection.stage is Stage.OPEN
                yield session

    def said_only_frames(self) -> None:
        """What clients were told is the protocol."""
        for visitor in self.visitors:
            for text in visitor.texts:
                decode_downlink(text)
        for page in self.pages:
            for text in page.texts:
                if not text.startswith(GOODBYE):
                    decode_operator_downlink(text)

    def ends(self) -> None:
        """Everybody leaves: in the end nothing of anybody is left."""
        for visitor in (*self.visitors, *self.pages):
            visitor.connection.ended()
            assert visitor.transport.aborted or visitor.transport.handed_over is not None
        while self.late.asked:
            self.answer(0)
        self.load(found=False)
        self.work()
        self.is_consistent()
        assert self.fleet.connected_devices() == [] and self.feed.subscribers == 0
        for _ in range(2):
            self.now_s += RETIRED_AFTER_S
            assert self.gateway._deadlines.sweep(self.now_s) == [], "a deadline of nobody"
            self.fleet.sweep(self.clock())
            self.work()
        assert len(self.fleet) == 0, f"actors of nobody: {self.fleet!r}"


@contextmanager
def alarmed() -> Iterator[Alarm]:
    """Faults that the hub logs while this lasts are raised at the end of it."""
    alarm = Alarm()
    root = logging.getLogger()
    root.addHandler(alarm)
    try:
        yield alarm
    finally:
        root.removeHandler(alarm)
    assert not alarm.faults, alarm.faults[0]


def _finish(step: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine that waits for nothing when there are few screens."""
    try:
        step.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")
