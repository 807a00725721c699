"""Requests are counted; who asks too often is told when to come back, and an emergency is never held back."""

from __future__ import annotations

import re
from pathlib import Path

from hub.api.limits import PerMinute, RequestLimits
from hub.rate_limits import RateLimits
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api, running_api
from tests.hub.tenants import add_person, make_system_tenant, make_tenant

MINUTE_S = 1_700_000_040.0
ALERT = {"title": "Fire", "message": "Leave the building.", "severity": "extreme"}


class Clock:
    """The hub's wall clock."""

    def __init__(self) -> None:
        self.now_s = MINUTE_S

    def __call__(self) -> float:
        return self.now_s


def limited(per_minute: PerMinute, clock: Clock, own: dict[str, int] | None = None) -> RequestLimits:
    return RequestLimits(RateLimits(), per_minute, (own or {}).get, clock)


async def test_an_answer_says_what_is_left_of_the_nearest_limit(database_url: str, tmp_path: Path) -> None:
    limits = limited(PerMinute(tenant=100, actor=5, address=0), Clock())
    async with running_api(database_url, tmp_path, limits=limits) as api:
        tenant = api.tenant("Ours")
        reply = await api.get("/api/v1/sites", tenant.admin)
        assert reply.headers["RateLimit-Policy"] == '"tenant";q=100;w=60, "actor";q=5;w=60'
        assert reply.headers["RateLimit"] == '"actor";r=4;t=60'


async def test_who_asks_too_often_is_told_when_to_come_back_and_then_may_go_on(
    database_url: str, tmp_path: Path
) -> None:
    clock = Clock()
    limits = limited(PerMinute(tenant=0, actor=3, address=0), clock)
    async with running_api(database_url, tmp_path, limits=limits) as api:
        tenant = api.tenant("Ours")
        for _ in range(3):
            assert (await api.get("/api/v1/sites", tenant.admin)).status == 200
        refused = await api.get("/api/v1/sites", tenant.admin)
        assert refused.status == 429
        assert re.match(r"Too many requests: more than 3 a minute from you\. Wait", refused.body["detail"])
        assert refused.headers["RateLimit"].startswith('"actor";r=0;t=')
        clock.now_s += int(refused.headers["Retry-After"])
        assert (await api.get("/api/v1/sites", tenant.admin)).status == 200


async def test_one_tenant_uses_up_its_own_limit_and_nobody_elses(database_url: str, tmp_path: Path) -> None:
    ours, theirs = make_tenant(database_url, "Ours"), make_tenant(database_url, "Theirs")
    limits = limited(PerMinute(tenant=100, actor=0, address=0), Clock(), {ours.id: 2})
    async with running_api(database_url, tmp_path, limits=limits) as api:
        statuses = [(await api.get("/api/v1/sites", ours.admin)).status for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert (await api.get("/api/v1/sites", theirs.admin)).status == 200


async def test_the_limit_that_root_gives_a_tenant_holds_at_once(database_url: str, tmp_path: Path) -> None:
    serving: list[Api] = []

    def own(tenant_id: str) -> int | None:
        return serving[0].use_cases.access.requests_per_minute(tenant_id)

    limits = RequestLimits(RateLimits(), PerMinute(tenant=0, actor=0, address=0), own, Clock())
    root = add_person(database_url, make_system_tenant(database_url), RoleName.ROOT)
    ours, theirs = make_tenant(database_url, "Ours"), make_tenant(database_url, "Theirs")
    async with running_api(database_url, tmp_path, limits=limits) as api:
        serving.append(api)
        assert "RateLimit" not in (await api.get("/api/v1/sites", ours.admin)).headers
        change = {"limits": {"requests_per_minute": 2}}
        assert (await api.patch(f"/api/v1/tenants/{ours.id}", change, root)).status == 200
        assert [(await api.get("/api/v1/sites", ours.admin)).status for _ in range(3)] == [200, 200, 429]
        assert (await api.get("/api/v1/sites", theirs.admin)).status == 200


async def test_an_address_is_counted_before_anybody_looks_at_its_token(
    database_url: str, tmp_path: Path
) -> None:
    limits = limited(PerMinute(tenant=0, actor=0, address=2), Clock())
    async with running_api(database_url, tmp_path, limits=limits) as api:
        statuses = [await knock(api, "198.51.100.7") for _ in range(3)]
        assert statuses == [401, 401, 429]
        assert await knock(api, "198.51.100.8") == 401
        assert [await knock(api, "127.0.0.1") for _ in range(4)] == [401] * 4


async def test_an_emergency_is_never_held_back(database_url: str, tmp_path: Path) -> None:
    limits = limited(PerMinute(tenant=1, actor=1, address=1), Clock())
    async with running_api(database_url, tmp_path, limits=limits) as api:
        tenant = api.tenant("Ours")
        assert (await api.get("/api/v1/sites", tenant.admin)).status == 200
        assert (await api.get("/api/v1/sites", tenant.admin)).status == 429
        assert (await api.post("/api/v1/emergencies", ALERT, tenant.admin)).status == 201


async def knock(api: Api, address: str) -> int:
    client = api.app.test_client()
    response = await client.get("/api/v1/sites", scope_base={"client": (address, 4711)})
    return response.status_code
