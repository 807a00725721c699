"""Durable commands, as an integration sends them: one request for one screen, the next when it is answered.

`CLIENTS` at once, in a closed loop. Only what was answered with 202 counts, and what counts must be in
PostgreSQL at the end, carried out.
"""

from __future__ import annotations

import math
import statistics
import time
from typing import Final

import msgspec

from loadtest.bench.driver import Screen, unasked
from loadtest.bench.effort import Effort
from loadtest.bench.errors import BenchError
from loadtest.bench.http_client import Answer, HttpClient
from loadtest.bench.line_ledger import unwritten
from loadtest.bench.running_hub import RunningHub
from loadtest.bench.screen_frames import Order, received, succeeded
from loadtest.bench.screens import Screens
from protocol.api import CommandAccepted, CommandRequest, CommandRow, Page
from protocol.vocabulary import CommandName, CommandStatus

CLIENTS: Final = 64
"""Enough for the most that the hub takes. With fewer each waits less: see decision 0022."""
_STEP: Final = 37
"""From one screen to the next: a prime number, so that all of them have their turn, far from each other."""
_ANSWERED_WITHIN_S: Final = 30.0
_PAGE: Final = 500


def measure(hub: RunningHub, screens: Screens, effort: Effort) -> dict[str, float]:
    """`commands_rate`, and `commands_p50` and `commands_p99` in ms from request to answer, the connection
    included where the hub keeps none. Raises BenchError."""
    screens.beat()
    sent = 0
    seconds: list[float] = []
    accepted: set[str] = set()
    carried_out: set[str] = set()
    began_s = time.perf_counter()

    def carry_out(screen: Screen, payload: bytes) -> None:
        order = msgspec.json.decode(payload, type=Order)
        if order.command is not CommandName.PING or order.command_id in carried_out:
            raise BenchError(f"screen {screen.number} was sent {payload[:300]!r} instead of a new ping")
        carried_out.add(order.command_id)
        screen.send(received(order.command_id) + succeeded(order.command_id))

    def ask(client: HttpClient) -> None:
        nonlocal sent
        device_id = hub.device_ids[sent * _STEP % len(screens)]
        client.ask(hub.client.request("POST", f"/api/v1/devices/{device_id}/command", _PING))
        sent += 1

    def add_client() -> HttpClient:
        def answered(answer: Answer) -> None:
            if answer.status != 202:
                raise BenchError(f"a command was answered with {answer.status}: {answer.body[:300]!r}")
            accepted.add(msgspec.json.decode(answer.body, type=CommandAccepted).command_id)
            seconds.append(answer.seconds)
            if time.perf_counter() - began_s < effort.commands_s:
                ask(client)

        client = HttpClient(screens.driver, answered)
        ask(client)
        return client

    screens.driver.listen(carry_out)
    clients = [add_client() for _ in range(CLIENTS)]
    within_s = effort.commands_s + _ANSWERED_WITHIN_S
    screens.driver.run_until(
        lambda: len(seconds) == sent and time.perf_counter() - began_s >= effort.commands_s,
        within_s,
        lambda: f"{sent - len(seconds)} of {sent} commands were not answered",
    )
    took_s = time.perf_counter() - began_s
    screens.driver.run_until(
        lambda: carried_out >= accepted,
        _ANSWERED_WITHIN_S,
        lambda: f"{len(accepted - carried_out)} of {len(accepted)} commands did not come to their screens",
    )
    for client in clients:
        client.close()
    verify(hub, accepted)
    screens.driver.listen(unasked)
    seconds.sort()
    return {
        "commands_rate": len(seconds) / took_s,
        "commands_p50": statistics.median(seconds) * 1000,
        "commands_p99": seconds[math.ceil(len(seconds) * 0.99) - 1] * 1000,
    }


_PING: Final = CommandRequest(CommandName.PING)


def verify(hub: RunningHub, accepted: set[str]) -> None:
    """Every accepted command is a row, and succeeded. Raises BenchError."""
    until_s = time.perf_counter() + _ANSWERED_WITHIN_S
    while unwritten(hub) and time.perf_counter() < until_s:
        time.sleep(0.01)
    lost = set(accepted)
    cursor = ""
    while lost:
        page = hub.client.get(f"/api/v1/commands?status=succeeded&limit={_PAGE}{cursor}", Page[CommandRow])
        lost -= {row.id for row in page.items if row.status is CommandStatus.SUCCEEDED}
        if page.next_cursor is None:
            break
        cursor = f"&cursor={page.next_cursor}"
    if lost:
        raise BenchError(
            f"{len(lost)} of {len(accepted)} accepted commands have not succeeded: {min(lost)}, …"
        )
