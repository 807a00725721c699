"""How a screen is, how it is set up and what it played, in words (pure)."""

from __future__ import annotations

from typing import Final

from msgspec.structs import asdict

from dashboard.clock import Clock, to_ms
from dashboard.content_sentences import size_words
from dashboard.opening_hours import week_words
from dashboard.sentences import count, took
from protocol.player import DrillResult, HealthSample, ScreenSettings, Screenshot
from protocol.reports import Played, ProofOfPlay
from protocol.vocabulary import Orientation, Scaling

ORIENTATION_WORDS: Final[dict[Orientation, str]] = {
    Orientation.LANDSCAPE: "Landscape",
    Orientation.PORTRAIT: "Portrait, turned clockwise",
    Orientation.LANDSCAPE_FLIPPED: "Landscape, upside down",
    Orientation.PORTRAIT_FLIPPED: "Portrait, turned anticlockwise",
}
SCALING_WORDS: Final[dict[Scaling, str]] = {
    Scaling.CONTAIN: "Whole, with bars beside it",
    Scaling.COVER: "Fills the screen, cut off at the edges",
    Scaling.STRETCH: "Fills the screen, distorted",
}
LIT_WORDS: Final[dict[str, str]] = {
    "always": "Always",
    "site": "In the opening hours of its site",
    "own": "In hours of its own",
}


def drilled(result: DrillResult) -> str:
    """What came of proving the alert path, in one sentence."""
    if result.proven and result.took_ms is not None:
        return f"Proven: this screen would show an alert within {within(result.took_ms)}."
    return f"Not proven: {(result.reason or 'the screen did not say why').rstrip('.')}."


def within(ms: int) -> str:
    """`3 ms`, `0.31 s`: a drill can be quicker than a figure in seconds says."""
    return f"{ms} ms" if ms < 100 else took(ms)


def lit(settings: ScreenSettings) -> str:
    """When it is lit: `Always`, `Mon to Fri 08:00–18:00; Sat, Sun closed`."""
    if settings.lit != "own":
        return LIT_WORDS[settings.lit]
    week = week_words(settings.own_hours)
    return "; ".join(f"{days} {hours}" for days, hours in week) or "Never: no hours are set"


def shot_words(shot: Screenshot, clock: Clock, now_ms: int) -> str:
    """`Taken 14:02:07, 1280 × 720`."""
    return f"Taken {clock.precise(to_ms(shot.taken_at), now_ms)}, {shot.width} × {shot.height}"


def uptime(seconds: int) -> str:
    """`42 s`, `12 min`, `5 h 12 min`, `3 days 4 h`."""
    if seconds < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    if hours < 24:
        return f"{hours} h {minutes % 60} min"
    days = count(hours // 24, "day")
    return f"{days} {hours % 24} h" if hours % 24 else days


def of_limit(used: int | None, limit: int | None) -> str:
    """`212 MB of 1.0 GB (20 %)`; without a limit only how much."""
    if used is None:
        return "not said"
    if not limit:
        return size_words(used)
    return f"{size_words(used)} of {size_words(limit)} ({min(999, used * 100 // limit)} %)"


def says_something(sample: HealthSample) -> bool:
    """Whether the screen told anything of itself then; a heartbeat without that is kept too."""
    return any(figure is not None for name, figure in asdict(sample).items() if name != "at")


def lately(samples: list[HealthSample], now_ms: int, most_ms: int) -> HealthSample | None:
    """The last sample, unless it is older than that: then it says nothing of now."""
    if not samples or now_ms - to_ms(samples[-1].at) > most_ms:
        return None
    return samples[-1]


def played_words(played: Played) -> str:
    """`0:10`, `0:04, not to its end`, `48 times, 8:00 in all`."""
    shown = seconds_words(played.shown_s)
    if played.plays > 1:
        cut = played.plays - played.completed
        broken_off = f", {cut:,} not to the end" if cut else ""
        return f"{count(played.plays, 'time')}, {shown} in all{broken_off}"
    return shown if played.completed else f"{shown}, not to its end"


def report_sum(report: ProofOfPlay) -> str:
    """`Played 28,911 times, 98 % of them to the end, 96:22:12 in all.`"""
    if not report.plays:
        return "Nothing was played."
    share = report.completed * 100 // report.plays
    shown = seconds_words(report.shown_s)
    return f"Played {count(report.plays, 'time')}, {share} % of them to the end, {shown} in all."


def seconds_words(seconds: float) -> str:
    """`0:08`, `12:30`, `1:02:05`, `37:12:00`: long sums stay hours."""
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours:,}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
