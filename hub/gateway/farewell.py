"""How long a client that is sent away, and may come back, stays away.

Random over a range: what closes one connection often closes a thousand in the same second, and they must not
come back in the same second.
"""

from __future__ import annotations

import random
from typing import Final

from protocol.close_codes import CloseCode

AT_ONCE = (0.0, 0.0)
SOON = (0.0, 2.0)
WHEN_THE_RUSH_IS_OVER = (2.0, 8.0)
NOT_AT_ONCE = (1.0, 5.0)
"""For whoever will do the same again: a client that is broken costs little if it is broken slowly."""
WHEN_SOMEBODY_HAS_DECIDED = (10.0, 40.0)

AWAY_S: Final[dict[CloseCode, tuple[float, float]]] = {
    CloseCode.NORMAL: AT_ONCE,
    CloseCode.PROTOCOL_ERROR: NOT_AT_ONCE,
    CloseCode.INVALID_TEXT: NOT_AT_ONCE,
    CloseCode.TOO_BIG: NOT_AT_ONCE,
    CloseCode.SERVICE_RESTART: NOT_AT_ONCE,
    CloseCode.TRY_AGAIN_LATER: WHEN_THE_RUSH_IS_OVER,
    CloseCode.MALFORMED: NOT_AT_ONCE,
    CloseCode.TENANT_SUSPENDED: WHEN_SOMEBODY_HAS_DECIDED,
    CloseCode.RIGHTS_CHANGED: SOON,
    CloseCode.NO_HELLO: NOT_AT_ONCE,
    CloseCode.HEARTBEAT_LOST: SOON,
    CloseCode.TOO_SLOW: NOT_AT_ONCE,
    CloseCode.HUB_FAULT: NOT_AT_ONCE,
}
"""From and to, in seconds, for every code that lets the client come back."""


def away_s(code: CloseCode) -> float:
    """Seconds, for this one client."""
    return random.uniform(*AWAY_S[code])  # noqa: S311 -- spreads load, guards nothing
