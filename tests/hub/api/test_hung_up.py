"""A client hangs up in the middle of its action: what is committed is felt all the same."""

from __future__ import annotations

import trio

from persistence.owner import connect_as_owner
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant
from tests.patience import PATIENCE_S

WAITS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (%s)::oid"


async def test_devices_whose_operator_hung_up_are_let_in_and_the_live_side_hears_of_them(
    api: Api, tenant: Tenant
) -> None:
    ((database,),) = api.rows("SELECT oid::text FROM pg_database WHERE datname = current_database()")
    with connect_as_owner(api.database_url) as elsewhere, trio.fail_after(PATIENCE_S):
        # Somebody else provisions, so this one waits inside its transaction.
        elsewhere.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('clarion.enrolment.' || %s, 0))", (tenant.id,)
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(api.provision, tenant, "hw-1")
            while api.rows(WAITS, database) == [(0,)]:
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
            elsewhere.commit()
    assert api.rows("SELECT id::text FROM devices WHERE status = 'approved'") == [
        (device_id,) for device_id in api.realtime.refreshed
    ]
    assert len(api.realtime.refreshed) == 1
