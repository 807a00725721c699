"""What was played, screen by screen and in sum, and how screens were. Reading alone.

Rule 1: somebody limited to sites reads of the screens that are there now.
Rule 2: a report over more days than `DAYS_AT_MOST` says what alone it is of: the sums of a year of thousands
        of screens are not added up while somebody waits.
Rule 3: so few reports are added up at once that the database has hands left for everything else: screens that
        say hello, and what they record. Who asks then waits a little, and is told to come back.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Annotated, Final, NamedTuple, TypeAlias

import trio
from msgspec import Meta

from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.errors import NO_SUCH_DEVICE, Invalid, NotFound, Overloaded
from hub.use_cases.paging import ByNumber, cut_page, decode_cursor, encode_cursor
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.report_ports import SumRow, Wanted
from hub.use_cases.spreadsheets import cell, to_csv
from protocol.api import Id, Page
from protocol.player import HealthSample
from protocol.reports import Played, PlaySum, ProofOfPlay
from protocol.vocabulary import Permission

DAYS_AT_MOST: Final = 93
DAYS_AT_MOST_OF_ONE: Final = 400
"""Of one screen, or of one content."""
DAYS_BY_DEFAULT: Final = 7
HOURS_AT_MOST: Final = 168
CSV_AT_ONCE: Final = 5_000
ADDED_UP_AT_ONCE: Final = 2
WAITS_AT_MOST_S: Final = 5.0
GROUPINGS: Final = ("day", "screen", "content")

_Text: TypeAlias = Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=1000)]
_LineKey: TypeAlias = tuple[date, _Text, Id, _Text, _Text]
_PlayKey: TypeAlias = tuple[Annotated[datetime, Meta(tz=True)], ByNumber]
_NO_DAY: Final = date(1, 1, 1)
_NO_SCREEN: Final = "00000000-0000-0000-0000-000000000000"
_HEAD: Final = (
    *("day", "screen", "device_id", "content", "content_id", "version"),
    *("plays", "completed", "shown_s", "first_at", "last_at"),
)


class Report(NamedTuple):
    """`since`, `until`: days, both included. `by`: of "day", "screen" and "content", with commas between."""

    since: date | None
    until: date | None
    by: str
    device_id: str | None
    content_id: str | None
    site_id: str | None


class Spreadsheet(NamedTuple):
    """`chunks` are read from PostgreSQL as they are asked for; they raise DatabaseUnavailable."""

    file_name: str
    chunks: AsyncGenerator[bytes]


class Reports:
    """Each method is one question."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._adding_up = trio.CapacityLimiter(ADDED_UP_AT_ONCE)

    async def health(self, operator: Operator, device_id: str, hours: int) -> Page[HealthSample]:
        """How the screen was, the oldest first, in steps of as many minutes as there are days. Raises
        NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)
        since = self._now() - timedelta(hours=hours)
        step_min = -(-hours // 24)

        def read(tx: Transaction) -> list[HealthSample]:
            _require_device(tx, operator, device_id)
            return tx.health.samples(device_id, since=since, step_min=step_min)

        return Page(await self._database.transact(operator.tenant_id, read))

    async def plays(self, operator: Operator, device_id: str, cursor: str | None, limit: int) -> Page[Played]:
        """What was on the screen, the newest first. Raises NotAllowed, NotFound, Invalid (cursor)."""
        require(operator, Permission.SCREENS_VIEW)
        before: tuple[datetime, int] | None = decode_cursor(cursor, _PlayKey)

        def read(tx: Transaction) -> list[tuple[Played, int]]:
            _require_device(tx, operator, device_id)
            return tx.plays.of_device(device_id, before=before, limit=limit + 1)

        rows, more = cut_page(await self._database.transact(operator.tenant_id, read), limit)
        next_cursor = encode_cursor((rows[-1][0].started_at, rows[-1][1])) if more else None
        return Page([played for played, _ in rows], next_cursor)

    async def proof_of_play(
        self, operator: Operator, report: Report, cursor: str | None, limit: int
    ) -> ProofOfPlay:
        """A page of a report, and the sum of all of it. Raises NotAllowed, Invalid, Overloaded."""
        require(operator, Permission.SCREENS_VIEW)
        wanted = self._wanted(report)
        after: tuple[date, str, str, str, str] | None = decode_cursor(cursor, _LineKey)

        def read(tx: Transaction) -> ProofOfPlay:
            rows, more = cut_page(
                tx.plays.sums(wanted, sites=operator.sites, after=after, limit=limit + 1), limit
            )
            total = tx.plays.total(wanted, sites=operator.sites)
            next_cursor = encode_cursor(_key(rows[-1])) if more else None
            return ProofOfPlay(
                [row.line for row in rows], next_cursor, total.plays, total.completed, total.shown_s
            )

        async with self._turn():
            return await self._database.transact(operator.tenant_id, read)

    def spreadsheet(self, operator: Operator, report: Report) -> Spreadsheet:
        """All of a report, as CSV. Raises NotAllowed, Invalid."""
        require(operator, Permission.SCREENS_VIEW)
        wanted = self._wanted(report)
        name = f"proof-of-play-{wanted.since}-{wanted.until}.csv"
        return Spreadsheet(name, self._chunks(operator, wanted))

    async def _chunks(self, operator: Operator, wanted: Wanted) -> AsyncGenerator[bytes]:
        yield to_csv([_HEAD])
        for part in _days_of(wanted) if wanted.by_day else [wanted]:
            after: tuple[date, str, str, str, str] | None = None
            while True:
                rows = await self._lines(operator, part, after)
                if rows:
                    yield to_csv(_cells(row.line) for row in rows)
                if len(rows) < CSV_AT_ONCE:
                    break
                after = _key(rows[-1])

    async def _lines(
        self, operator: Operator, wanted: Wanted, after: tuple[date, str, str, str, str] | None
    ) -> list[SumRow]:
        def read(tx: Transaction) -> list[SumRow]:
            return list(tx.plays.sums(wanted, sites=operator.sites, after=after, limit=CSV_AT_ONCE))

        # A file that has begun waits for its turn: nobody can be told to come back in the middle of it.
        async with self._adding_up:
            return await self._database.transact(operator.tenant_id, read)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Rule 3. Raises Overloaded."""
        asking = object()
        with trio.move_on_after(WAITS_AT_MOST_S) as waiting:
            await self._adding_up.acquire_on_behalf_of(asking)
        if waiting.cancelled_caught:
            raise Overloaded("Too many reports are added up at this moment. Ask again.", 5)
        try:
            yield
        finally:
            self._adding_up.release_on_behalf_of(asking)

    def _wanted(self, report: Report) -> Wanted:
        """What is left out is the last week, up to the day that has begun somewhere. Raises Invalid."""
        by = {name.strip() for name in report.by.split(",") if name.strip()}
        if not by or not by.issubset(GROUPINGS):
            raise Invalid({"by": "must be some of day, screen and content, with commas between"})
        until = report.until or (self._now() + timedelta(days=1)).date()
        since = report.since or date.fromordinal(max(until.toordinal() - DAYS_BY_DEFAULT, 1))
        days = (until - since).days + 1
        if days < 1:
            raise Invalid({"until": "is before the first day"})
        of_one = report.device_id is not None or report.content_id is not None
        if days > (DAYS_AT_MOST_OF_ONE if of_one else DAYS_AT_MOST):
            raise Invalid(
                {
                    "from": f"at most {DAYS_AT_MOST} days at once; "
                    f"{DAYS_AT_MOST_OF_ONE} of one screen, or of one content"
                }
            )
        return Wanted(
            since,
            until,
            by_day="day" in by,
            by_screen="screen" in by,
            by_content="content" in by,
            device_id=report.device_id,
            content_id=report.content_id,
            site_id=report.site_id,
        )


def _require_device(tx: Transaction, operator: Operator, device_id: str) -> None:
    if not tx.devices.names([device_id], operator.sites):
        raise NotFound(NO_SUCH_DEVICE)


def _key(row: SumRow) -> tuple[date, str, str, str, str]:
    line = row.line
    return (
        line.day or _NO_DAY,
        line.device_name or "",
        line.device_id or _NO_SCREEN,
        line.name or "",
        row.what,
    )


def _days_of(wanted: Wanted) -> list[Wanted]:
    """A report day by day: each is added up by itself."""
    number = (wanted.until - wanted.since).days + 1
    days = (wanted.since + timedelta(days=each) for each in range(number))
    return [wanted._replace(since=day, until=day) for day in days]


def _cells(line: PlaySum) -> list[str]:
    values = (
        line.day,
        line.device_name,
        line.device_id,
        line.name,
        line.content_id,
        line.version,
        line.plays,
        line.completed,
        round(line.shown_s, 3),
        line.first_at.isoformat(),
        line.last_at.isoformat(),
    )
    return [cell("" if value is None else str(value)) for value in values]
