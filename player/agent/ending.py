"""How a connection ended, in the words that decide whether to come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from trio_websocket import ConnectionRejected

from protocol.close_codes import MEANINGS, CloseCode
from protocol.frames import Goodbye

_TOKEN_REFUSED: Final = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Ending:
    """The close code, if the hub sent one, and its goodbye, if it said one."""

    close_code: int | None = None
    goodbye: Goodbye | None = None

    @property
    def reason(self) -> str:
        """Why, for people."""
        try:
            return MEANINGS[CloseCode(self.close_code or 0)].reason
        except ValueError:
            return self.goodbye.reason if self.goodbye else "the connection broke"


def rejected(group: BaseExceptionGroup[ConnectionRejected]) -> Ending:
    """The upgrade was declined with an HTTP status: what that means in close codes (RFC 9110, section 15)."""
    refusal = next(iter(_leaves(group)))
    if refusal.status_code in _TOKEN_REFUSED:
        return Ending(CloseCode.TOKEN_REVOKED)
    for name, value in refusal.headers or ():
        if name.lower() == b"retry-after" and value.isdigit():
            return Ending(
                CloseCode.TRY_AGAIN_LATER,
                Goodbye(CloseCode.TRY_AGAIN_LATER, "the hub is busy", reconnect_after_s=float(value)),
            )
    return Ending(CloseCode.TRY_AGAIN_LATER)


def _leaves(group: BaseExceptionGroup[ConnectionRejected]) -> list[ConnectionRejected]:
    found: list[ConnectionRejected] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
