"""What a run says while it lasts, and at its end.

On a terminal the live line is written over itself; elsewhere it is a plain line now and then.
"""

from __future__ import annotations

import shutil
from typing import Final, TextIO

import trio

from loadtest.stats import FleetStats, LatencyHistogram

_SHORTEST_PAUSE_S: Final = 0.5
_PLAIN_EVERY_S: Final = 5.0
_CLEAR_LINE: Final = "\r\x1b[2K"


def live_line(stats: FleetStats, expected: int) -> str:
    """The state of the fleet in one line, what matters most first: a narrow terminal cuts off the rest."""
    parts = [f"{stats.connected:,} of {expected:,} connected"]
    if stats.screens < expected:
        parts.append(f"{expected - stats.screens:,} without a token yet")
    if gave_up := stats.gave_up.total():
        parts.append(f"{gave_up:,} gave up")
    parts += [
        f"{stats.showing_alert:,} showing an alert",
        f"{stats.commands:,} commands",
        f"{stats.reconnects:,} reconnects",
        f"{stats.heartbeats:,} heartbeats",
    ]
    return " · ".join(parts)


def summary(stats: FleetStats, expected: int, lasted_s: float) -> list[str]:
    """The whole run, in a few lines."""
    lines = [
        f"Simulated fleet: {expected:,} screens for {lasted_s:,.0f} s",
        f"  connected        {stats.most_connected:,} at most at once; {stats.reconnects:,} reconnects, "
        f"{stats.failed_attempts:,} failed attempts",
        f"  connect          {_latencies(stats.connect)}",
        f"  heartbeat        {_latencies(stats.heartbeat)}; {stats.acks:,} of {stats.heartbeats:,} answered",
        f"  alert received   {_latencies(stats.alert)}; {stats.alerts_rendered:,} rendered",
        f"  commands         {stats.commands:,}",
    ]
    lines += [f"  gave up          {number:,}: {reason}" for reason, number in stats.gave_up.most_common()]
    lines += [f"  sent away        {number:,}: {reason}" for reason, number in stats.sent_away.most_common()]
    if stats.pushes_lost:
        lines.append(f"  lost on purpose  {stats.pushes_lost:,} frames of the hub")
    if stats.frames_not_understood:
        lines.append(f"  not understood   {stats.frames_not_understood:,} frames of the hub")
    return lines


def _latencies(histogram: LatencyHistogram) -> str:
    p50, p99 = histogram.percentile_s(50), histogram.percentile_s(99)
    if p50 is None or p99 is None:
        return "none"
    return f"p50 {_ms(p50)}, p99 {_ms(p99)}, slowest {_ms(histogram.slowest_s)}"


def _ms(duration_s: float) -> str:
    ms = duration_s * 1000.0
    return f"{ms:,.0f} ms" if ms >= 10 else f"{ms:.1f} ms"


class Progress:
    """Writes to `out`: lines that stay, and a live line below them. Quiet: nothing at all."""

    def __init__(self, out: TextIO, *, quiet: bool) -> None:
        self._out = out
        self._quiet = quiet
        self._on_terminal = out.isatty()
        self._live = ""

    def say(self, line: str) -> None:
        """A line that stays."""
        if not self._quiet:
            self._write(f"{_CLEAR_LINE if self._live else ''}{line}\n{self._live}")

    def end_live_line(self) -> None:
        """Leave the live line as it is; what follows goes below it."""
        if self._live:
            self._live = ""
            self._write("\n")

    async def follow(self, stats: FleetStats, expected: int) -> None:
        """Show the live line until cancelled."""
        shown = ""
        while not self._quiet:
            line, complete = live_line(stats, expected), stats.connected == expected
            if self._on_terminal:
                # A line that wraps could not be written over.
                self._live = line[: shutil.get_terminal_size().columns - 1]
                self._write(f"{_CLEAR_LINE}{self._live}")
            elif line != shown:
                self._write(f"{line}\n")
            shown = line
            await trio.sleep(_SHORTEST_PAUSE_S)
            if not self._on_terminal:
                with trio.move_on_after(_PLAIN_EVERY_S - _SHORTEST_PAUSE_S):
                    # Who reads a log wants to know when the fleet became complete, and when it ceased to be.
                    if complete:
                        await stats.wait_until(lambda s: s.connected != expected)
                    else:
                        await stats.wait_until(lambda s: s.connected == expected)

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
