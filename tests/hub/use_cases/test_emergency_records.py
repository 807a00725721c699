"""How an emergency gets on record, with a PostgreSQL that is away for a moment."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
import trio

from hub.emergency_log import Actor, Cleared, Created, EmergencyLog
from hub.use_cases.emergency_records import AGAIN_AFTER_REFUSAL_S, EmergencyRecords
from hub.use_cases.ports import Transaction
from persistence.errors import DatabaseUnavailable
from protocol.api import Scope
from protocol.vocabulary import Severity
from tests.hub.use_cases.lane import Stage

Result = TypeVar("Result")
AT = datetime(2026, 5, 2, 14, 2, tzinfo=UTC)


class Moody:
    """The database of the stage, when it is not `away`."""

    def __init__(self, stage: Stage) -> None:
        self.away = False
        self.asked = 0
        self._stage = stage

    async def transact(
        self, tenant_id: str, work: Callable[[Transaction], Result], *, urgent: bool = False
    ) -> Result:
        self.asked += 1
        if self.away:
            raise DatabaseUnavailable("no connection")
        return await self._stage.database.transact(tenant_id, work, urgent=urgent)

    async def ask(self, work: Callable[..., Result]) -> Result:
        return await self._stage.database.ask(work)


class Scene:
    """Records on that database. `press` and `clear` are what an operator does."""

    def __init__(self, stage: Stage, path: Path, nursery: trio.Nursery) -> None:
        self.stage = stage
        self.database = Moody(stage)
        self.log = EmergencyLog(path)
        self.records = EmergencyRecords(self.database, self.log, DatabaseUnavailable, nursery)
        self.records.open()

    async def press(self, *, tenant_id: str | None = None) -> Created:
        created = Created(
            tenant_id=tenant_id or self.stage.tenant.id,
            by=self.by("op@example.org"),
            at=AT,
            id=str(uuid.uuid4()),
            hide_command_id=str(uuid.uuid4()),
            title="Fire",
            message="Leave.",
            severity=Severity.EXTREME,
            scope=Scope("all"),
            scope_text="all screens",
            content_hash="hash",
            expires_at=None,
        )
        await self.records.keep(created)
        return created

    async def clear(self, created: Created) -> str:
        kept = await self.records.keep(
            Cleared(created.tenant_id, self.by("chief@example.org"), AT, created.id)
        )
        return kept.where

    def by(self, email: str) -> Actor:
        return Actor(str(uuid.uuid5(uuid.NAMESPACE_DNS, email)), email, "10.0.0.9")


@pytest.fixture
def scene(stage: Stage, tmp_path: Path, nursery: trio.Nursery) -> Scene:
    return Scene(stage, tmp_path / "emergencies.log", nursery)


async def test_an_all_clear_never_comes_on_record_before_its_alert(scene: Scene) -> None:
    scene.database.away = True
    created = await scene.press()
    scene.database.away = False

    assert await scene.clear(created) == "hub", "behind its alert, which is not in PostgreSQL yet"
    await scene.records.bring()

    assert scene.stage.rows("SELECT status, cleared_by FROM emergencies") == [
        ("clearing", scene.by("chief@example.org").user_id)
    ]
    assert scene.stage.rows("SELECT action, user_email FROM audit_log ORDER BY id") == [
        ("emergency.created", "op@example.org"),
        ("emergency.cleared", "chief@example.org"),
    ]
    assert scene.records.waiting == 0


async def test_a_record_that_postgresql_refuses_stays_and_rests_and_holds_up_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene.database.away = True
    refused = await scene.press(tenant_id=str(uuid.uuid4()))
    good = await scene.press()
    scene.database.away = False

    for _ in range(3):
        await scene.records.bring()
    assert scene.log.entries == (refused,) and "refuses a record" in caplog.text
    assert scene.stage.rows("SELECT id FROM emergencies") == [(good.id,)]
    assert scene.database.asked == 2 + 2, "not with every batch of the journal"

    now_s = trio.current_time()
    monkeypatch.setattr(trio, "current_time", lambda: now_s + AGAIN_AFTER_REFUSAL_S)
    await scene.records.bring()
    assert scene.database.asked == 2 + 2 + 1 and scene.records.waiting == 1
