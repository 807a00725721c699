"""What was played, and how screens are: proof of play, play histories, health."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from msgspec import Meta, Struct, field

from hub.api.queries import Cursor, Limit, PageQuery
from hub.api.route import Download, route
from hub.operator import Operator
from hub.use_cases.reports import HOURS_AT_MOST, Report
from hub.use_cases.spreadsheets import CSV_TYPE
from hub.use_cases.wiring import UseCases
from protocol.api import Id, Page
from protocol.player import HealthSample
from protocol.reports import Played, ProofOfPlay


class HealthQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`hours`: how far back."""

    hours: Annotated[int, Meta(ge=1, le=HOURS_AT_MOST)] = 24


class ReportQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`from` is the first day, `until` the last one; without them: the last week. `by`: of `day`, `screen`
    and `content`, with commas between; what is not named is added up. The ids: of that one alone."""

    since: date | None = field(default=None, name="from")
    until: date | None = None
    by: Annotated[str, Meta(max_length=40)] = "day,content"
    device_id: Id | None = None
    content_id: Id | None = None
    site_id: Id | None = None

    def report(self) -> Report:
        return Report(*(getattr(self, name) for name in Report._fields))


class ReportPageQuery(ReportQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A page of it; see `PageQuery`."""

    limit: Limit = 100
    cursor: Cursor | None = None


async def device_health(
    use_cases: UseCases, operator: Operator, device_id: str, query: HealthQuery
) -> Page[HealthSample]:
    return await use_cases.reports.health(operator, device_id, query.hours)


async def device_plays(
    use_cases: UseCases, operator: Operator, device_id: str, query: PageQuery
) -> Page[Played]:
    return await use_cases.reports.plays(operator, device_id, query.cursor, query.limit)


async def proof_of_play(use_cases: UseCases, operator: Operator, query: ReportPageQuery) -> ProofOfPlay:
    return await use_cases.reports.proof_of_play(operator, query.report(), query.cursor, query.limit)


async def proof_of_play_file(use_cases: UseCases, operator: Operator, query: ReportQuery) -> Download:
    sheet = use_cases.reports.spreadsheet(operator, query.report())
    return Download(sheet.chunks, CSV_TYPE, sheet.file_name)


_NONE: Final = {404: "Your tenant has no such device."}

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/devices/{device_id}/health",
        device_health,
        tag="reports",
        summary="How a screen was: memory, storage, dropped frames, the oldest first",
        answers={200: (Page[HealthSample], "A sample a minute, on one page; over more than a day, fewer.")},
        problems=_NONE,
    ),
    route(
        "GET",
        "/api/v1/devices/{device_id}/plays",
        device_plays,
        tag="reports",
        summary="What was on a screen, the newest first",
        answers={200: (Page[Played], "One page.")},
        problems=_NONE,
    ),
    route(
        "GET",
        "/api/v1/reports/proof-of-play",
        proof_of_play,
        tag="reports",
        summary="What was played, added up by day, screen and content",
        answers={200: (ProofOfPlay, "A page of lines, in the order of day, screen and content.")},
    ),
    route(
        "GET",
        "/api/v1/reports/proof-of-play.csv",
        proof_of_play_file,
        tag="reports",
        summary="The same, all of it, as a file for spreadsheets",
        answers={200: (str, "CSV with a header.")},
        media_types=(CSV_TYPE,),
    ),
)
