"""When and from where each key of an integration was used last: noted at once, written at leisure.

Rule 1: noting it waits for nothing: a key may be that of a fire panel.
Rule 2: a key is written of once a minute at most, however often it is used; a first use within a second.
Rule 3: what PostgreSQL does not take now is kept for the next round. A hub that is killed forgets a minute.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

import structlog
import trio

from hub.operator import Operator
from hub.use_cases.key_ports import KeyUse
from hub.use_cases.ports import Database, Transaction
from persistence.errors import DatabaseUnavailable
from protocol.vocabulary import ActorKind

LOOK_EVERY_S: Final = 1.0
WRITE_EVERY_S: Final = 60.0
_log = structlog.get_logger("hub.keys")

_Key = tuple[str, str]
"""Tenant and key."""


class KeyUses:
    """As many entries as there are keys in use, at most."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._unwritten: dict[_Key, KeyUse] = {}
        self._written_s: dict[_Key, float] = {}

    def note(self, operator: Operator) -> None:
        """The operator asks for something. Of people nothing is noted here."""
        if operator.kind is ActorKind.KEY:
            use = KeyUse(self._now(), operator.origin.ip)
            self._unwritten[operator.tenant_id, operator.user_id] = use

    async def run(self) -> None:
        """Write what is due, for ever; and at the end what is left."""
        try:
            while True:
                await trio.sleep(LOOK_EVERY_S)
                await self.write(trio.current_time() - WRITE_EVERY_S)
        finally:
            with trio.move_on_after(LOOK_EVERY_S, shield=True):
                await self.write(trio.current_time())

    async def write(self, if_not_since_s: float) -> None:
        """Write of the keys of which nothing was written since that moment (trio's clock)."""
        self._written_s = {key: at_s for key, at_s in self._written_s.items() if at_s > if_not_since_s}
        due: defaultdict[str, dict[str, KeyUse]] = defaultdict(dict)
        for key in self._unwritten.keys() - self._written_s.keys():
            tenant_id, key_id = key
            due[tenant_id][key_id] = self._unwritten.pop(key)
            self._written_s[key] = trio.current_time()
        for tenant_id, uses in due.items():
            try:
                await self._database.transact(tenant_id, partial(_write, uses=uses))
            except DatabaseUnavailable as error:
                _log.warning("the last uses of keys cannot be written now", reason=str(error))
                for key_id, use in uses.items():
                    self._unwritten.setdefault((tenant_id, key_id), use)
                    self._written_s.pop((tenant_id, key_id), None)


def _write(tx: Transaction, uses: dict[str, KeyUse]) -> None:
    tx.api_keys.used(uses)
