"""What screens show to be let in: made beside the others, revoked one by one."""

from __future__ import annotations

import pytest

from hub.use_cases.errors import NotAllowed
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant, make_tenant

KEYS = "/api/v1/enrolment-keys"


async def test_a_new_key_lets_screens_ask_until_it_is_revoked_and_the_older_one_goes_on(
    api: Api, tenant: Tenant
) -> None:
    made = await api.post(KEYS, None, tenant.admin)
    assert made.status == 201, made.body
    mine = tenant._replace(enrolment_key=made.body["secret"])
    assert (await api.register(mine, "hw-1")).status == 202
    revoked = await api.call("DELETE", f"{KEYS}/{made.body['key']['id']}", None, tenant.admin)
    assert revoked.status == 200 and revoked.body["revoked_at"] is not None
    assert (await api.register(mine, "hw-2")).status == 403
    assert (await api.register(tenant, "hw-2")).status == 202
    listed = (await api.get(KEYS, tenant.admin)).body["items"]
    assert [key["revoked_at"] is None for key in listed] == [True, False]
    ((_, _, target, details),) = api.audited("enrolment_key.created")
    assert (target, details) == (made.body["key"]["id"], {})
    await api.call("DELETE", f"{KEYS}/{made.body['key']['id']}", None, tenant.admin)
    assert len(api.audited("enrolment_key.revoked")) == 1


async def test_enrolment_keys_are_the_tenants_own_and_not_for_everybody(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    (theirs,) = (await api.get(KEYS, neighbour.admin)).body["items"]
    assert (await api.call("DELETE", f"{KEYS}/{theirs['id']}", None, tenant.admin)).status == 404
    assert (await api.register(neighbour, "hw-1")).status == 202
    viewer = make_tenant(api.database_url, "Viewers", RoleName.VIEWER).admin
    assert (await api.get(KEYS, viewer)).status == 403
    assert (await api.post(KEYS, None, viewer)).status == 403
    limited = tenant.admin._replace(sites=frozenset())
    with pytest.raises(NotAllowed, match="whole tenant"):
        await api.use_cases.enrolment_keys.add(limited)
