"""The tenants as the live side knows them: what they are called, and whose screens may not be here now.

Rule: the screens of a suspended tenant are cut again and again. The token of one may have been looked up a
      moment before, and its hello come a moment after.
"""

from __future__ import annotations

from typing import Final

import trio

from actors.device.fleet import Fleet
from hub.live.roster import Roster
from hub.use_cases.access_ports import TenantAccess
from protocol.close_codes import CloseCode
from protocol.vocabulary import PresenceReason

CUT_AGAIN_EVERY_S: Final = 1.0


class Tenants:
    """`names`: what is learned of them, by id; those of suspended tenants too."""

    def __init__(self, names: dict[str, str], roster: Roster, fleet: Fleet) -> None:
        self._names = names
        self._roster = roster
        self._fleet = fleet
        self._suspended: set[str] = set()

    def learn(self, tenant: TenantAccess) -> None:
        """PostgreSQL says so of a tenant, be it new, renamed, suspended, resumed, or as it was."""
        self._names[tenant.id] = tenant.name
        if tenant.is_active:
            self._suspended.discard(tenant.id)
        else:
            self._suspended.add(tenant.id)
            self.cut()

    def cut(self) -> None:
        """No screen of a suspended tenant is here any more."""
        for tenant_id in self._suspended:
            for screen in self._roster.of_tenant(tenant_id):
                if self._fleet.link_of(screen.id) is not None:
                    self._fleet.cut(screen.id, CloseCode.TENANT_SUSPENDED, PresenceReason.TOKEN_REVOKED)

    async def run(self) -> None:
        """Cut again, for ever."""
        while True:
            await trio.sleep(CUT_AGAIN_EVERY_S)
            self.cut()
