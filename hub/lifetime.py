"""The hub's life once it is built: it serves, and it stops in order.

Rule 1: whatever ends it, it ends in this order, each step within its deadline: the port closes and everybody
        is told to come back; the actors finish what they were told; the journal is flushed.
Rule 2: a service without which there is no hub ends it when it fails for good, with one line and an exit
        status that is not 0. Whoever supervises the process starts a new one.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import trio

from actors.runtime import Dispatcher, Service, ServiceFailed, Services
from hub.errors import HubFailed

logger = logging.getLogger(__name__)

FAREWELL_DEADLINE_S = 2.0
DRAIN_DEADLINE_S = 1.0
FLUSH_DEADLINE_S = 2.0


class Door(Protocol):
    """The port, as this sees it."""

    async def run(self) -> None:
        """Serve for ever."""

    async def drain(self) -> None:
        """Close the port and send everybody away."""


async def serve(
    services: Services, door: Door, dispatcher: Dispatcher, flush: Callable[[], Awaitable[None]]
) -> None:
    """Run until cancelled, then stop in order. Raises HubFailed, after having stopped in order."""
    stop = trio.Event()
    failures: list[ServiceFailed] = []
    # A port that fell has cut everybody off: a new process is a cleaner start than a new port in this one.
    front = Services([Service("front door", door.run, restarts=0)])

    async def keep_up(some: Services) -> None:
        try:
            await some.run()
        except ServiceFailed as failure:
            failures.append(failure)
            stop.set()

    async with trio.open_nursery() as outer:
        outer.start_soon(_when_cancelled, stop.set)
        with trio.CancelScope(shield=True):
            async with trio.open_nursery() as parts:
                for some in (services, front):
                    parts.start_soon(keep_up, some)
                await stop.wait()
                with trio.move_on_after(FAREWELL_DEADLINE_S):
                    await door.drain()
                with trio.move_on_after(DRAIN_DEADLINE_S):
                    await dispatcher.drain()
                parts.cancel_scope.cancel()
            await _flush(flush)
        outer.cancel_scope.cancel()
    if failures:
        raise HubFailed(f"The hub stopped: {failures[0]}. Its log says more.")


async def _flush(flush: Callable[[], Awaitable[None]]) -> None:
    with trio.move_on_after(FLUSH_DEADLINE_S) as deadline:
        try:
            await flush()
        except Exception:  # it may be what ended the hub; that is told, and this must not hide it
            logger.exception("the journal cannot be flushed")
    if deadline.cancelled_caught:
        logger.error("the journal could not be flushed within %.0f s: what waited is lost", FLUSH_DEADLINE_S)


async def _when_cancelled(tell: Callable[[], None]) -> None:
    try:
        await trio.sleep_forever()
    finally:
        tell()
