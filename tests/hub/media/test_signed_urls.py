"""Addresses of files: who made them, what they lead to, how long they are good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.media.signed_urls import WINDOW, BadAddress, MediaUrls

TENANT = "0d9c0f6e-5e0c-4a55-9c1b-5d0f3e1a2b3c"
OTHER = "1d9c0f6e-5e0c-4a55-9c1b-5d0f3e1a2b3c"
SHA256 = "ab" * 32
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
URLS = MediaUrls("s" * 64)


def parts(path: str) -> tuple[str, str, str]:
    _, media, grant, tenant, sha256, _ = path.split("/", 5)
    assert media == "media"
    return grant, tenant, sha256


def test_an_address_leads_to_its_file_until_its_time_is_over() -> None:
    path, until = URLS.path(TENANT, SHA256, "a picture.png", NOW), URLS.good_until(NOW)
    assert path.endswith(f"/{TENANT}/{SHA256}/a%20picture.png")
    granted = URLS.check(*parts(path), NOW)
    assert (granted.tenant_id, granted.sha256) == (TENANT, SHA256)
    assert granted.good_for_s == (until - NOW).total_seconds()
    URLS.check(*parts(path), until - timedelta(seconds=1))
    with pytest.raises(BadAddress, match="over"):
        URLS.check(*parts(path), until)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 -- made aware below
    st.timedeltas(timedelta(0), WINDOW),
)
def test_an_address_is_good_for_seven_to_fourteen_days_and_stays_the_same_for_seven(
    when: datetime, later: timedelta
) -> None:
    now = when.replace(tzinfo=UTC)
    until = URLS.good_until(now)
    assert WINDOW < until - now <= 2 * WINDOW
    same = URLS.path(TENANT, SHA256, "a", now) == URLS.path(TENANT, SHA256, "a", now + later)
    assert same == (now + later < until - WINDOW)


def test_no_part_of_an_address_can_be_exchanged() -> None:
    grant, tenant, sha256 = parts(URLS.path(TENANT, SHA256, "a", NOW))
    until, signature = grant.split(".")
    for wrong in (
        (f"{int(until) + 1}.{signature}", tenant, sha256),
        (f"{until}.{signature[:-1]}", tenant, sha256),
        (f"{until}.{signature[:-2]}AA", tenant, sha256),
        (grant, OTHER, sha256),
        (grant, tenant, "ac" * 32),
        (grant, tenant.upper(), sha256),
        ("", tenant, sha256),
        ("1.é", tenant, sha256),
        (grant, "..", sha256),
        (grant, tenant, ".."),
    ):
        with pytest.raises(BadAddress):
            URLS.check(*wrong, NOW)
    with pytest.raises(BadAddress, match="not given by this hub"):
        MediaUrls("t" * 64).check(grant, tenant, sha256, NOW)
