"""Access tokens of people: JWT, HS256, signed and checked by the hub alone.

Rule 1: the algorithm is ours, never the token's.
Rule 2: a token that lacks a claim is as good as none.
Rule 3: what was verified is known until it expires, by the token's hash: nobody finds tokens in the hub's
        memory. (A signature and its claims cost 45 µs, a request about 400.)
"""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
import msgspec

from hub.operator import THE_HUB, Operator
from hub.permissions import permissions_of_roles

_ALGORITHM: Final = "HS256"
_ISSUER: Final = "clarion"
_AUDIENCE: Final = "clarion-api"
_CLAIMS: Final = ["exp", "iat", "iss", "aud", "sub", "tid", "tenant", "email", "roles"]
# Between two hubs whose clocks differ a little.
_LEEWAY_S: Final = 5

VERIFIED_AT_MOST: Final = 1000
"""People who work at the same time, and integrations: a few hundred bytes each."""


class InvalidToken(Exception):
    """Forged, expired, for somebody else, or no token at all. Deliberately says no more."""


class _Claims(msgspec.Struct):
    sub: str
    tid: str
    tenant: str
    email: str
    roles: tuple[str, ...]

    def operator(self) -> Operator:
        if self.sub == THE_HUB.user_id:
            return THE_HUB
        permissions = permissions_of_roles(self.roles)
        return Operator(self.sub, self.tid, self.tenant, self.email, self.roles, permissions)


class AccessTokens:
    """Issues and verifies. `secret` has at least 32 bytes; `ttl_s` is how long a token is good."""

    def __init__(self, secret: str, ttl_s: int) -> None:
        if len(secret.encode()) < 32:
            raise ValueError("the secret must have at least 32 bytes")
        self._secret = secret
        self.ttl_s = ttl_s
        self._verified: dict[bytes, tuple[Operator, datetime]] = {}

    def issue(self, operator: Operator, now: datetime) -> str:
        """A token for this operator, good from `now` on."""
        claims: dict[str, Any] = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "iat": now,
            "exp": now + timedelta(seconds=self.ttl_s),
            "sub": operator.user_id,
            "tid": operator.tenant_id,
            "tenant": operator.tenant_name,
            "email": operator.email,
            "roles": list(operator.roles),
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def verify(self, token: str) -> Operator:
        """Who this token speaks for. Raises InvalidToken."""
        return self.verify_until(token)[0]

    def verify_until(self, token: str) -> tuple[Operator, datetime]:
        """Who this token speaks for, and until when. Raises InvalidToken."""
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._verified.get(key)
        if known is not None and time.time() < known[1].timestamp() + _LEEWAY_S:
            return known
        self._verified.pop(key, None)
        verified = self._look(token)
        if len(self._verified) >= VERIFIED_AT_MOST:
            del self._verified[next(iter(self._verified))]
        self._verified[key] = verified
        return verified

    def _look(self, token: str) -> tuple[Operator, datetime]:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                leeway=_LEEWAY_S,
                # A clock that was set back made every token one of the future: nobody could give an alert.
                options={"require": _CLAIMS, "verify_iat": False},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise InvalidToken("this access token is not valid") from error
        try:
            return msgspec.convert(claims, _Claims).operator(), datetime.fromtimestamp(claims["exp"], UTC)
        except msgspec.ValidationError as error:
            raise InvalidToken("this access token is not valid") from error
