"""Actors and a dispatcher that tests drive by hand: no clock, no task."""

from __future__ import annotations

from dataclasses import dataclass

from actors.runtime import Dispatcher, Instant, Ref, Reply
from actors.runtime.ref import AnyRef

NOW = Instant(1.0, 2)


@dataclass(frozen=True, slots=True)
class HowMany:
    """Ask a recorder how many messages it got."""

    reply: Reply[int]


class Recorder:
    """Writes down what it gets; fails at a message named `fail`; keeps an ask without answering it when it is
    told `think` before."""

    def __init__(self, log: list[tuple[str, str]] | None = None, name: str = "") -> None:
        self.log = [] if log is None else log
        self.name = name
        self.thinking = False
        self.kept: list[Reply[int]] = []

    def __repr__(self) -> str:
        return f"<Recorder {self.name!r}>"

    def receive(self, message: str | HowMany, now: Instant) -> None:
        match message:
            case HowMany(reply) if self.thinking:
                self.kept.append(reply)
            case HowMany(reply):
                reply.answer(len(self.got))
            case "fail":
                raise RuntimeError(self.name)
            case "think":
                self.thinking = True
            case _:
                self.log.append((self.name, message))

    @property
    def got(self) -> list[str]:
        return [message for _, message in self.log]


class Stage:
    """A dispatcher and what it said."""

    def __init__(self, normal_limit: int = 256, urgent_limit: int = 1024) -> None:
        self.faults: list[tuple[str, Exception]] = []
        self.dropped: list[object] = []
        self.dispatcher = Dispatcher(
            lambda: NOW,
            lambda ref, error, now: self.faults.append((ref.key, error)),
            self._dropped,
            normal_limit=normal_limit,
            urgent_limit=urgent_limit,
        )

    def _dropped(self, ref: AnyRef, message: object) -> None:
        self.dropped.append(message)

    def spawn(
        self, name: str, log: list[tuple[str, str]] | None = None
    ) -> tuple[Ref[str | HowMany], Recorder]:
        actor = Recorder(log, name)
        return self.dispatcher.spawn(name, actor), actor

    def work(self) -> None:
        while self.dispatcher.waiting:
            self.dispatcher.run_slice()
