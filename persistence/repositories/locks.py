"""Who waits for whom. A transaction locks in this order, so that no two wait for each other:

1. the admission of the tenant: no device is shut out while its commands are being queued;
2. the places of the tenant: no site or group changes while devices are put there, or given tags. Otherwise
   two that change both ends at once would each tell the live side without what the other has done;
3. the devices whose rows, or whose commands, it changes: in the order of their ids, as the journal's writer;
4. whatever else.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from persistence.repositories.base import Connection

_QUEUE: Final = "SELECT pg_advisory_xact_lock_shared(hashtextextended('clarion.admission.' || %s, 0))"
_SHUT_OUT: Final = "SELECT pg_advisory_xact_lock(hashtextextended('clarion.admission.' || %s, 0))"
_STAY: Final = "SELECT pg_advisory_xact_lock_shared(hashtextextended('clarion.places.' || %s, 0))"
_PLACES: Final = "SELECT pg_advisory_xact_lock(hashtextextended('clarion.places.' || %s, 0))"
_DEVICES: Final = """
SELECT FROM devices WHERE tenant_id = %s AND id = ANY (%s::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""


def queueing(connection: Connection, tenant_id: str) -> None:
    """Until the end of the transaction no device of the tenant is shut out. Any number may hold this."""
    connection.execute(_QUEUE, (tenant_id,))


def shutting_out(connection: Connection, tenant_id: str) -> None:
    """Until the end of the transaction no command of the tenant is queued."""
    connection.execute(_SHUT_OUT, (tenant_id,))


def devices(connection: Connection, tenant_id: str, device_ids: Collection[str]) -> None:
    """Until the end of the transaction nobody else changes these devices."""
    connection.execute(_DEVICES, (tenant_id, list(device_ids)))


def places_stay(connection: Connection, tenant_id: str) -> None:
    """Until the end of the transaction no site and no group changes. Any number may hold this; for whoever
    changes a device's site, groups or tags."""
    connection.execute(_STAY, (tenant_id,))


def places(connection: Connection, tenant_id: str) -> None:
    """Until the end of the transaction nobody else changes sites and groups, or what is in them."""
    connection.execute(_PLACES, (tenant_id,))
