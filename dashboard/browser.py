"""Whose browser asks: its address and its name, passed on with every call.

So the audit shows them, and not this process.
"""

from __future__ import annotations

from typing import NamedTuple, Self

from fastapi import Request

_LONGEST_NAME = 400


class Browser(NamedTuple):
    """`forwarded_for`: where it is, after what proxies before us say of it; the hub knows whom to believe."""

    forwarded_for: str | None = None
    user_agent: str | None = None

    @classmethod
    def of(cls, request: Request) -> Self:
        """The one that sent this request."""
        came = [*request.headers.getlist("x-forwarded-for"), request.client.host if request.client else ""]
        agent = request.headers.get("user-agent", "")[:_LONGEST_NAME]
        return cls(
            ", ".join(part for part in came if _fits(part)) or None,
            agent if _fits(agent) else None,
        )

    def headers(self) -> dict[str, str]:
        """As HTTP headers of a call to the hub."""
        said = {"X-Forwarded-For": self.forwarded_for, "User-Agent": self.user_agent}
        return {name: value for name, value in said.items() if value is not None}


def _fits(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable()


NO_BROWSER = Browser()
