"""Why a WebSocket was closed, and whether to come back. RFC 6455 section 7.4; 4000–4999 are ours."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple


class CloseCode(IntEnum):
    """The status codes the hub closes with."""

    NORMAL = 1000
    PROTOCOL_ERROR = 1002
    INVALID_TEXT = 1007
    TOO_BIG = 1009
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    MALFORMED = 4400
    TOKEN_REVOKED = 4401
    TENANT_SUSPENDED = 4403
    RIGHTS_CHANGED = 4405
    NO_HELLO = 4408
    SUPERSEDED = 4409
    HEARTBEAT_LOST = 4410
    TOO_SLOW = 4429
    HUB_FAULT = 4500


class Meaning(NamedTuple):
    """`come_back`: whether the same client with the same token should connect again."""

    reason: str
    come_back: bool


MEANINGS: Final[dict[CloseCode, Meaning]] = {
    CloseCode.NORMAL: Meaning("the screen said goodbye", come_back=True),
    CloseCode.PROTOCOL_ERROR: Meaning("a frame broke RFC 6455", come_back=True),
    CloseCode.INVALID_TEXT: Meaning("a text frame was not valid UTF-8", come_back=True),
    CloseCode.TOO_BIG: Meaning("a frame was larger than 64 KiB", come_back=True),
    CloseCode.SERVICE_RESTART: Meaning("the hub is restarting", come_back=True),
    CloseCode.TRY_AGAIN_LATER: Meaning("the hub is busy", come_back=True),
    CloseCode.MALFORMED: Meaning("a frame was not what the protocol allows here", come_back=True),
    CloseCode.TOKEN_REVOKED: Meaning("this token is no longer valid", come_back=False),
    CloseCode.TENANT_SUSPENDED: Meaning("the tenant is suspended", come_back=True),
    CloseCode.RIGHTS_CHANGED: Meaning("what you may see or do has changed", come_back=True),
    CloseCode.NO_HELLO: Meaning("no hello came in time", come_back=True),
    CloseCode.SUPERSEDED: Meaning("the same device connected again", come_back=False),
    CloseCode.HEARTBEAT_LOST: Meaning("no heartbeat came in time", come_back=True),
    CloseCode.TOO_SLOW: Meaning("the client did not read what was sent", come_back=True),
    CloseCode.HUB_FAULT: Meaning("a fault in the hub; it has been recorded", come_back=True),
}
