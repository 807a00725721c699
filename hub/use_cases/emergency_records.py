"""How an emergency gets on record: into PostgreSQL at once, or first into the hub's own file.

Rule 1: an alert waits `COMMIT_WITHIN_S` for its record and no longer.
Rule 2: what PostgreSQL has not confirmed by then is kept in the emergency log, and brought there when it is
        back: before anything that the journal knows of the emergency, and at start before anything is read.
        What not even the file took is in memory until one of the two takes it.
Rule 3: a record that arrives twice changes nothing: a commit given up on may have succeeded after all.
Rule 4: what is said of one emergency arrives in the order in which it was said.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial
from typing import Any, Literal, NamedTuple

import msgspec
import trio

from hub.emergency_log import Cleared, Created, EmergencyLog, Entry, SignedOff
from hub.use_cases.audit import Done, record_all
from hub.use_cases.ports import Database, Transaction

logger = logging.getLogger(__name__)

COMMIT_WITHIN_S = 0.25
BRING_EVERY_S = 1.0
AGAIN_AFTER_REFUSAL_S = 60.0


class Kept(NamedTuple):
    """`where` the record is by now; `is_new`: False when PostgreSQL had it already."""

    where: Literal["database", "hub", "memory"]
    is_new: bool


class EmergencyRecords:
    """`unavailable`: the exception that `database` raises when it does not answer. `nursery`: where commits
    go on that somebody has stopped waiting for."""

    def __init__(
        self, database: Database, log: EmergencyLog, unavailable: type[Exception], nursery: trio.Nursery
    ) -> None:
        self._database = database
        self._log = log
        self._unavailable = unavailable
        self._nursery = nursery
        self._bringing = trio.Lock()
        # Records that PostgreSQL refused, by identity: until when they rest (monotonic).
        self._resting: dict[int, float] = {}

    @property
    def waiting(self) -> int:
        """Records that PostgreSQL does not have yet."""
        return len(self._log)

    async def keep(self, entry: Entry) -> Kept:
        """Put it on record, and say where. Never raises for a record that failed: the alert matters more."""
        if not any(waiting.id == entry.id for waiting in self._log.entries):
            attempt = _Attempt()
            self._nursery.start_soon(self._commit, entry, attempt)
            with trio.move_on_after(COMMIT_WITHIN_S):
                await attempt.over.wait()
            if attempt.over.is_set() and attempt.error is None:
                return Kept("database", attempt.is_new)
            reason = attempt.error or "no answer"
            logger.warning("PostgreSQL has not confirmed an emergency in time: %s", reason)
        try:
            await self._log.append(entry)
        except OSError as error:
            logger.critical("an emergency is on no record: the emergency log cannot be written: %s", error)
            self._log.hold(entry)
            return Kept("memory", is_new=True)
        return Kept("hub", is_new=True)

    def open(self) -> None:
        """Read what an earlier run left. Raises OSError."""
        self._log.open()

    async def bring(self) -> None:
        """Bring what is in the log to PostgreSQL; what it refused is tried again after
        `AGAIN_AFTER_REFUSAL_S`. Raises `unavailable`."""
        if not self._log:
            return
        async with self._bringing:
            for entry in self._log.entries:
                if self._resting.get(id(entry), 0.0) > trio.current_time():
                    continue
                try:
                    await self._database.transact(entry.tenant_id, partial(commit, entry=entry), urgent=True)
                    await self._log.settle(entry)
                except self._unavailable:
                    raise
                except OSError as error:
                    logger.error("the emergency log cannot be written: %s", error)
                except Exception:
                    # Whatever it is, the other records must not wait for this one.
                    logger.exception("PostgreSQL refuses a record of the emergency log: %r", entry)
                    self._resting[id(entry)] = trio.current_time() + AGAIN_AFTER_REFUSAL_S
                else:
                    self._resting.pop(id(entry), None)
                    logger.info("a record of the emergency log is in PostgreSQL now")

    async def run(self) -> None:
        """Bring what there is, for ever; and what the disk did not take, to the disk."""
        while True:
            await trio.sleep(BRING_EVERY_S)
            with suppress(self._unavailable):
                await self.bring()
            if not self._log.is_saved:
                # That it cannot be written was said when it began.
                with suppress(OSError):
                    await self._log.save()

    async def _commit(self, entry: Entry, attempt: _Attempt) -> None:
        try:
            attempt.is_new = await self._database.transact(
                entry.tenant_id, partial(commit, entry=entry), urgent=True
            )
        except Exception as error:  # noqa: BLE001 -- see below
            # Whatever it is, the record goes into the log, and from there to PostgreSQL again.
            attempt.error = error
        finally:
            attempt.over.set()


class _Attempt:
    """A commit under way."""

    def __init__(self) -> None:
        self.over = trio.Event()
        self.error: Exception | None = None
        self.is_new = True


def commit(tx: Transaction, entry: Entry) -> bool:
    """Write the entry and its audit row. False, and nothing written, if it is there already."""
    match entry:
        case Created():
            is_new = _add(tx, entry)
            action, details = "emergency.created", _said(entry)
        case Cleared():
            is_new = tx.emergencies.begin_clearing(entry.id, entry.by.user_id, entry.by.email, entry.at)
            action, details = "emergency.cleared", {}
        case SignedOff():
            is_new = tx.emergencies.sign_off(entry.id)
            action, details = "emergency.signed_off", {"still_showing": entry.still_showing}
    if is_new:
        by = entry.by
        who = (entry.at, by.kind, by.user_id, by.email)
        what = (action, "emergency", entry.id, details)
        record_all(tx, [Done(*who, *what, by.on_behalf_of, by.ip, by.user_agent, by.request_id)])
    return is_new


def _add(tx: Transaction, entry: Created) -> bool:
    return tx.emergencies.add(
        id=entry.id,
        hide_command_id=entry.hide_command_id,
        title=entry.title,
        message=entry.message,
        severity=entry.severity,
        scope=entry.scope,
        scope_text=entry.scope_text,
        content_hash=entry.content_hash,
        issued_at=entry.at,
        issued_by=entry.by.user_id,
        issued_by_name=entry.by.email,
        expires_at=entry.expires_at,
        language=entry.language,
        texts=entry.texts,
        pictogram=entry.pictogram,
        sound=entry.sound,
    )


def _said(entry: Created) -> dict[str, Any]:
    expires_in_s = None if entry.expires_at is None else round((entry.expires_at - entry.at).total_seconds())
    said: dict[str, Any] = {
        "title": entry.title,
        "message": entry.message,
        "severity": entry.severity,
        "scope": msgspec.to_builtins(entry.scope),
        "expires_in_s": expires_in_s,
    }
    more = {
        "language": entry.language,
        "texts": {text.language: {"title": text.title, "message": text.message} for text in entry.texts},
        "pictogram": entry.pictogram,
        "sound": entry.sound,
    }
    return said | {name: value for name, value in more.items() if value}
