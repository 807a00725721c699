"""The real application over a real database; only the live side is a recording."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
import pytest
import trio
from quart.testing import QuartClient
from quart_trio import QuartTrio

from hub.access import Access
from hub.api.app import create_app
from hub.api.health import Readiness
from hub.api.limits import PerMinute, RequestLimits
from hub.audit_files import AuditArchives
from hub.content_cache import ContentCache
from hub.emergency_log import EmergencyLog
from hub.gateway.wire import text_frame
from hub.jwt_keys import GivenKeys
from hub.mail import Mail, MailServer
from hub.manifests.shelf import Shelf
from hub.media.files import MediaFiles
from hub.operator import Operator
from hub.passwords import Passwords
from hub.rate_limits import RateLimits
from hub.settings import Settings
from hub.signing import SigningKeys
from hub.tokens import AccessTokens
from hub.use_cases.emergency_records import EmergencyRecords
from hub.use_cases.links import Links
from hub.use_cases.second_factor import SecondFactor
from hub.use_cases.wiring import UseCases, utc_now
from persistence.database import Database
from persistence.errors import DatabaseUnavailable
from persistence.owner import connect_as_owner
from tests.fakes import RecordingRealtime, nothing_to_inspect
from tests.hub.smtp import Inbox, smtp_server
from tests.hub.tenants import CHEAP, Tenant, add_person, make_tenant


class Reply(NamedTuple):
    """An answer; `body` is the decoded JSON."""

    status: int
    body: Any
    headers: Any


class Api:
    """The application as a client sees it, and what happened behind it."""

    def __init__(
        self,
        app: QuartTrio,
        use_cases: UseCases,
        database: Database,
        database_url: str,
        realtime: RecordingRealtime,
        limits: RequestLimits,
    ) -> None:
        self.app = app
        self.limits = limits
        self.use_cases = use_cases
        self.database = database
        self.database_url = database_url
        self.realtime = realtime
        self.tokens = AccessTokens(GivenKeys("t" * 32), 3600)

    def tenant(self, name: str) -> Tenant:
        return make_tenant(self.database_url, name)

    def person(self, tenant: Tenant, *roles: str, **more: Any) -> Operator:
        """See `tests.hub.tenants.add_person`."""
        return add_person(self.database_url, tenant, *roles, **more)

    async def call(
        self, method: str, path: str, body: Any = None, by: Operator | None = None, **headers: str
    ) -> Reply:
        """`by`: with this operator's access token. Underscores in header names become hyphens."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if by is not None:
            given["Authorization"] = f"Bearer {self.tokens.issue(by, datetime.now(UTC))}"
        payload = None
        if body is not None:
            payload = body if isinstance(body, bytes) else msgspec.json.encode(body)
            given.setdefault("Content-Type", "application/json")
        # The protocol that Quart declares for its client demands a `json`, which the client itself does not.
        client = cast(QuartClient, self.app.test_client())
        response = await client.open(path, method=method, data=payload, headers=given)
        content = await response.get_data(as_text=False)
        is_json = (response.content_type or "").partition(";")[0].endswith(("/json", "+json"))
        return Reply(
            response.status_code, msgspec.json.decode(content) if is_json else content, response.headers
        )

    async def get(self, path: str, by: Operator | None = None, **headers: str) -> Reply:
        return await self.call("GET", path, None, by, **headers)

    async def post(self, path: str, body: Any = None, by: Operator | None = None, **headers: str) -> Reply:
        return await self.call("POST", path, body, by, **headers)

    async def patch(self, path: str, body: Any, by: Operator) -> Reply:
        return await self.call("PATCH", path, body, by)

    async def register(self, tenant: Tenant, hardware_id: str, **more: Any) -> Reply:
        body = {"enrolment_key": tenant.enrolment_key, "hardware_id": hardware_id, **more}
        return await self.post("/api/v1/devices/register", body)

    async def provision(self, tenant: Tenant, *hardware_ids: str, **more: Any) -> list[str]:
        """Approved devices; their ids."""
        items = [{"hardware_id": hardware_id, **more} for hardware_id in hardware_ids]
        reply = await self.post("/api/v1/devices/provision", {"devices": items}, tenant.admin)
        assert reply.status == 200, reply.body
        return [item["device_id"] for item in reply.body["devices"]]

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """As the owner of the database, past every policy."""
        with connect_as_owner(self.database_url) as connection:
            cursor = connection.execute(sql.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def audited(self, action: str) -> list[tuple[Any, ...]]:
        """(tenant, e-mail address, target, details) of each audit row of this action."""
        return self.rows(
            "SELECT tenant_id, user_email, target_id, details FROM audit_log WHERE action = %s ORDER BY id",
            action,
        )


@asynccontextmanager
async def running_api(
    database_url: str,
    folder: Path,
    *,
    wait_s: float = 2.0,
    passwords: Passwords | None = None,
    limits: RequestLimits | None = None,
    mail: Mail | None = None,
    x_accel: str | None = None,
) -> AsyncIterator[Api]:
    """The application over this database for as long as the block lasts; without limits unless given."""
    realtime = RecordingRealtime()
    async with Database(database_url, pool_size=2, wait_s=wait_s) as database, trio.open_nursery() as nursery:
        log = EmergencyLog(folder / "emergencies.log")
        records = EmergencyRecords(database, log, DatabaseUnavailable, nursery)
        tokens = AccessTokens(GivenKeys("t" * 32), 3600)
        files = MediaFiles.of(Settings(data_dir=folder, media_keep_free_bytes=0, media_x_accel=x_accel))
        use_cases = UseCases.wired(
            database,
            realtime,
            passwords or Passwords(CHEAP),
            tokens,
            records,
            nothing_to_inspect(),
            Access(database, DatabaseUnavailable, utc_now),
            SigningKeys.kept_in(folder),
            AuditArchives(folder),
            SecondFactor("f" * 32),
            Links(database, utc_now, mail, "https://signs.example"),
            files,
            ContentCache(trio.current_time),
            Shelf(files.urls, utc_now, text_frame),
            session_idle_s=7 * 86_400,
            session_ttl_s=30 * 86_400,
            pairing_ttl_s=900,
            command_default_ttl_s=3600,
            dashboard_url="https://signs.example",
        )

        async def ready() -> Readiness:
            return Readiness(ready=True, checks={"database": "ok"})

        limits = limits or RequestLimits(RateLimits(), PerMinute(0, 0, 0), lambda _: None, time.time)
        app = create_app(use_cases, tokens, limits, readiness=ready, metrics=lambda: b"up 1\n")
        yield Api(app, use_cases, database, database_url, realtime, limits)


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(database_url, tmp_path) as api:
        yield api


@pytest.fixture
def tenant(api: Api) -> Tenant:
    return api.tenant("Hospital")


@pytest.fixture
def neighbour(api: Api) -> Tenant:
    return api.tenant("Neighbour")


@pytest.fixture
async def post(database_url: str, tmp_path: Path) -> AsyncIterator[tuple[Api, Inbox]]:
    """The application with a mail server, and whoever writes to those who forgot."""
    with smtp_server() as inbox:
        server = MailServer.from_url(f"smtp://127.0.0.1:{inbox.port}")
        mail = Mail(server, "clarion@signs.example", lambda: datetime.now(UTC))
        async with running_api(database_url, tmp_path, mail=mail) as api, trio.open_nursery() as nursery:
            nursery.start_soon(api.use_cases.forgotten.run)
            yield api, inbox
            nursery.cancel_scope.cancel()
