"""Access tokens of people: JWT, HS256, signed and checked by the hub alone.

Rule 1: the algorithm is ours, never the token's; its key is one of our ring (`hub/jwt_keys.py`).
Rule 2: a token says which session it belongs to and nothing about rights: those are asked of `hub/access.py`.
Rule 3: a token that lacks a claim is as good as none.
Rule 4: what was verified is known until it expires or a key of the ring goes, by the token's hash: nobody
        finds tokens in the hub's memory. (A signature and its claims cost 45 µs, a request about 400.)
"""

from __future__ import annotations

import hashlib
import time
from datetime import datetime, timedelta
from typing import Any, Final

import jwt

from hub.jwt_keys import Keys
from hub.operator import Operator

_ALGORITHM: Final = "HS256"
_ISSUER: Final = "clarion"
_AUDIENCE: Final = "clarion-api"
_CLAIMS: Final = ["exp", "iat", "iss", "aud", "sub", "tid", "sid"]
# Between two hubs whose clocks differ a little.
_LEEWAY_S: Final = 5

VERIFIED_AT_MOST: Final = 1000
"""People who work at the same time: a few hundred bytes each."""


class InvalidToken(Exception):
    """Forged, expired, for somebody else, or no token at all. Deliberately says no more."""


class AccessTokens:
    """Issues and verifies. `ttl_s` is how long a token is good."""

    def __init__(self, keys: Keys, ttl_s: int) -> None:
        self._keys = keys
        self.ttl_s = ttl_s
        self._verified: dict[bytes, tuple[str, float]] = {}
        self._changes = keys.changes

    def issue(self, operator: Operator, now: datetime) -> str:
        """A token of this operator's session, good from `now` on. Raises ValueError for who has none."""
        if operator.session_id is None:
            raise ValueError("an access token belongs to a session")
        key = self._keys.newest
        claims: dict[str, Any] = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "iat": now,
            "exp": now + timedelta(seconds=self.ttl_s),
            "sub": operator.user_id,
            "tid": operator.tenant_id,
            "sid": operator.session_id,
        }
        return jwt.encode(claims, key.secret, algorithm=_ALGORITHM, headers={"kid": key.kid})

    def verify(self, token: str) -> str:
        """The session that this token belongs to. Raises InvalidToken."""
        if self._changes != self._keys.changes:
            self._changes = self._keys.changes
            self._verified.clear()
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._verified.get(key)
        if known is not None and time.time() < known[1] + _LEEWAY_S:
            return known[0]
        self._verified.pop(key, None)
        verified = self._look(token)
        if len(self._verified) >= VERIFIED_AT_MOST:
            del self._verified[next(iter(self._verified))]
        self._verified[key] = verified
        return verified[0]

    def _look(self, token: str) -> tuple[str, float]:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            secret = self._keys.secret_of(kid) if isinstance(kid, str) else None
            if secret is None:
                raise InvalidToken("this access token is not valid")
            claims = jwt.decode(
                token,
                secret,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                leeway=_LEEWAY_S,
                # A clock that was set back made every token one of the future: nobody could give an alert.
                options={"require": _CLAIMS, "verify_iat": False},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise InvalidToken("this access token is not valid") from error
        session_id = claims["sid"]
        if not isinstance(session_id, str):
            raise InvalidToken("this access token is not valid")
        return session_id, float(claims["exp"])
