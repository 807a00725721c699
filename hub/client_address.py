"""Where a request really comes from, when a proxy of ours stands in front.

Rule: `X-Forwarded-For` and `X-Forwarded-Proto` are believed from trusted proxies only, and of several
addresses the last one that is no trusted proxy: whatever stands before it, the client may have written
itself.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ClientAddresses:
    """`trusted`: the networks of our own proxies (CLARION_TRUSTED_PROXIES)."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def trusts(self, address: str) -> bool:
        """Whether this address is one of our proxies."""
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)

    def client_of(self, peer: str, forwarded_for: str) -> str:
        """The client's address: `peer`, or what our proxies say of it (`X-Forwarded-For`, possibly empty)."""
        client = peer
        for claimed in reversed([part.strip() for part in forwarded_for.split(",") if part.strip()]):
            if not self.trusts(client):
                break
            try:
                client = str(ipaddress.ip_address(claimed))
            except ValueError:
                break
        return client
