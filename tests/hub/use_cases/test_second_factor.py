"""The second factor on a real database: codes open once, also when two come at the same moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pyotp
import pytest
import trio
from structlog.testing import capture_logs

from hub.totp import step_at
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.ports import Transaction
from hub.use_cases.second_factor import RECOVERY_CODES, SecondFactor, new_recovery_code
from persistence.database import Database
from persistence.owner import connect_as_owner
from tests.hub.tenants import Tenant, make_tenant

NOON = datetime(2026, 3, 1, 12, 0, 7, tzinfo=UTC)
KEY = "k" * 48


class User(NamedTuple):
    id: str


class Stage:
    """One person of one tenant, and a factor in force since a minute before noon."""

    def __init__(self, database: Database, database_url: str) -> None:
        self.database = database
        self.database_url = database_url
        self.tenant: Tenant = make_tenant(database_url, "Hospital")
        self.user = User(self.tenant.admin.user_id)
        self.factor = SecondFactor(KEY)
        self.secret = ""

    async def check(self, code: str, now: datetime = NOON, factor: SecondFactor | None = None) -> bool:
        by = factor or self.factor
        return bool(await self.run(lambda tx: by.check(tx, self.user, code, now)))

    async def run(self, work: Any) -> Any:
        return await self.database.transact(self.tenant.id, work)

    async def switch_on(self) -> list[str]:
        offer = await self.run(lambda tx: self.factor.offer(tx, self.user, "ada@example", "Hospital"))
        self.secret = offer.secret
        before = NOON - timedelta(minutes=1)
        codes: list[str] = await self.run(
            lambda tx: self.factor.confirm(tx, self.user, self.code_at(before), before)
        )
        return codes

    def code_at(self, moment: datetime) -> str:
        return pyotp.TOTP(self.secret).at(moment)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with connect_as_owner(self.database_url) as connection:
            return connection.execute(sql.encode()).fetchall()


@pytest.fixture
async def stage(database_url: str, hub_database_url: str) -> AsyncIterator[Stage]:
    async with Database(hub_database_url, pool_size=4) as database:
        yield Stage(database, database_url)


async def test_it_is_in_force_from_the_first_right_code_and_not_before(stage: Stage) -> None:
    offer = await stage.run(lambda tx: stage.factor.offer(tx, stage.user, "ada@example", "Hospital"))
    stage.secret = offer.secret
    assert not await stage.run(lambda tx: stage.factor.is_on(tx, stage.user))
    wrong = "000000" if stage.code_at(NOON) != "000000" else "000001"
    assert await stage.run(lambda tx: stage.factor.confirm(tx, stage.user, wrong, NOON)) is None
    assert not await stage.run(lambda tx: stage.factor.is_on(tx, stage.user))
    codes = await stage.run(lambda tx: stage.factor.confirm(tx, stage.user, stage.code_at(NOON), NOON))
    assert len(set(codes)) == RECOVERY_CODES
    assert await stage.run(lambda tx: stage.factor.is_on(tx, stage.user))
    assert not await stage.check(stage.code_at(NOON)), "the code that switched it on is used"
    later = NOON + timedelta(minutes=1)
    assert await stage.check(stage.code_at(later), later)


async def test_while_one_is_in_force_no_other_is_offered_or_confirmed(stage: Stage) -> None:
    await stage.switch_on()
    assert await stage.run(lambda tx: stage.factor.offer(tx, stage.user, "a@b", "H")) is None
    assert await stage.run(lambda tx: stage.factor.confirm(tx, stage.user, stage.code_at(NOON), NOON)) is None
    assert await stage.check(stage.code_at(NOON)), "and the one in force is as it was"


async def test_a_code_opens_once_and_no_older_one_after_it(stage: Stage) -> None:
    await stage.switch_on()
    late = NOON + timedelta(seconds=30)
    assert await stage.check(stage.code_at(late), NOON)
    assert not await stage.check(stage.code_at(late), NOON)
    assert not await stage.check(stage.code_at(NOON), NOON)


async def test_of_the_same_code_many_times_at_the_same_moment_one_opens(stage: Stage) -> None:
    (recovery, *_) = await stage.switch_on()
    for code in (stage.code_at(NOON), recovery):
        opened: list[bool] = []

        async def attempt(code: str = code, opened: list[bool] = opened) -> None:
            opened.append(await stage.check(code))

        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(attempt)
        assert sorted(opened) == [False, False, False, True]


async def test_who_looked_before_a_code_was_used_and_comes_after_it_is_refused(stage: Stage) -> None:
    """Two have read the same last step, and both use the next one."""
    (recovery, *_) = await stage.switch_on()
    step, code_hash = step_at(NOON), hash_token(recovery.replace("-", ""))
    assert await stage.run(lambda tx: tx.second_factors.use_step(stage.user.id, step))
    assert not await stage.run(lambda tx: tx.second_factors.use_step(stage.user.id, step))
    assert not await stage.run(lambda tx: tx.second_factors.use_step(stage.user.id, step - 1))
    assert await stage.run(lambda tx: tx.second_factors.use_code(stage.user.id, code_hash))
    assert not await stage.run(lambda tx: tx.second_factors.use_code(stage.user.id, code_hash))


async def test_a_recovery_code_opens_once_however_it_is_typed_and_the_audit_says_how_many_are_left(
    stage: Stage,
) -> None:
    codes = await stage.switch_on()
    assert await stage.check(codes[0])
    assert not await stage.check(codes[0])
    assert await stage.check(f" {codes[1].upper().replace('-', ' ')} ")
    rows = stage.rows(
        "SELECT target_id::text, details FROM audit_log WHERE action = 'user.recovery_code_used' ORDER BY seq"
    )
    assert rows == [(stage.user.id, {"left": 9}), (stage.user.id, {"left": 8})]


async def test_new_recovery_codes_end_the_older_ones_also_when_two_make_them_at_once(stage: Stage) -> None:
    before = await stage.switch_on()
    made: list[list[str]] = []

    async def renew() -> None:
        made.append(await stage.run(lambda tx: stage.factor.new_codes(tx, stage.user)))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(renew)
    assert stage.rows("SELECT count(*) FROM recovery_codes") == [(RECOVERY_CODES,)]
    assert not await stage.check(before[0])
    assert [await stage.check(codes[0]) for codes in made].count(True) == 1


async def test_postgresql_has_neither_the_secret_nor_a_code(stage: Stage) -> None:
    codes = await stage.switch_on()
    await stage.check(codes[0])
    kept = " ".join(
        str(row)
        for table in ("users", "recovery_codes", "audit_log")
        for row in stage.rows(f"SELECT to_jsonb(t)::text FROM {table} t")
    )
    as_hex = stage.secret.encode().hex()
    for secret in (stage.secret, as_hex, *codes, *(code.replace("-", "") for code in codes)):
        assert secret not in kept


async def test_with_another_key_codes_open_nothing_recovery_codes_do_and_the_log_says_why(
    stage: Stage,
) -> None:
    codes = await stage.switch_on()
    other = SecondFactor("l" * 48)
    with capture_logs() as lines:
        assert not await stage.check(stage.code_at(NOON), factor=other)
        assert await stage.check(codes[0], factor=other)
    assert "second-factors.key" in lines[0]["event"]
    assert stage.secret not in str(lines) and codes[0] not in str(lines)


async def test_a_sealed_secret_moved_to_somebody_else_is_no_use(stage: Stage) -> None:
    await stage.switch_on()
    other = make_tenant(stage.database_url, "Neighbour")
    with connect_as_owner(stage.database_url) as connection:
        connection.execute(
            "UPDATE users u SET totp_secret = o.totp_secret, totp_since = o.totp_since FROM users o"
            " WHERE u.id = %s AND o.id = %s",
            (other.admin.user_id, stage.user.id),
        )

    def check(tx: Transaction) -> bool:
        return stage.factor.check(tx, User(other.admin.user_id), stage.code_at(NOON), NOON)

    assert not await stage.database.transact(other.id, check)


async def test_a_factor_taken_away_asks_for_nothing_and_its_recovery_codes_are_gone(stage: Stage) -> None:
    await stage.switch_on()
    assert await stage.run(lambda tx: tx.second_factors.remove(stage.user.id, NOON))
    assert not await stage.run(lambda tx: stage.factor.is_on(tx, stage.user))
    assert stage.rows("SELECT count(*) FROM recovery_codes") == [(0,)]
    assert not await stage.run(lambda tx: tx.second_factors.remove(stage.user.id, NOON))


async def test_another_tenants_transaction_finds_no_factor_and_changes_none(stage: Stage) -> None:
    codes = await stage.switch_on()
    other = make_tenant(stage.database_url, "Neighbour")

    def meddle(tx: Transaction) -> tuple[Any, ...]:
        factors = tx.second_factors
        return (
            factors.of(stage.user.id),
            factors.use_step(stage.user.id, 2**40),
            factors.remove(stage.user.id, NOON),
            factors.offer(stage.user.id, b"x"),
            factors.codes_left(stage.user.id),
        )

    assert await stage.database.transact(other.id, meddle) == (None, False, False, False, 0)
    assert await stage.check(stage.code_at(NOON))
    assert await stage.check(codes[0])


def test_recovery_codes_are_never_the_same_and_never_six_digits() -> None:
    codes = [new_recovery_code() for _ in range(1000)]
    assert len(set(codes)) == 1000
    assert all(len(code) == 17 for code in codes)
