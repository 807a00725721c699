"""Runs turns: actors that have something waiting stand in two queues, urgent and normal, and have a go each.

A go is at most `MESSAGES_A_GO` messages of that lane; an actor with more goes to the back of the queue, so
one that is written to without end delays the others by a go, not by all that waits for it.

Urgent goes come first. After `URGENT_IN_A_ROW` of them an actor of the normal queue has a go, if one waits.
Within one actor the urgent lane is first, always: what it says may be what gives the other its meaning. So an
actor that is in both queues lets the normal go pass.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import trio

from actors.runtime.errors import ActorFailed, ActorStopped, AskFailed, UrgentLaneFull
from actors.runtime.mailbox import NORMAL_LIMIT, URGENT_LIMIT, Lane
from actors.runtime.ref import Actor, AnyRef, Instant, Ref, Reply

Message = TypeVar("Message")
logger = logging.getLogger(__name__)

TURNS_PER_SLICE = 64
"""About a millisecond of turns between two checkpoints, so that sockets and timers are never starved."""

MESSAGES_A_GO = 8
URGENT_IN_A_ROW = 32

Queue = deque[tuple[AnyRef, Any]]


class Dispatcher:
    """`spawn` actors and speak to them from anywhere on the trio thread; `run` in a task.

    clock: the current moment. on_fault: called with a stopped actor and the error that its turn raised.
    on_dropped: called with a message that its stopped actor will not receive. The limits are those of each
    actor's lanes, in messages.

    `normal`, `urgent`, `attentive` and `closed` are for `Ref`.
    """

    def __init__(
        self,
        clock: Callable[[], Instant],
        on_fault: Callable[[AnyRef, Exception, Instant], None],
        on_dropped: Callable[[AnyRef, Any], None] = lambda ref, message: None,
        *,
        normal_limit: int = NORMAL_LIMIT,
        urgent_limit: int = URGENT_LIMIT,
    ) -> None:
        self._clock = clock
        self._on_fault = on_fault
        self._on_dropped = on_dropped
        self._work = trio.Event()
        self._owed: dict[AnyRef, set[Reply[Any]]] = {}
        self._overrun: set[AnyRef] = set()
        self._urgent_in_a_row = 0
        self.normal_limit = normal_limit
        self.urgent_limit = urgent_limit
        self.normal: Queue = deque()
        self.urgent: Queue = deque()
        self.attentive = False
        """Whether it sleeps or is closed: who speaks must go through `admit`."""
        self.closed = False
        self.refused = 0
        self.dropped = 0
        self.turns = 0
        self.faults = 0

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<Dispatcher {state}, {self.waiting} waiting, {self.turns} turns, {self.faults} faults>"

    @property
    def waiting(self) -> int:
        """Messages that have not had their turn."""
        return sum(self.waiting_by_lane)

    @property
    def waiting_by_lane(self) -> tuple[int, int]:
        """The same, urgent and normal."""
        return (
            sum(ref.urgent.waiting for ref, _ in self.urgent),
            sum(ref.normal.waiting for ref, _ in self.normal),
        )

    @property
    def is_behind(self) -> bool:
        """Whether the urgent lane alone would fill half of a slice: whoever goes on filling it may leave
        nothing to the other lane."""
        return len(self.urgent) > TURNS_PER_SLICE // 2

    def spawn(self, key: str, actor: Actor[Message]) -> Ref[Message]:
        """Let an actor run."""
        return Ref(key, actor, self)

    def stop(self, ref: AnyRef) -> None:
        """Rule 5. Idempotent."""
        self._end(ref, ActorStopped(f"{ref.key} was stopped before it answered"))

    # ---- for refs ----

    def admit(self, ref: Ref[Message], lane: Lane[Message], queue: Queue, message: Message) -> bool:
        """The first message after a sleep. False, and counted, when the actor is stopped, or everything."""
        if self.closed or not ref.running:
            self.refused += 1
            return False
        self.attentive = False
        self._work.set()
        lane.busy = True
        queue.append((ref, message))
        return True

    def full(self, ref: AnyRef, lane: Lane[Any]) -> bool:
        """A lane had no room: False, and Rule 3."""
        self.refused += 1
        if lane is ref.urgent:
            self._overrun.add(ref)
        return False

    @contextmanager
    def owing(self, ref: AnyRef, reply: Reply[Any]) -> Iterator[None]:
        """While this lasts, the end of the actor fails the reply."""
        owed = self._owed.setdefault(ref, set())
        owed.add(reply)
        try:
            yield
        finally:
            owed.discard(reply)
            if not owed:
                self._owed.pop(ref, None)

    # ---- turns ----

    async def run(self) -> None:
        """Run turns for ever."""
        while True:
            if not self.urgent and not self.normal:
                # While it sleeps nothing waits for anybody, so every lane is free. To sleep is a checkpoint
                # already: a second one for each message costs a quiet hub a tenth of its time.
                self._work = trio.Event()
                self.attentive = True
                await self._work.wait()
            self.run_slice()
            if self.urgent or self.normal:
                await trio.lowlevel.checkpoint()

    def run_slice(self) -> int:
        """Run about `TURNS_PER_SLICE` turns now; the number of messages that are off the lanes by it. Tests
        call this without a clock."""
        now = self._clock()
        while self._overrun:
            ref = self._overrun.pop()
            if ref.running:
                self._failed(ref, UrgentLaneFull(f"{ref.urgent.limit} urgent messages wait"), now)
        urgent, normal = self.urgent, self.normal
        urgent_in_a_row = self._urgent_in_a_row
        done = 0
        while done < TURNS_PER_SLICE:
            if urgent and (urgent_in_a_row < URGENT_IN_A_ROW or not normal):
                urgent_in_a_row += 1
                queue = urgent
                ref, message = urgent.popleft()
                lane = ref.urgent
            elif normal:
                urgent_in_a_row = 0
                queue = normal
                ref, message = normal.popleft()
                lane = ref.normal
                if ref.urgent.busy:
                    normal.append((ref, message))
                    continue
            else:
                break
            done += 1
            if ref.running:
                try:
                    ref.actor.receive(message, now)
                except Exception as error:  # noqa: BLE001 -- Rule 4: whatever one does, the others go on
                    self._failed(ref, error, now)
            else:
                self._drop(ref, message)
            if lane.behind:
                done += self._rest_of_go(ref, lane, queue, now)
            else:
                lane.busy = False
        self._urgent_in_a_row = urgent_in_a_row
        self.turns += done
        return done

    def _rest_of_go(self, ref: AnyRef, lane: Lane[Any], queue: Queue, now: Instant) -> int:
        """More messages of one actor's lane, its first one being done; how many."""
        assert lane.behind is not None
        for done in range(MESSAGES_A_GO):
            message = lane.behind.popleft()
            if done == MESSAGES_A_GO - 1 or (lane is ref.normal and ref.urgent.busy):
                queue.append((ref, message))
                return done
            if ref.running:
                try:
                    ref.actor.receive(message, now)
                except Exception as error:  # noqa: BLE001 -- Rule 4
                    self._failed(ref, error, now)
            else:
                self._drop(ref, message)
            if not lane.behind:
                lane.busy = False
                return done + 1
        raise AssertionError("unreachable")

    def _drop(self, ref: AnyRef, message: Any) -> None:
        self.dropped += 1
        self._guarded(ref, lambda: self._on_dropped(ref, message))

    def _failed(self, ref: AnyRef, error: Exception, now: Instant) -> None:
        self.faults += 1
        logger.error("a turn of %s failed", ref.key, exc_info=error)
        failure = ActorFailed(f"{ref.key} failed before it answered: {type(error).__name__}")
        failure.__cause__ = error
        self._end(ref, failure)
        self._guarded(ref, lambda: self._on_fault(ref, error, now))

    def _guarded(self, ref: AnyRef, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:  # Rule 4 again: what follows a fault may fail of the same cause.
            logger.exception("what follows the end of %s failed", ref.key)

    def _end(self, ref: AnyRef, why: AskFailed) -> None:
        ref.running = False
        for reply in self._owed.pop(ref, ()):
            reply.fail(why)

    # ---- the end ----

    async def drain(self) -> None:
        """Refuse what is new and finish what waits. The caller sets the deadline: what is not finished then
        is dropped and counted. Asks that are still open fail."""
        self.closed = self.attentive = True
        try:
            while self.run_slice():
                await trio.lowlevel.checkpoint()
        finally:
            for ref in {ref for ref, _ in (*self.urgent, *self.normal)} | self._owed.keys():
                self.stop(ref)
            while self.run_slice():
                pass  # every actor with something waiting is stopped: this drops it
