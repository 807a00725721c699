"""Every request is counted: of its address before anybody looks at its token, then of its tenant and actor.

Rule 1: an emergency is counted and never refused, whoever else used the limit up.
Rule 2: this machine's own address has no limit: the dashboard and a proxy speak for many.
Rule 3: every answer of a route says how much is left of the limit that is nearest, as the IETF draft
        "RateLimit header fields for HTTP" has it; a refusal is 429 with Retry-After.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from quart import g

from hub.api.problems import ProblemResponse
from hub.api.route import Route
from hub.operator import THE_HUB, Operator
from hub.rate_limits import RateLimits, Subject, Verdict, policy

_WHOSE: Final = {"tenant": "your tenant", "actor": "you", "address": "your address"}


class PerMinute(NamedTuple):
    """Requests a minute; 0: as many as they like."""

    tenant: int
    actor: int
    address: int


class RequestLimits:
    """`tenant_limit`: a tenant's own limit, None if it has none; `wall_s`: seconds since the Unix epoch."""

    def __init__(
        self,
        counts: RateLimits,
        limits: PerMinute,
        tenant_limit: Callable[[str], int | None],
        wall_s: Callable[[], float],
    ) -> None:
        self._counts = counts
        self._limits = limits
        self._tenant_limit = tenant_limit
        self._wall_s = wall_s

    def arrives(self, route: Route, ip: str | None) -> None:
        """A request came from this address. Raises ProblemResponse."""
        if ip is not None and self._limits.address:
            key = _network(ip)
            if key is not None:
                self._take(route, (Subject("address", key, self._limits.address),))

    def asks(self, route: Route, operator: Operator) -> None:
        """And this is who asks. Raises ProblemResponse."""
        if operator is THE_HUB or operator.user_id == THE_HUB.user_id:
            return
        own = self._tenant_limit(operator.tenant_id)
        limit = self._limits.tenant if own is None else own
        self._take(
            route,
            (
                Subject("tenant", operator.tenant_id, limit),
                Subject("actor", operator.user_id, self._limits.actor),
            ),
        )

    def _take(self, route: Route, subjects: tuple[Subject, ...]) -> None:
        verdict = self._counts.take(subjects, self._wall_s(), always=route.urgent)
        if verdict is None:
            return
        known: Verdict | None = g.get("rate_limit")
        if known is None or verdict.remaining <= known.remaining:
            g.rate_limit = verdict
        g.rate_limit_policy = (*g.get("rate_limit_policy", ()), *subjects)
        if verdict.retry_after_s:
            g.rate_limit = verdict
            raise ProblemResponse(
                429,
                f"Too many requests: more than {verdict.limit:,} a minute from {_WHOSE[verdict.kind]}. "
                f"Wait {verdict.retry_after_s} s, then go on more slowly.",
                headers={"Retry-After": str(verdict.retry_after_s)},
            )


def limit_headers() -> Mapping[str, str]:
    """What the answer to the request of now says of limits; nothing if nothing was counted."""
    verdict: Verdict | None = g.get("rate_limit")
    if verdict is None:
        return {}
    return {
        "RateLimit-Policy": policy(g.rate_limit_policy),
        "RateLimit": f'"{verdict.kind}";r={verdict.remaining};t={verdict.reset_s}',
    }


@lru_cache(maxsize=4096)
def _network(ip: str) -> str | None:
    """The address, or its /64 of IPv6: a provider's line has a whole one. None for this machine's own."""
    address = ipaddress.ip_address(ip)
    if address.is_loopback:
        return None
    return ip if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
