"""What stays out of the details of an audit entry."""

from __future__ import annotations

import pytest

from hub.use_cases.audit import LEFT_OUT, without_secrets
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant


@pytest.mark.parametrize(
    "name",
    ["password", "wifi_password", "Passwd", "api_key", "apiKey", "SECRET", "bearerToken", "wpa-key", "pin"],
)
def test_what_is_called_like_a_secret_only_says_that_it_was_there(name: str) -> None:
    assert without_secrets({"after": {"a": [{name: "hush", "b": 1}]}}) == {
        "after": {"a": [{name: LEFT_OUT, "b": 1}]}
    }
    assert without_secrets({name: 1234}) == {name: LEFT_OUT}


def test_everything_else_stays_as_it_is() -> None:
    details = {"key": "commands.bulk", "name": "Pin board", "shipping": "x", "second_factor": True, "n": None}
    assert without_secrets(details) == details
    assert without_secrets({"token": None, "password": True}) == {"token": None, "password": True}


async def test_a_password_in_the_settings_of_a_screen_reaches_the_screen_and_not_the_audit_log(
    api: Api, tenant: Tenant
) -> None:
    (device_id,) = await api.provision(tenant, "hw")
    settings = {"wifi": {"ssid": "lobby", "password": "hush hush"}}
    changed = await api.patch(f"/api/v1/devices/{device_id}", {"settings": settings}, tenant.admin)
    assert changed.body["settings"] == settings
    again = {"wifi": {"ssid": "lobby", "password": "hush again"}}
    assert (await api.patch(f"/api/v1/devices/{device_id}", {"settings": again}, tenant.admin)).status == 200
    entries = api.audited("device.changed")
    assert len(entries) == 2 and "hush" not in str(entries)
    assert entries[1][3]["after"]["settings"]["wifi"] == {"ssid": "lobby", "password": LEFT_OUT}
