"""When to come back after a connection ended, and when not to.

Rule 1: every wait is random over its whole range ("full jitter"), so that a thousand screens that lost the
        hub in the same second do not return in the same second.
Rule 2: the hub's word wins: its `goodbye` says how long to stay away, its close code whether to return.
        A screen that is sent away without a time asks again after minutes: whoever sent it away may have
        been mistaken, or be gone, and no screen is dark to its hub for ever. Only a revoked token is not
        tried again.
Rule 3: the range doubles with every attempt in a row, up to a limit, and starts anew once a session has
        proved sound.
"""

from __future__ import annotations

from random import Random
from typing import Final

from protocol.close_codes import MEANINGS, CloseCode
from protocol.frames import Goodbye

FIRST_RANGE_S: Final = 1.0
LONGEST_RANGE_S: Final = 30.0
SENT_AWAY_AT_LEAST_S: Final = 300.0
SENT_AWAY_RANGE_S: Final = 600.0


def may_come_back(close_code: int | None) -> bool:
    """Whether the hub wants the same screen with the same token back. An unknown code means yes."""
    try:
        return close_code is None or MEANINGS[CloseCode(close_code)].come_back
    except ValueError:
        return True


def may_resume(close_code: int | None) -> bool:
    """Whether the session goes on after such an end: not when it was meant, or another took it over."""
    return close_code != CloseCode.NORMAL and may_come_back(close_code)


def is_sent_away(close_code: int | None, goodbye: Goodbye | None) -> bool:
    """Whether the hub does not want the screen back, as far as it knows now (Rule 2)."""
    return not may_come_back(close_code) or (goodbye is not None and goodbye.reconnect_after_s is None)


class Backoff:
    """How long to wait before the next attempt."""

    __slots__ = ("_attempts", "_rng")

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._attempts = 0

    def session_is_sound(self) -> None:
        """The hub answered a heartbeat, so the next loss is a new one.

        A `welcome` alone proves too little: a hub that welcomes and falls over would be called without pause.
        """
        self._attempts = 0

    def delay_s(self, *, close_code: int | None = None, goodbye: Goodbye | None = None) -> float | None:
        """Seconds to wait after a connection ended or could not be made; None: its token is good no more."""
        if close_code == CloseCode.TOKEN_REVOKED:
            return None
        if is_sent_away(close_code, goodbye):
            return SENT_AWAY_AT_LEAST_S + self._rng.uniform(0.0, SENT_AWAY_RANGE_S)
        at_least_s = 0.0 if goodbye is None else max(0.0, goodbye.reconnect_after_s or 0.0)
        # 2.0**31 is far past the limit already; a screen that is alone for years must not overflow.
        range_s = min(LONGEST_RANGE_S, FIRST_RANGE_S * 2.0 ** min(self._attempts, 31))
        self._attempts += 1
        return at_least_s + self._rng.uniform(0.0, range_s)
