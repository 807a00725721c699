"""Of devices, and of what is a device's, that which is at some sites.

`sites`: their ids. None asks nothing: then the statement is the one it would be without.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import LiteralString


def devices_at(sites: Collection[str] | None) -> LiteralString:
    """A condition on the devices `d`."""
    return "" if sites is None else " AND d.site_id = ANY (%(sites)s::uuid[])"


def commands_at(sites: Collection[str] | None) -> LiteralString:
    """A condition on the commands `c`."""
    if sites is None:
        return ""
    return (
        " AND EXISTS (SELECT FROM devices d WHERE d.tenant_id = c.tenant_id AND d.id = c.device_id"
        " AND d.site_id = ANY (%(sites)s::uuid[]))"
    )


def values_of(sites: Collection[str] | None) -> dict[str, list[str]]:
    """What the conditions ask with."""
    return {} if sites is None else {"sites": list(sites)}
