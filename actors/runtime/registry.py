"""Actors by key: made on demand, let go when they are idle, gone when they fail.

Rule 1: a key has one actor at most. Who comes for a key that has none makes it.
Rule 2: an actor that is to be let go keeps its place while something waits for it: whoever spoke to it is
        heard.
Rule 3: an actor that failed is forgotten at once; the supervisor says when its key may have another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from actors.runtime.deadlines import Deadlines
from actors.runtime.dispatcher import Dispatcher
from actors.runtime.ref import Actor, AnyRef, Instant, Ref
from actors.runtime.supervision import Decision, Supervisor

Message = TypeVar("Message")
A = TypeVar("A", bound=Actor[Any])
A_contra = TypeVar("A_contra", bound=Actor[Any], contravariant=True)

SHORT_S = 0.25
"""How much longer an actor is kept that could not be let go because something waited for it."""


class Keeper(Protocol[A_contra]):
    """Who is told of the ends of its actors."""

    def failed(self, key: str, actor: A_contra, decision: Decision, error: Exception, now: Instant) -> None:
        """A turn of the actor raised; the actor is forgotten."""

    def dropped(self, key: str, message: Any) -> None:
        """The actor ended before this message had its turn."""


class Actors(Generic[Message, A]):
    """`ref` to speak to one, `actor` to look at one. All methods are synchronous, on the trio thread."""

    def __init__(
        self, clock: Callable[[], Instant], supervisor: Supervisor, keeper: Keeper[A], tick_s: float = 0.5
    ) -> None:
        self._keeper = keeper
        self._refs: dict[str, Ref[Message]] = {}
        self._actors: dict[str, A] = {}
        self._leaving: Deadlines[str] = Deadlines(tick_s)
        self.supervisor = supervisor
        self.dispatcher = Dispatcher(
            clock, self._fault, lambda ref, message: keeper.dropped(ref.key, message)
        )

    def __len__(self) -> int:
        return len(self._refs)

    def __iter__(self) -> Iterator[Ref[Message]]:
        return iter(self._refs.values())

    def __repr__(self) -> str:
        return f"<Actors {len(self)} running, {self.dispatcher!r}, {self.supervisor!r}>"

    def ref(self, key: str) -> Ref[Message] | None:
        """The key's actor, to speak to."""
        return self._refs.get(key)

    def actor(self, key: str) -> A | None:
        """The key's actor, to look at; its state changes in its turns only."""
        return self._actors.get(key)

    def actors(self) -> Iterator[tuple[str, A]]:
        """Every actor, to look at."""
        return iter(self._actors.items())

    def activate(self, key: str, make: Callable[[], A]) -> Ref[Message]:
        """The key's actor; a new one if there is none. It stays until it fails or is let go."""
        ref = self._refs.get(key)
        if ref is None:
            actor = self._actors[key] = make()
            ref = self._refs[key] = self.dispatcher.spawn(key, actor)
        self._leaving.cancel(key)
        return ref

    def keep(self, key: str) -> None:
        """The actor that was to be let go stays after all."""
        self._leaving.cancel(key)

    def let_go(self, key: str, at_s: float) -> None:
        """Retire the actor at `at_s` (monotonic), in the first sweep in which nothing waits for it, unless
        it is activated again before, or kept."""
        if key in self._refs:
            self._leaving.set(key, at_s)

    def sweep(self, now_s: float) -> list[tuple[str, A]]:
        """Retire whose time has come; who that was."""
        retired: list[tuple[str, A]] = []
        for key in self._leaving.sweep(now_s):
            ref = self._refs[key]
            if ref.waiting:
                self._leaving.set(key, now_s + SHORT_S)
            else:
                retired.append((key, self._forget(ref)))
                ref.stop()
        return retired

    def _fault(self, ref: AnyRef, error: Exception, now: Instant) -> None:
        decision = self.supervisor.fault(ref.key, error, now.mono_s)
        self._keeper.failed(ref.key, self._forget(ref), decision, error, now)

    def _forget(self, ref: AnyRef) -> A:
        self._leaving.cancel(ref.key)
        del self._refs[ref.key]
        return self._actors.pop(ref.key)
