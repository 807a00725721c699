"""All checks, in order, against the player that connects; and what a person reads of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import trio

from player.conformance.checks_of_alerts import ALERTS
from player.conformance.checks_of_orders import ORDERS, RECORDS
from player.conformance.checks_of_sessions import END, LOSSES, SESSIONS
from player.conformance.listening import Listener
from player.conformance.stage import Stage
from player.conformance.verdicts import Check, Failed, Outcome, Skipped, Verdict

CHECKS: list[Check] = [*SESSIONS, *ORDERS, *ALERTS, *RECORDS, *LOSSES, *END]
DEADLINE_S = 90.0
"""For one check, whatever goes wrong in it."""
_MARKS = {Outcome.PASSED: "passed ", Outcome.FAILED: "FAILED ", Outcome.SKIPPED: "skipped"}


async def try_out(stage: Stage, checks: list[Check], told: Callable[[Verdict], object]) -> list[Verdict]:
    """Run them; each verdict is told as soon as it is known."""
    verdicts = []
    for check in checks:
        outcome, why = Outcome.PASSED, ""
        try:
            with trio.fail_after(DEADLINE_S):
                await check.run(stage)
        except Failed as error:
            outcome, why = Outcome.FAILED, str(error)
        except Skipped as error:
            outcome, why = Outcome.SKIPPED, str(error)
        except trio.TooSlowError:
            outcome, why = Outcome.FAILED, f"it was not over within {DEADLINE_S:g} s"
        verdict = Verdict(check, outcome, why)
        verdicts.append(verdict)
        told(verdict)
        if outcome is Outcome.FAILED and not stage.connections:
            break  # Nobody came: there is nobody to be tried out.
    return verdicts


async def serve(
    host: str, port: int, stage: Stage, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
) -> None:
    """Listen until cancelled; the port is told as soon as it is open. Raises OSError."""
    listeners = await trio.open_tcp_listeners(port, host=host)
    listener = Listener(stage.accept, stage.respond)
    async with trio.open_nursery() as nursery:
        port = listeners[0].socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, listener.serve, listeners)
        task_status.started(port)


def line(verdict: Verdict) -> str:
    """One line of the table."""
    why = f"\n         {verdict.why}  (docs/protocol.md, {verdict.check.rule})" if verdict.why else ""
    return f"{_MARKS[verdict.outcome]}  {verdict.check.sentence}{why}"


def summary(verdicts: list[Verdict]) -> Iterator[str]:
    """What it comes to."""
    count = {outcome: sum(v.outcome is outcome for v in verdicts) for outcome in Outcome}
    yield f"{count[Outcome.PASSED]} passed, {count[Outcome.FAILED]} failed, {count[Outcome.SKIPPED]} skipped"
