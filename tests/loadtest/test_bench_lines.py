"""The lines of the benchmark: each gives its values, and finds out a hub that has not done what it claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Never

import msgspec
import pytest

from loadtest.bench import (
    line_commands,
    line_idle,
    line_ledger,
    line_storm,
    lines_of_every_server,
)
from loadtest.bench.benchmark import benchmark, in_turn
from loadtest.bench.driver import Driver
from loadtest.bench.effort import Effort
from loadtest.bench.errors import BenchError
from loadtest.bench.hub_lines import OF_EVERY_SERVER
from loadtest.bench.plan import QUICK, WHOLE
from loadtest.bench.results import FLOOR, Results
from loadtest.bench.running_hub import RunningHub
from loadtest.bench.screen_frames import heartbeats, hello
from loadtest.bench.screens import Screens
from loadtest.bench.servers import CLARION, SERVERS
from protocol.codec import decode_uplink
from protocol.frames import Heartbeat, Hello

SCREENS = 30
TOKEN_EFFORT = Effort(0.01, 2, 0.2, 1, 0.2, 0.1, 0.3, 1)
THE_FLOOR = replace(
    QUICK, screens=SCREENS, servers=frozenset({FLOOR}), lines=OF_EVERY_SERVER | {"storm"}, effort=TOKEN_EFFORT
)


def unmasked(frame: bytes) -> bytes:
    start = 4 if frame[1] & 0x7F == 126 else 2
    key, payload = frame[start : start + 4], frame[start + 4 :]
    return bytes(byte ^ key[place % 4] for place, byte in enumerate(payload))


def test_what_a_screen_says_is_what_the_hub_reads() -> None:
    first = decode_uplink(unmasked(hello()))
    assert isinstance(first, Hello)
    assert first.playback is not None
    said = [decode_uplink(unmasked(frame)) for number in range(1, 9) for frame in heartbeats(number, 7, 3)]
    assert all(isinstance(each, Heartbeat) and each.playback is not None for each in said)
    assert {(each.emergency_version, each.command_seq) for each in said if isinstance(each, Heartbeat)} == {
        (7, 3)
    }


def test_the_item_changes_with_every_fourth_heartbeat_for_a_quarter_of_the_screens_in_each_round() -> None:
    def items(number: int) -> list[str | None]:
        said = [decode_uplink(unmasked(frame)) for frame in heartbeats(number, 0, 0)]
        return [each.playback.item for each in said if isinstance(each, Heartbeat) and each.playback]

    for number in range(1, 30):
        assert sum(before != now for before, now in zip(items(number), items(number + 1), strict=True)) == 1


def test_each_run_begins_with_another_server() -> None:
    assert [in_turn(SERVERS, number)[0].name for number in range(len(SERVERS))] == [s.name for s in SERVERS]
    assert {server.name for server in in_turn(SERVERS, 2)} == {server.name for server in SERVERS}


def test_a_benchmark_of_the_floor_has_every_line_that_the_floor_can_have() -> None:
    said: list[str] = []
    kept: list[bytes] = []
    results = benchmark(
        replace(THE_FLOOR, runs=2, growth=WHOLE.growth),
        said.append,
        lambda so_far: kept.append(msgspec.json.encode(so_far)),
    )
    assert len(results.runs) == 2
    for run in results.runs:
        assert set(run.values) == OF_EVERY_SERVER
        assert all(set(values) == {FLOOR} for values in run.values.values())
        # So few screens are less than a page of memory each.
        assert all(values[FLOOR] > 0 for line, values in run.values.items() if line != "memory")
        assert run.database == {}
    assert results.growth == []
    assert results.left_out == {}
    assert said == [f"run {number} of 2: the floor, 30 screens" for number in (1, 2)]
    first, both = (msgspec.json.decode(each, type=Results) for each in kept)
    assert (first.runs, both) == (results.runs[:1], results)


class NotHere:
    """A server that cannot be measured here, if there is a reason; if not, it fails."""

    name = FLOOR
    title = "the floor"

    def __init__(self, why: str | None) -> None:
        self._why = why

    def missing(self) -> str | None:
        return self._why

    def start(self, screens: int) -> Never:
        raise BenchError(f"1 of {screens} screens had not the alert")


def test_what_cannot_be_measured_is_left_out_and_what_fails_ends_the_benchmark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("loadtest.bench.benchmark.SERVERS", [NotHere("There is no node here.")])
    results = benchmark(THE_FLOOR, print, print)
    assert (results.left_out, results.runs[0].values) == ({FLOOR: "There is no node here."}, {})
    monkeypatch.setattr("loadtest.bench.benchmark.SERVERS", [NotHere(None)])
    with pytest.raises(BenchError, match=r"^the floor: 1 of 30 screens had not the alert$"):
        benchmark(THE_FLOOR, print, print)


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with CLARION.start(SCREENS) as running:
        yield running


def test_the_hub_has_every_line_and_none_of_its_work_is_left_undone(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody believes the processor time of thirty screens: it is not waited for.
    monkeypatch.setattr("loadtest.bench.cost._QUIET_LOOKS_WITH_DATABASE", 1)
    with Driver(hub.address) as driver:
        screens = Screens(driver, hub)
        found = lines_of_every_server.measure(hub, screens, TOKEN_EFFORT)
        assert set(found.values) == OF_EVERY_SERVER
        assert set(found.database) == {"connect_cpu", "heartbeat_cpu", "alert_cpu"}
        found.values.update(line_ledger.measure(hub, screens, TOKEN_EFFORT))
        found.values.update(line_commands.measure(hub, screens, TOKEN_EFFORT))
        found.values.update(line_idle.measure(hub, screens, TOKEN_EFFORT).values)
        found.values["storm"] = line_storm.measure(hub, screens)
    assert {line: value for line, value in found.values.items() if value <= 0} == {}
    assert found.values["last_receipt"] <= found.values["last_receipt_written"]
    assert found.values["commands_p50"] <= found.values["commands_p99"]


def test_a_command_that_is_accepted_and_not_carried_out_is_found_out(hub: RunningHub) -> None:
    with pytest.raises(BenchError, match="1 of 1 accepted commands have not succeeded"):
        line_commands.verify(hub, {"00000000-0000-0000-0000-000000000000"})
