"""How a process of Clarion learns that it should stop: a signal, or the death of whoever started it.

The contract between `clarion up` and what it starts (hub, dashboard, simulated screens):

- With CLARION_STOP_WITH_STDIN=1 in its environment a process reads its standard input. At the end of it, it
  stops as it does on SIGTERM. `clarion up` holds the other end of that pipe and never writes: the end comes
  when it closes the pipe, or when it dies, even by SIGKILL. So nothing outlives it.
- Such a process is not in the terminal's process group: Ctrl-C reaches `clarion up` alone, which ends the
  others in order.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Awaitable, Callable

import trio

STOP_WITH_STDIN = "CLARION_STOP_WITH_STDIN"


async def run_until_told(main: Callable[[], Awaitable[None]], *, with_stdin: bool = False) -> None:
    """Await `main`; cancel it on SIGINT, SIGTERM or, `with_stdin`, the end of standard input, and return.

    Only the first signal is caught: while `main` winds up, a second one ends the process in the usual way.
    """
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_at_signal, nursery.cancel_scope.cancel)
        if with_stdin:
            nursery.start_soon(_at_end_of_stdin, nursery.cancel_scope.cancel)
        await main()
        nursery.cancel_scope.cancel()


async def _at_signal(stop: Callable[[], None]) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            break
    stop()


async def _at_end_of_stdin(stop: Callable[[], None]) -> None:
    # A copy: the stream closes what it is given, and file number 0 must not come to mean something else.
    async with trio.lowlevel.FdStream(os.dup(sys.stdin.fileno())) as stdin:
        async for _ in stdin:
            pass
    stop()
