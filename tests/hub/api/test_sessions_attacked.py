"""Sessions as an attacker would begin them: at the moment of their end, by the thousand, code after code."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime, timedelta

import psycopg
import pyotp
import pytest

from hub.operator import Origin
from hub.passwords import Passwords
from hub.use_cases.errors import NotSignedIn, TooMany
from hub.use_cases.second_factor import SecondFactor
from hub.use_cases.sessions import AT_MOST
from hub.use_cases.sign_in import SignIn
from persistence.owner import Owner, connect_as_owner
from protocol.access import UserLogin
from tests.hub.api.conftest import Api
from tests.hub.api.test_sessions import Person, opens, sign_in
from tests.hub.tenants import CHEAP, PASSWORD, Tenant


@pytest.mark.parametrize(
    "switch_off",
    ["UPDATE users SET is_active = false WHERE id = %s", "UPDATE tenants SET status = 'SUSPENDED'"],
)
async def test_who_switches_somebody_off_waits_for_a_session_that_is_beginning_and_so_ends_it(
    api: Api, tenant: Tenant, switch_off: str
) -> None:
    user_id, at = tenant.admin.user_id, datetime.now(UTC)
    told = (user_id,) if "%s" in switch_off else ()
    with connect_as_owner(api.database_url) as beginning, connect_as_owner(api.database_url) as other:
        tx = Owner(beginning).within(tenant.id)
        until = at + timedelta(days=1)
        tx.sessions.begin(str(uuid.uuid4()), user_id, None, secrets.token_bytes(32), at, until, None, "")
        other.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(switch_off.encode(), told)
        other.rollback()
        beginning.commit()
        assert other.execute(switch_off.encode(), told).rowcount == 1


async def test_a_person_has_so_many_sessions_and_the_one_used_longest_ago_gives_way(
    api: Api, tenant: Tenant
) -> None:
    first = await sign_in(api, tenant)
    api.rows(
        "INSERT INTO sessions (id, tenant_id, user_id, created_at, last_used_at, expires_at)"
        " SELECT gen_random_uuid(), tenant_id, user_id, created_at, now() + '1 s', expires_at"
        " FROM sessions, generate_series(1, %s) WHERE id = %s",
        AT_MOST - 2,
        first.body["session_id"],
    )
    api.rows("UPDATE sessions SET last_used_at = now() + '1 s' WHERE id = %s", tenant.admin.session_id)
    second = await sign_in(api, tenant)
    assert not await opens(api, first) and await opens(api, second)
    ((left,),) = api.rows("SELECT count(*) FROM sessions WHERE revoked_at IS NULL")
    assert left == AT_MOST
    ((_, _, ended, details),) = api.audited("session.revoked")
    assert ended == first.body["session_id"] and details["user_id"] == tenant.admin.user_id


async def test_who_has_the_password_and_many_addresses_has_no_more_tries_at_the_code(
    api: Api, tenant: Tenant
) -> None:
    factor, person = SecondFactor("f" * 32), Person(tenant.admin.user_id)
    now = datetime.now(UTC)
    offer = await api.database.transact(
        tenant.id, lambda tx: factor.offer(tx, person, tenant.admin.email, tenant.name)
    )
    assert offer is not None
    totp = pyotp.TOTP(offer.secret)
    codes = await api.database.transact(tenant.id, lambda tx: factor.confirm(tx, person, totp.at(now), now))
    assert codes is not None
    sign = SignIn(
        api.database,
        Passwords(CHEAP),
        api.use_cases.sessions,
        factor,
        lambda: datetime.now(UTC),
        refusal_s=0.01,
    )
    answers: list[type[Exception]] = []
    for number in range(12):
        with pytest.raises((NotSignedIn, TooMany)) as refused:
            guess = UserLogin(tenant.admin.email, PASSWORD, tenant.id, f"{number:06}")
            await sign(guess, Origin(f"192.0.2.{number}"))
        answers.append(refused.type)
    assert answers[:5] == [NotSignedIn] * 5 and TooMany in answers
    with pytest.raises(NotSignedIn):
        await sign(UserLogin(tenant.admin.email, "wrong", tenant.id, codes[0]), Origin("198.51.100.7"))
