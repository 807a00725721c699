"""How a screen has been: a small line for each figure that its player tells of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from dashboard.clock import to_ms
from dashboard.components.markup import Tag, set_attribute, set_text, switch_class, tag
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.player_sentences import lately, of_limit, says_something, uptime
from dashboard.sentences import count
from dashboard.session import explain
from dashboard.sparkline import HEIGHT, WIDTH, Figure, path, per_step
from protocol.api import Device
from protocol.player import HealthSample

_WINDOWS: Final = (("1 hour", 1), ("24 hours", 24), ("7 days", 168))
_FIRST_H: Final = 24
_READ_EVERY_MS: Final = 60_000
"""As often as one sample is kept."""


class _Line(NamedTuple):
    """`figures` of all samples, `words` of the last one; `limit`: what the line could reach at most."""

    key: str
    text: str
    figures: Callable[[list[HealthSample]], list[Figure]]
    words: Callable[[HealthSample], str]
    limit: Callable[[HealthSample], int | None] = lambda _: None


def _figures(of: Callable[[HealthSample], int | None]) -> Callable[[list[HealthSample]], list[Figure]]:
    return lambda samples: [Figure(to_ms(sample.at), of(sample)) for sample in samples]


_LINES: Final = (
    _Line(
        "memory",
        "Memory",
        _figures(lambda s: s.memory_bytes),
        lambda s: of_limit(s.memory_bytes, s.memory_limit_bytes),
        lambda s: s.memory_limit_bytes,
    ),
    _Line(
        "storage",
        "Storage",
        _figures(lambda s: s.storage_bytes),
        lambda s: of_limit(s.storage_bytes, s.storage_limit_bytes),
        lambda s: s.storage_limit_bytes,
    ),
    _Line(
        "dropped",
        "Frames dropped",
        lambda samples: per_step(_figures(lambda s: s.dropped_frames)(samples)),
        lambda s: "not said" if s.dropped_frames is None else f"{s.dropped_frames:,} since it started",
    ),
    _Line(
        "missing",
        "Files still missing",
        _figures(lambda s: s.files_missing),
        lambda s: "not said" if s.files_missing is None else count(s.files_missing, "file"),
    ),
    _Line(
        "uptime",
        "Runs for",
        _figures(lambda s: s.uptime_s),
        lambda s: "not said" if s.uptime_s is None else uptime(s.uptime_s),
    ),
)


class HealthCard:
    """Read anew every minute while the page is open."""

    def __init__(self, page: LivePage, device: Device) -> None:
        self._page, self._device = page, device
        self._hours = _FIRST_H
        self._read_ms = 0
        self._drawn: dict[str, tuple[Tag, Tag]] = {}
        with tag("section", "card", aria_label="Health", testid="health"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "Health")
                self._chooser()
            self._none = tag("p", "row-note hidden", testid="health-none")
            with tag("dl", "health-lines") as self._lines:
                for line in _LINES:
                    self._draw(line)
        page.on_beat(self._beat)

    async def load(self) -> None:
        """Read and draw anew."""
        self._read_ms = self._page.now_ms
        asked = self._hours
        try:
            samples = await self._page.hub.players.health(self._device.id, asked)
        except HubError as error:
            if error.signed_out:
                explain(self._page.session, error)
            return
        if asked == self._hours:
            self._show([sample for sample in samples if says_something(sample)])

    async def _beat(self) -> None:
        if self._read_ms and self._page.now_ms - self._read_ms >= _READ_EVERY_MS:
            await self.load()

    def _chooser(self) -> None:
        chooser = tag("select", "input select health-window", aria_label="Over", testid="health-window")
        with chooser:
            for text, hours in _WINDOWS:
                tag("option", "", text, value=hours, selected=hours == self._hours)
        chooser.on(
            "change", lambda event: self._choose(int(event.args)), js_handler="(e) => emit(e.target.value)"
        )

    async def _choose(self, hours: int) -> None:
        self._hours = hours
        await self.load()

    def _draw(self, line: _Line) -> None:
        with tag("div", "health-line"):
            tag("dt", "", line.text)
            words = tag("dd", "num health-words", testid=f"health-{line.key}")
            with tag(
                "svg",
                "health-spark",
                viewBox=f"0 0 {WIDTH} {HEIGHT}",
                preserveAspectRatio="none",
                aria_hidden="true",
            ):
                drawn = tag("path", "", d="", testid=f"spark-{line.key}")
            self._drawn[line.key] = (words, drawn)

    def _show(self, samples: list[HealthSample]) -> None:
        now_ms = self._page.now_ms
        # Over more than a day the hub tells fewer of them: one for each step of so many minutes.
        gap_ms = (3 + -(-self._hours // 24)) * 60_000
        from_ms, last = now_ms - self._hours * 3_600_000, lately(samples, now_ms, gap_ms)
        none = "" if samples else "Its player has said nothing of itself in this time."
        set_text(self._none, none)
        switch_class(self._none, "hidden", not none)
        switch_class(self._lines, "hidden", bool(none))
        for line in _LINES:
            figures = line.figures(samples)
            limit = line.limit(samples[-1]) if samples else None
            most = limit or max((figure.value or 0.0 for figure in figures), default=0.0)
            words, drawn = self._drawn[line.key]
            set_text(words, line.words(last) if last is not None else "not now")
            set_attribute(drawn, "d", path(figures, from_ms, now_ms, most, gap_ms))
