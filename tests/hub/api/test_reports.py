"""What was played, as the API tells it: by day, screen and content, page by page, and as a file."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trio

from hub.recorded import KeptPlay
from hub.use_cases import reports
from hub.use_cases.errors import Overloaded
from persistence.records import RecordWriter
from tests.hub.api.conftest import Api, Reply
from tests.hub.tenants import Tenant
from tests.patience import PATIENCE_S
from tests.persistence.test_records import Said

MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROOF = "/api/v1/reports/proof-of-play"
OF_MARCH = "from=2026-03-01&until=2026-03-31"


def play(number: int, name: str, day: int = 1, media_id: str | None = None) -> KeptPlay:
    started_ms = int((MARCH + timedelta(days=day - 1, seconds=10 * number)).timestamp() * 1000)
    return KeptPlay(number, media_id, name, None, None, started_ms, started_ms + 8_000, 8_000, 1, 1)


async def keep(api: Api, tenant: Tenant, device_id: str, plays: Sequence[KeptPlay]) -> None:
    assert await RecordWriter(api.database).keep(tenant.id, [Said(device_id, list(plays))])


async def house(api: Api, tenant: Tenant) -> tuple[str, str]:
    """Two screens. On the first day the Menu three times on one and twice on the other, and once Offers; on
    the second day Offers once."""
    one, other = await api.provision(tenant, "a-hall", "b-door")
    await keep(api, tenant, one, [*(play(n, "Menu") for n in (1, 2, 3)), play(4, "Offers", day=2)])
    await keep(api, tenant, other, [play(1, "Menu"), play(2, "Menu"), play(3, "Offers")])
    return one, other


def lines(reply: Reply, *names: str) -> list[tuple[Any, ...]]:
    assert reply.status == 200, reply.body
    return [tuple(item[name] for name in names) for item in reply.body["items"]]


async def test_a_report_has_a_line_for_each_of_what_it_is_by_and_the_sum_of_all(
    api: Api, tenant: Tenant
) -> None:
    one, other = await house(api, tenant)
    reply = await api.get(f"{PROOF}?{OF_MARCH}&by=day,content", tenant.admin)
    assert lines(reply, "day", "name", "plays", "device_id") == [
        ("2026-03-01", "Menu", 5, None),
        ("2026-03-01", "Offers", 1, None),
        ("2026-03-02", "Offers", 1, None),
    ]
    assert (reply.body["plays"], reply.body["completed"], reply.body["shown_s"]) == (7, 7, 56.0)
    by_screen = await api.get(f"{PROOF}?{OF_MARCH}&by=screen", tenant.admin)
    assert lines(by_screen, "device_id", "plays", "day", "name", "shown_s") == [
        (one, 4, None, None, 32.0),
        (other, 3, None, None, 24.0),
    ]
    assert by_screen.body["items"][0]["first_at"] == "2026-03-01T12:00:10Z"
    both = await api.get(f"{PROOF}?{OF_MARCH}&by=content,screen", tenant.admin)
    assert lines(both, "device_id", "name", "plays") == [
        (one, "Menu", 3),
        (one, "Offers", 1),
        (other, "Menu", 2),
        (other, "Offers", 1),
    ]


async def test_a_report_of_one_screen_one_content_or_one_site_has_nothing_else(
    api: Api, tenant: Tenant
) -> None:
    one, other = await house(api, tenant)
    content_id, media_id, site_id = (str(uuid.uuid4()) for _ in range(3))
    api.rows("INSERT INTO contents (id, tenant_id, name) VALUES (%s, %s, 'Film')", content_id, tenant.id)
    api.rows(
        "INSERT INTO media (id, tenant_id, content_id, number) VALUES (%s, %s, %s, 2)",
        media_id,
        tenant.id,
        content_id,
    )
    await keep(api, tenant, one, [play(9, "film.mp4", media_id=media_id)])
    api.rows("INSERT INTO sites (id, tenant_id, name) VALUES (%s, %s, 'Door')", site_id, tenant.id)
    api.rows("UPDATE devices SET site_id = %s WHERE id = %s", site_id, other)

    async def plays(more: str) -> int:
        reply = await api.get(f"{PROOF}?{OF_MARCH}&by=content&{more}", tenant.admin)
        assert sum(number for (number,) in lines(reply, "plays")) == reply.body["plays"]
        return int(reply.body["plays"])

    assert await plays(f"device_id={one}") == 5
    assert await plays(f"site_id={site_id}") == 3
    assert await plays(f"device_id={one}&site_id={site_id}") == 0
    assert await plays(f"content_id={content_id}") == 1
    film = await api.get(f"{PROOF}?{OF_MARCH}&by=content&content_id={content_id}", tenant.admin)
    assert lines(film, "name", "version", "content_id") == [("Film", 2, content_id)]


async def test_pages_follow_one_another_without_a_gap_or_a_line_twice(api: Api, tenant: Tenant) -> None:
    await house(api, tenant)
    path = f"{PROOF}?{OF_MARCH}&by=day,screen,content"
    whole = (await api.get(path, tenant.admin)).body["items"]
    assert len(whole) == 4
    for limit in (1, 2, 3):
        found: list[Any] = []
        cursor = ""
        while True:
            body = (await api.get(f"{path}&limit={limit}{cursor}", tenant.admin)).body
            found += body["items"]
            if body["next_cursor"] is None:
                break
            cursor = f"&cursor={body['next_cursor']}"
        assert found == whole


async def test_the_file_has_every_line_and_no_cell_that_is_a_formula(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await house(api, tenant)
    await keep(api, tenant, one, [play(9, '=HYPERLINK("https://evil.example")', day=3)])
    monkeypatch.setattr(reports, "CSV_AT_ONCE", 2)
    for by, number in (("day,screen,content", 5), ("content", 3), ("screen", 2), ("day", 3)):
        reply = await api.get(f"{PROOF}.csv?{OF_MARCH}&by={by}", tenant.admin)
        assert reply.status == 200 and reply.headers["Content-Type"].startswith("text/csv")
        assert "proof-of-play-2026-03-01-2026-03-31.csv" in reply.headers["Content-Disposition"]
        rows = list(csv.DictReader(io.StringIO(reply.body.decode())))
        assert len(rows) == number
        assert sum(int(row["plays"]) for row in rows) == 8
    names = [row["content"] for row in csv.DictReader(io.StringIO(await _file(api, tenant)))]
    assert names == ['\'=HYPERLINK("https://evil.example")', "Menu", "Offers"]


async def _file(api: Api, tenant: Tenant) -> str:
    text: str = (await api.get(f"{PROOF}.csv?{OF_MARCH}&by=content", tenant.admin)).body.decode()
    return text


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("by=", "by"),
        ("by=day,week", "by"),
        ("from=2026-03-02&until=2026-03-01", "until"),
        ("from=2026-01-01&until=2026-06-01", "from"),
        ("from=2024-01-01&until=2026-06-01&device_id=00000000-0000-0000-0000-000000000000", "from"),
        ("from=yesterday", "from"),
        ("cursor=bm9uc2Vuc2U", "cursor"),
        ("limit=501", "limit"),
    ],
)
async def test_a_report_that_cannot_be_meant_says_which_field(
    api: Api, tenant: Tenant, asked: str, field: str
) -> None:
    reply = await api.get(f"{PROOF}?{asked}", tenant.admin)
    assert reply.status == 422 and list(reply.body["fields"]) == [field]


async def test_a_year_may_be_asked_of_one_screen_and_a_week_is_what_comes_without_asking(
    api: Api, tenant: Tenant
) -> None:
    one, _ = await house(api, tenant)
    year = await api.get(f"{PROOF}?from=2026-01-01&until=2026-12-31&device_id={one}", tenant.admin)
    assert year.body["plays"] == 4
    assert (await api.get(PROOF, tenant.admin)).status == 200


async def test_the_history_of_a_screen_is_the_newest_first_and_goes_on(api: Api, tenant: Tenant) -> None:
    one, _ = await house(api, tenant)
    path = f"/api/v1/devices/{one}/plays"
    first = await api.get(f"{path}?limit=3", tenant.admin)
    assert lines(first, "name", "shown_s", "completed") == [("Offers", 8.0, 1), *[("Menu", 8.0, 1)] * 2]
    rest = await api.get(f"{path}?limit=3&cursor={first.body['next_cursor']}", tenant.admin)
    assert lines(rest, "name", "started_at") == [("Menu", "2026-03-01T12:00:10Z")]
    assert rest.body["next_cursor"] is None


async def test_who_is_limited_to_sites_reads_of_the_screens_that_are_there(api: Api, tenant: Tenant) -> None:
    one, other = await house(api, tenant)
    site_id = str(uuid.uuid4())
    api.rows("INSERT INTO sites (id, tenant_id, name) VALUES (%s, %s, 'Door')", site_id, tenant.id)
    api.rows("UPDATE devices SET site_id = %s WHERE id = %s", site_id, other)
    somebody = api.person(tenant, "VIEWER", sites=[site_id])
    report = await api.get(f"{PROOF}?{OF_MARCH}&by=screen", somebody)
    assert lines(report, "device_id") == [(other,)] and report.body["plays"] == 3
    text = (await api.get(f"{PROOF}.csv?{OF_MARCH}&by=screen", somebody)).body.decode()
    assert other in text and one not in text
    for path in ("plays", "health"):
        assert (await api.get(f"/api/v1/devices/{one}/{path}", somebody)).status == 404
        assert (await api.get(f"/api/v1/devices/{other}/{path}", somebody)).status == 200


async def test_the_health_of_a_screen_is_a_sample_a_minute_and_of_a_week_fewer(
    api: Api, tenant: Tenant
) -> None:
    (one,) = await api.provision(tenant, "a-hall")
    now = datetime.now(UTC)
    for minutes in (1, 2, 3, 30 * 60):
        api.rows(
            "INSERT INTO device_heartbeats (tenant_id, device_id, at, emergency_version, uptime_s,"
            " memory_bytes) VALUES (%s, %s, %s, 0, %s, 1000)",
            *(tenant.id, one, now - timedelta(minutes=minutes), minutes),
        )
    day = await api.get(f"/api/v1/devices/{one}/health", tenant.admin)
    assert lines(day, "uptime_s", "memory_bytes", "storage_bytes") == [
        (3, 1000, None),
        (2, 1000, None),
        (1, 1000, None),
    ]
    week = await api.get(f"/api/v1/devices/{one}/health?hours=168", tenant.admin)
    found = [uptime_s for (uptime_s,) in lines(week, "uptime_s")]
    assert found[0] == 30 * 60 and 2 <= len(found) <= 3
    assert (await api.get(f"/api/v1/devices/{one}/health?hours=169", tenant.admin)).status == 422


async def test_only_so_many_reports_are_added_up_at_once_and_everything_else_goes_on(
    api: Api, tenant: Tenant, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await house(api, tenant)
    busy, free = trio.Event(), trio.Event()
    transact = api.database.transact
    under_way = 0

    async def slow(*given: Any, **more: Any) -> Any:
        nonlocal under_way
        under_way += 1
        if under_way == reports.ADDED_UP_AT_ONCE:
            busy.set()
        await free.wait()
        return await transact(*given, **more)

    report = reports.Report(None, None, "day", None, None, None)
    of_plays = api.use_cases.reports
    with monkeypatch.context() as patched:
        patched.setattr(api.database, "transact", slow)
        patched.setattr(reports, "WAITS_AT_MOST_S", 0.05)
        for _ in range(reports.ADDED_UP_AT_ONCE):
            nursery.start_soon(of_plays.proof_of_play, tenant.admin, report, None, 10)
        with trio.fail_after(PATIENCE_S):
            await busy.wait()
        with pytest.raises(Overloaded):
            await of_plays.proof_of_play(tenant.admin, report, None, 10)
        assert under_way == reports.ADDED_UP_AT_ONCE
    assert (await api.get(f"/api/v1/devices/{one}/plays", tenant.admin)).status == 200
    free.set()
    assert (await api.get(f"{PROOF}?{OF_MARCH}", tenant.admin)).status == 200
