"""What somebody who is signed in was not allowed to do: it is in the audit log a moment later.

Rule 1: noting it waits for nothing and cannot fail: the answer has the denial, whatever becomes of its entry.
Rule 2: whoever tries a thousand times makes one entry that says so, not a thousand. Somebody who tries
        everything has `KINDS_AT_MOST` entries a round, and one that counts the others.
Rule 3: what PostgreSQL does not take now is kept for the next round; what is too much for the memory is
        counted in the hub's log. A hub that is killed forgets the denials of its last second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog
import trio

from hub.operator import Operator
from hub.use_cases.audit import Done, record_all
from hub.use_cases.ports import Database
from persistence.errors import DatabaseUnavailable
from protocol.vocabulary import AuditOutcome

ACTION: Final = "request.denied"
WRITE_EVERY_S: Final = 1.0
KINDS_AT_MOST: Final = 20
"""Entries of one operator, a round."""
OPERATORS_AT_MOST: Final = 500
_OTHERS: Final = "others"
_log = structlog.get_logger("hub.audit")

_Who = tuple[str, str]


class _Denied:
    """The same request of the same operator, since the last round."""

    def __init__(self, operator: Operator, at: datetime, route: str, details: dict[str, Any]) -> None:
        self.operator = operator
        self.at = at
        self.route = route
        self.details = details
        self.times = 0

    def done(self) -> Done:
        details = {**self.details, "times": self.times}
        return Done.by(
            self.operator, self.at, ACTION, "route", self.route, details, outcome=AuditOutcome.DENIED
        )


class Denials:
    """Notes them at once, writes them once a second."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._waiting: dict[_Who, dict[str, _Denied]] = {}
        self._forgotten = 0

    def note(self, operator: Operator, method: str, route: str, path: str, why: str) -> None:
        """The operator was denied this; `route` is the path without its ids."""
        if not operator.tenant_id:
            return  # the hub itself, which is in no tenant
        who = (operator.tenant_id, operator.user_id)
        theirs = self._waiting.get(who)
        if theirs is None:
            if len(self._waiting) >= OPERATORS_AT_MOST:
                self._forgotten += 1
                return
            theirs = self._waiting[who] = {}
        key = f"{method} {path}"
        denied = theirs.get(key)
        if denied is None and len(theirs) >= KINDS_AT_MOST:
            key, route, path = _OTHERS, "", ""
            denied = theirs.get(key)
        if denied is None:
            said = {"path": path, "reason": why} if path else {"reason": "and other requests"}
            target = f"{method} {route}" if route else _OTHERS
            denied = theirs[key] = _Denied(operator, self._now(), target, said)
        denied.times += 1

    async def run(self) -> None:
        """Write what was noted, for ever; and at the end what is left."""
        try:
            while True:
                await trio.sleep(WRITE_EVERY_S)
                await self.write()
        finally:
            with trio.move_on_after(WRITE_EVERY_S, shield=True):
                await self.write()

    async def write(self) -> None:
        """Write what was noted. What PostgreSQL does not take is kept."""
        if self._forgotten:
            _log.warning(
                "denials are on no record: too many people were denied at once", number=self._forgotten
            )
            self._forgotten = 0
        for who in tuple(self._waiting):
            # What is denied from here on is of the next round.
            theirs = self._waiting.pop(who)
            entries = [each.done() for each in theirs.values()]
            try:
                await self._database.transact(who[0], partial(record_all, done=entries))
            except DatabaseUnavailable as error:
                _log.warning("denials cannot be recorded now", reason=str(error))
                self._waiting[who] = theirs | self._waiting.get(who, {})
                return
            except Exception:  # noqa: BLE001 -- see below
                # What cannot be recorded must not keep those from the record that can.
                _log.exception("denials are on no record", tenant_id=who[0], number=len(entries))
