"""When an alert covered the glass: what plays below it is not seen. Pure; seconds of the screen's clock."""

from __future__ import annotations


class Cover:
    """Items follow each other: what was covered before the last one that was asked about is forgotten."""

    __slots__ = ("_since", "_spans")

    def __init__(self) -> None:
        self._since: float | None = None
        self._spans: list[tuple[float, float]] = []

    def turn(self, is_covered: bool, now: float) -> None:
        """Whether it is covered from now on."""
        if is_covered and self._since is None:
            self._since = now
        elif not is_covered and self._since is not None:
            self._spans.append((self._since, now))
            self._since = None

    def of(self, began: float, ended: float) -> float:
        """How long it was covered of this time, in seconds."""
        spans = [*self._spans] if self._since is None else [*self._spans, (self._since, ended)]
        self._spans = [span for span in self._spans if span[1] > ended]
        return sum(max(0.0, min(until, ended) - max(since, began)) for since, until in spans)
