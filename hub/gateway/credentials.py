"""Who is this token? Looked up many at a time.

Rule 1: one look-up is under way at a time, for everybody who is waiting: after an outage ten thousand screens
        come back in the same second, and they cost a few dozen queries, not ten thousand.
Rule 2: how many may wait is bounded; whoever comes beyond that is told to come back in a few seconds.
Rule 3: a token is compared as its SHA-256; the hub does not keep the token itself.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import trio

logger = logging.getLogger(__name__)

BATCH = 500
WAITING_LIMIT = 20_000


class DeviceIdentity(NamedTuple):
    """Whose token it is. `epoch`: see `actors.device.ports.Link`. `is_suspended`: its tenant is; the token is
    good again when the tenant is resumed."""

    device_id: str
    tenant_id: str
    has_open_commands: bool
    epoch: int
    is_suspended: bool = False


class Tokens(Protocol):
    """Where tokens are looked up; `persistence.live_state` fulfils it."""

    async def devices_of_tokens(self, hashes: Sequence[bytes]) -> Mapping[bytes, DeviceIdentity]:
        """The approved devices with these token hashes (SHA-256), also those of suspended tenants.

        Raises `unavailable` (see DeviceCredentials).
        """


Answer = Callable[[DeviceIdentity | None], None]


class DeviceCredentials:
    """`unavailable`: the exception that the look-up raises when the database does not answer."""

    def __init__(self, tokens: Tokens, unavailable: type[Exception]) -> None:
        self._tokens = tokens
        self._unavailable = unavailable
        self._waiting: dict[bytes, list[tuple[Answer, Callable[[], None]]]] = {}
        self._work = trio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def ask(self, token: str, answer: Answer, failed: Callable[[], None]) -> bool:
        """Call `answer` with the device (or None), or `failed` when nobody can tell now. False: too many
        wait."""
        if len(self._waiting) >= WAITING_LIMIT:
            return False
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        self._waiting.setdefault(digest, []).append((answer, failed))
        self._work.set()
        return True

    async def run(self) -> None:
        """Look up for ever."""
        while True:
            if not self._waiting:
                self._work = trio.Event()
                await self._work.wait()
            hashes = list(self._waiting)[:BATCH]
            asked = [(digest, self._waiting.pop(digest)) for digest in hashes]
            try:
                found = await self._tokens.devices_of_tokens(hashes)
            except self._unavailable as error:
                logger.warning("credentials cannot be looked up: %s", error)
                for _, callers in asked:
                    for _, failed in callers:
                        failed()
                continue
            for digest, callers in asked:
                for answer, _ in callers:
                    answer(found.get(digest))
