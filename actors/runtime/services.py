"""Supervised tasks that run as long as the program does.

Rule 1: a service runs for ever; one that raises, or returns, has failed.
Rule 2: a service that failed is started again after a pause that doubles, and the others do not notice.
Rule 3: one that fails again and again, or may not fail at all, takes the program down: `ServiceFailed`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import trio

from actors.runtime.supervision import Supervisor, Verdict

logger = logging.getLogger(__name__)


class Service(NamedTuple):
    """`restarts`: how many faults within a minute are forgiven; none: the first one is the program's end."""

    name: str
    run: Callable[[], Awaitable[None]]
    restarts: int = 5


class ServiceFailed(Exception):
    """The program cannot go on without this service. The message is one line that names it and its fault."""


class ServiceState(NamedTuple):
    """A service now. `last_fault`: what it failed of, empty if it never did."""

    name: str
    running: bool
    restarts: int
    last_fault: str


class _Running:
    """`period_s` and `backoff_s`: see Supervisor."""

    def __init__(self, service: Service, period_s: float, backoff_s: float) -> None:
        self.service = service
        self.supervisor = Supervisor(service.restarts, period_s, period_s, backoff_s)
        self.running = False
        self.last_fault = ""


class Services:
    """`run` in a task; `states` says how they are."""

    def __init__(
        self, services: Sequence[Service], *, period_s: float = 60.0, backoff_s: float = 0.2
    ) -> None:
        self._services = [_Running(service, period_s, backoff_s) for service in services]

    def __repr__(self) -> str:
        running = sum(one.running for one in self._services)
        return f"<Services {running} of {len(self._services)} running>"

    async def run(self) -> None:
        """Run them all, for ever. Raises ServiceFailed."""
        try:
            async with trio.open_nursery() as nursery:
                for one in self._services:
                    nursery.start_soon(self._keep_up, one, name=one.service.name)
        except BaseExceptionGroup as group:
            failed, rest = group.split(ServiceFailed)
            if failed is None or rest is not None:
                raise
            # One is reason enough to end; two at once say no more to whoever reads the line.
            raise _first(failed) from None

    def states(self) -> list[ServiceState]:
        """Each one, in the order given."""
        return [
            ServiceState(one.service.name, one.running, one.supervisor.restarts, one.last_fault)
            for one in self._services
        ]

    async def _keep_up(self, one: _Running) -> None:
        while True:
            one.running = True
            try:
                await one.service.run()
                raise RuntimeError("it ended by itself")
            except Exception as error:  # noqa: BLE001 -- Rule 2: of whatever it failed, the others go on
                failure = error
            finally:
                one.running = False
            name, now_s = one.service.name, trio.current_time()
            decision = one.supervisor.fault(name, failure, now_s)
            one.last_fault = f"{type(failure).__name__}: {failure}"
            if decision.verdict is Verdict.QUARANTINE:
                raise ServiceFailed(f"{name} failed for good: {one.last_fault}") from failure
            logger.error("%s failed and starts again in %.1f s", name, decision.wait_s, exc_info=failure)
            await trio.sleep(decision.wait_s)


def _first(failures: BaseExceptionGroup[ServiceFailed]) -> BaseException:
    error: BaseException = failures
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
