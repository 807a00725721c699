"""How others speak to an actor: they hold a `Ref`, never the actor.

ref.tell(message)           # when its turn comes; False when it will not
name = await ref.ask(Name)  # Name(reply) is a message; in some turn the actor says reply.answer(…)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

import trio

from actors.runtime.errors import ActorStopped, AskFailed, MailboxFull
from actors.runtime.mailbox import Lane

if TYPE_CHECKING:  # each needs the other's name in its signatures
    from actors.runtime.dispatcher import Dispatcher

Message = TypeVar("Message")
Message_contra = TypeVar("Message_contra", contravariant=True)
Answer = TypeVar("Answer")


class Instant(NamedTuple):
    """One moment on both clocks: `mono_s` for deadlines, `wall_ms` (Unix epoch) for people and records."""

    mono_s: float
    wall_ms: int


class Actor(Protocol[Message_contra]):
    """Owns some state; takes one message at a time."""

    def receive(self, message: Message_contra, now: Instant) -> None:
        """One turn (Rule 1)."""


class Reply(Generic[Answer]):
    """Where one answer goes. It travels in a message; the actor may answer in that turn or in a later one."""

    __slots__ = ("_answers", "_error", "_over")

    def __init__(self) -> None:
        self._over = trio.Event()
        self._answers: list[Answer] = []
        self._error: AskFailed | None = None

    def answer(self, value: Answer) -> None:
        """Give the answer. The first word counts; one that comes when nobody waits any more is lost."""
        if not self._over.is_set():
            self._answers.append(value)
            self._over.set()

    def fail(self, error: AskFailed) -> None:
        """No answer will come."""
        if not self._over.is_set():
            self._error = error
            self._over.set()

    async def wait(self) -> Answer:
        """The answer. Raises AskFailed."""
        await self._over.wait()
        if self._error is not None:
            raise self._error
        return self._answers[0]


class Ref(Generic[Message]):
    """One actor, as everybody else sees it. Made by `Dispatcher.spawn`. `key` names it in logs."""

    __slots__ = ("actor", "dispatcher", "key", "normal", "running", "urgent")

    def __init__(self, key: str, actor: Actor[Message], dispatcher: Dispatcher) -> None:
        self.key = key
        self.actor = actor
        self.running = True
        self.urgent: Lane[Message] = Lane(dispatcher.urgent_limit)
        self.normal: Lane[Message] = Lane(dispatcher.normal_limit)
        self.dispatcher = dispatcher

    def __repr__(self) -> str:
        state = "running" if self.running else "stopped"
        waiting = f"{self.urgent.waiting} urgent and {self.normal.waiting} normal waiting"
        return f"<Ref {self.key} {state}, {waiting}, {self.refused} refused: {self.actor!r}>"

    @property
    def waiting(self) -> int:
        """Messages in both lanes that have not had their turn."""
        return self.urgent.waiting + self.normal.waiting

    @property
    def refused(self) -> int:
        """Messages that found a lane full."""
        return self.urgent.refused + self.normal.refused

    def tell(self, message: Message) -> bool:
        """Say something. False, and counted, when too much waits already or the actor was stopped."""
        lane, dispatcher = self.normal, self.dispatcher
        if dispatcher.attentive or not self.running:
            return dispatcher.admit(self, lane, dispatcher.normal, message)
        if lane.busy:
            return lane.append(message) or dispatcher.full(self, lane)
        lane.busy = True
        dispatcher.normal.append((self, message))
        return True

    def tell_urgently(self, message: Message) -> bool:
        """Say something ahead of the normal lane; for the program itself, never for what comes from outside.

        False when the actor was stopped, or cannot keep up: then it fails (Rule 3).
        """
        lane, dispatcher = self.urgent, self.dispatcher
        if dispatcher.attentive or not self.running:
            return dispatcher.admit(self, lane, dispatcher.urgent, message)
        if lane.busy:
            return lane.append(message) or dispatcher.full(self, lane)
        lane.busy = True
        dispatcher.urgent.append((self, message))
        return True

    async def ask(self, message: Callable[[Reply[Answer]], Message]) -> Answer:
        """Say something that has an answer, in the normal lane, and wait for it.

        The caller sets the deadline. Raises ActorStopped, ActorFailed, MailboxFull.
        """
        reply: Reply[Answer] = Reply()
        if not self.tell(message(reply)):
            if self.running and not self.dispatcher.closed:
                raise MailboxFull(f"{self.key} has {self.normal.waiting} messages waiting already")
            raise ActorStopped(f"{self.key} is stopped")
        with self.dispatcher.owing(self, reply):
            return await reply.wait()

    def stop(self) -> None:
        """From now on nothing reaches the actor (Rule 5)."""
        self.dispatcher.stop(self)


AnyRef = Ref[Any]
