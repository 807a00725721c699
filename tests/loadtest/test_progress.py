"""What a run says: a live line, lines that stay, a summary."""

from __future__ import annotations

import io

import pytest
import trio
from trio.testing import MockClock

from loadtest.progress import Progress, live_line, summary
from loadtest.stats import FleetStats


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_live_line_counts_what_an_operator_asks_about() -> None:
    stats = FleetStats(
        screens=2_000, connected=1_998, reconnects=3, heartbeats=12_345, commands=7, showing_alert=9
    )
    assert live_line(stats, 2_000) == (
        "1,998 of 2,000 connected · 9 showing an alert · 7 commands · 3 reconnects · 12,345 heartbeats"
    )


def test_the_live_line_names_screens_that_wait_for_approval_or_gave_up() -> None:
    stats = FleetStats(screens=3)
    stats.gave_up["this token is no longer valid"] = 2
    line = live_line(stats, 5)
    assert "2 without a token yet" in line
    assert "2 gave up" in line


def test_the_summary_says_what_was_measured_and_what_was_not() -> None:
    stats = FleetStats(most_connected=2, acks=3, heartbeats=4)
    stats.connect.add(0.012)
    stats.heartbeat.add(0.0012)
    stats.gave_up["this token is no longer valid"] = 1
    stats.pushes_lost = 12
    text = "\n".join(summary(stats, 3, lasted_s=65.2))
    assert "3 screens for 65 s" in text
    assert "connect          p50 12 ms, p99 12 ms, slowest 12 ms" in text
    assert "heartbeat        p50 1.2 ms, p99 1.2 ms, slowest 1.2 ms; 3 of 4 answered" in text
    assert "alert received   none" in text
    assert "gave up          1: this token is no longer valid" in text
    assert "lost on purpose  12 frames of the hub" in text


async def test_on_a_terminal_the_line_is_written_over_itself_below_what_stays(
    autojump_clock: MockClock,
) -> None:
    terminal = Terminal()
    progress = Progress(terminal, quiet=False)
    with trio.move_on_after(1.2):
        await progress.follow(FleetStats(), 1)
    progress.say("a pairing code")
    progress.end_live_line()
    assert terminal.getvalue().count("\r\x1b[2K0 of 1 connected") == 3
    assert "\r\x1b[2Ka pairing code\n0 of 1 connected" in terminal.getvalue()
    assert terminal.getvalue().endswith("\n")


async def test_a_line_longer_than_the_terminal_is_cut_because_a_wrapped_one_cannot_be_written_over(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    terminal = Terminal()
    with trio.move_on_after(0.1):
        await Progress(terminal, quiet=False).follow(FleetStats(), 1)
    assert terminal.getvalue() == "\r\x1b[2K0 of 1 connected · 1 without "


async def test_elsewhere_it_is_a_plain_line_when_something_changed(autojump_clock: MockClock) -> None:
    out, stats = io.StringIO(), FleetStats()
    progress = Progress(out, quiet=False)
    for stats.connected in (0, 0, 1):
        with trio.move_on_after(4):
            await progress.follow(stats, 1)
    with trio.move_on_after(60):
        await progress.follow(stats, 1)
    lines = out.getvalue().splitlines()
    assert [line[:18] for line in lines] == ["0 of 1 connected ·"] * 2 + ["1 of 1 connected ·"] * 2
    assert "\r" not in out.getvalue()


async def test_quiet_prints_nothing(autojump_clock: MockClock) -> None:
    out = io.StringIO()
    progress = Progress(out, quiet=True)
    await progress.follow(FleetStats(), 1)
    progress.say("a pairing code")
    progress.end_live_line()
    assert out.getvalue() == ""
