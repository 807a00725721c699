"""What is read often, kept under its tenant's content version: here, and in Redis if there is one.

Rule 1: whoever reads has read the tenant's content version first (`tx.content_versions.now()`, one row).
        PostgreSQL raises it in the transaction that changes anything, so nothing kept under it is ever
        stale, at any hub, and nothing has to be told to anybody.
Rule 2: what is made while it changes is newer than its version, never older.
Rule 3: Redis is a convenience: what it does not answer, or not in time, is made here. After a failure it is
        left alone for a while.
Rule 4: what is kept is bounded. Only the newest version of a key is; what nobody asks for goes first.
Rule 5: a key says everything that the value depends on beside the version: the window of signed URLs, say.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeVar

import msgspec

logger = logging.getLogger(__name__)

MOST_BYTES: Final = 64 * 1024 * 1024
MOST_BYTES_OF_ONE: Final = 4 * 1024 * 1024
LEFT_ALONE_S: Final = 5.0

Value = TypeVar("Value")


class Shared(Protocol):
    """Where hubs share what they made; `persistence.shared_contents` fulfils it."""

    async def get(self, name: str) -> bytes | None:
        """What is kept under this name. Raises `unavailable`."""

    async def put(self, name: str, value: bytes) -> None:
        """Keep it for a while. Raises `unavailable`."""


class ContentCache:
    """`unavailable`: the exception that `shared` raises. `mono_s`: seconds, ever growing."""

    def __init__(
        self,
        mono_s: Callable[[], float],
        shared: Shared | None = None,
        unavailable: type[Exception] = ConnectionError,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._mono_s = mono_s
        self._shared = shared
        self._unavailable = unavailable
        self._most_bytes = most_bytes
        self._kept: OrderedDict[tuple[str, str], tuple[str, Any, int]] = OrderedDict()
        self._bytes = 0
        self._ask_from_s = 0.0
        self.hits = 0
        self.shared_hits = 0
        self.misses = 0

    def __repr__(self) -> str:
        return (
            f"<ContentCache {len(self._kept)} kept, {self._bytes} bytes, "
            f"{self.hits} hits, {self.shared_hits} from Redis, {self.misses} made>"
        )

    async def read(
        self,
        tenant_id: str,
        key: str,
        version: str,
        of: type[Value],
        make: Callable[[], Awaitable[Value]],
    ) -> Value:
        """What is kept under this key and version, or what `make()` gives; that is kept then. Raises what
        `make` raises, and keeps nothing.

        `of`: the type of the value, a body of the API. Nobody may change what is returned.
        """
        kept = self._kept.get((tenant_id, key))
        if kept is not None and kept[0] == version:
            self.hits += 1
            self._kept.move_to_end((tenant_id, key))
            value: Value = kept[1]
            return value
        name = f"clarion:content:{tenant_id}:{version}:{key}"
        encoded = await self._ask(name)
        if encoded is not None:
            try:
                value = msgspec.json.decode(encoded, type=of)
            except msgspec.MsgspecError:
                # Another release wrote it, and calls it otherwise.
                encoded = None
            else:
                self.shared_hits += 1
                self._keep(tenant_id, key, version, value, len(encoded))
                return value
        self.misses += 1
        value = await make()
        encoded = msgspec.json.encode(value)
        self._keep(tenant_id, key, version, value, len(encoded))
        await self._tell(name, encoded)
        return value

    def _keep(self, tenant_id: str, key: str, version: str, value: object, size_bytes: int) -> None:
        before = self._kept.pop((tenant_id, key), None)
        if before is not None:
            self._bytes -= before[2]
        if size_bytes > MOST_BYTES_OF_ONE:
            return
        self._kept[tenant_id, key] = version, value, size_bytes
        self._bytes += size_bytes
        while self._bytes > self._most_bytes:
            _, (_, _, freed) = self._kept.popitem(last=False)
            self._bytes -= freed

    # ---- Redis ----

    async def _ask(self, name: str) -> bytes | None:
        if self._shared is None or self._mono_s() < self._ask_from_s:
            return None
        try:
            return await self._shared.get(name)
        except self._unavailable as error:
            self._leave_alone(error)
            return None

    async def _tell(self, name: str, encoded: bytes) -> None:
        if self._shared is None or self._mono_s() < self._ask_from_s or len(encoded) > MOST_BYTES_OF_ONE:
            return
        try:
            await self._shared.put(name, encoded)
        except self._unavailable as error:
            self._leave_alone(error)

    def _leave_alone(self, error: Exception) -> None:
        self._ask_from_s = self._mono_s() + LEFT_ALONE_S
        logger.warning("Redis does not answer (%s): contents are read from PostgreSQL", error)
