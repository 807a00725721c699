"""What the use cases about plays and health need of PostgreSQL; see `ports.py`, whose `Transaction` has
these."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from hub.use_cases.site_limits import Sites
from protocol.player import HealthSample
from protocol.reports import Played, PlaySum


class Wanted(NamedTuple):
    """The days of a report, the last one included; what it has a line for each of; of what alone it is."""

    since: date
    until: date
    by_day: bool
    by_screen: bool
    by_content: bool
    device_id: str | None = None
    content_id: str | None = None
    site_id: str | None = None


class SumRow(Protocol):
    """A line of a report. `what`: by which its content is told from others of the same name."""

    @property
    def line(self) -> PlaySum: ...
    @property
    def what(self) -> str: ...


class Total(Protocol):
    """All of a report."""

    @property
    def plays(self) -> int: ...
    @property
    def completed(self) -> int: ...
    @property
    def shown_s(self) -> float: ...


class Plays(Protocol):
    """What was played. `sites`: only screens that are there; None: all."""

    def of_device(
        self, device_id: str, *, before: tuple[datetime, int] | None, limit: int
    ) -> list[tuple[Played, int]]: ...

    def sums(
        self, wanted: Wanted, *, sites: Sites, after: tuple[date, str, str, str, str] | None, limit: int
    ) -> Sequence[SumRow]: ...

    def total(self, wanted: Wanted, *, sites: Sites) -> Total: ...


class HealthHistory(Protocol):
    """How screens were."""

    def samples(self, device_id: str, *, since: datetime, step_min: int) -> list[HealthSample]: ...
