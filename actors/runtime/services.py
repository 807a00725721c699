"""Supervised tasks that run as long as the program does.

Rule 1: a service runs for ever; one that raises, or returns, has failed.
Rule 2: a service that failed is started again after a pause that doubles, and the others do not notice.
Rule 3: one that fails again and again ends the program, if it is vital: `ServiceFailed`. If it is not, it
        rests for some minutes and starts anew.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import trio

from actors.runtime.errors import fault_line
from actors.runtime.supervision import Supervisor, Verdict

logger = logging.getLogger(__name__)

PERIOD_S = 60.0
BACKOFF_S = 0.2
REST_S = 300.0


class Service(NamedTuple):
    """`vital`: the program cannot go on without it. `restarts`: how many faults a minute are forgiven."""

    name: str
    run: Callable[[], Awaitable[None]]
    vital: bool = True
    restarts: int = 5


class ServiceFailed(Exception):
    """The program cannot go on without this service. The message is one line that names it and its fault."""


class ServiceState(NamedTuple):
    """A service now. `last_fault`: what it failed of, empty if it never did."""

    name: str
    vital: bool
    running: bool
    restarts: int
    last_fault: str


class _Running:
    def __init__(self, service: Service) -> None:
        self.service = service
        self.supervisor = Supervisor(service.restarts, PERIOD_S, REST_S, BACKOFF_S)
        self.running = False
        self.last_fault = ""


class Services:
    """`run` in a task; `states` says how they are."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = [_Running(service) for service in services]

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
            ServiceState(
                one.service.name, one.service.vital, one.running, one.supervisor.restarts, one.last_fault
            )
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
            one.last_fault = fault_line(failure)
            if decision.verdict is Verdict.QUARANTINE and one.service.vital:
                raise ServiceFailed(f"{name} failed for good: {one.last_fault}") from failure
            logger.error("%s failed and starts again in %.1f s", name, decision.wait_s, exc_info=failure)
            await trio.sleep(decision.wait_s)


def _first(failures: BaseExceptionGroup[ServiceFailed]) -> BaseException:
    error: BaseException = failures
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
