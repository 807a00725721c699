"""Somebody has forgotten their password and asks for a letter.

Rule 1: the answer is the same, at the same moment, be there such a person or not: what is typed is only put
        into a queue, and looked up after the answer.
Rule 2: one letter to one person in five minutes, however many ask; asking ends no invitation and no session.
Rule 3: who asks again and again waits, as at the sign-in. It knows only what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import structlog
import trio

from hub.mail import MailFailed
from hub.operator import Origin
from hub.sign_in_limits import Attempt, SignInLimits
from hub.use_cases.audit import Done
from hub.use_cases.errors import TooMany
from hub.use_cases.links import IssuedLink, Links, new_link
from hub.use_cases.ports import Database, Questions, Transaction
from persistence.errors import DatabaseUnavailable
from protocol.access import ForgottenPassword
from protocol.vocabulary import ActorKind, LinkPurpose

WAITING_AT_MOST: Final = 100
_ONE_LETTER_IN: Final = timedelta(minutes=5)
_log = structlog.get_logger("hub.forgotten")


class _Asked(NamedTuple):
    tenant_id: str | None
    email: str
    origin: Origin


class _Found(NamedTuple):
    link: IssuedLink
    tenant_name: str


class Forgotten:
    """`run` does the work, as a service of the hub."""

    def __init__(self, database: Database, links: Links, now: Callable[[], datetime]) -> None:
        self._database = database
        self._links = links
        self._now = now
        self._limits = SignInLimits()
        self._in, self._out = trio.open_memory_channel[_Asked](WAITING_AT_MOST)

    def ask(self, request: ForgottenPassword, origin: Origin) -> None:
        """Nobody is told whether a letter goes out. Raises TooMany."""
        attempt = Attempt(request.email, origin.ip)
        wait_s = self._limits.wait_s(attempt, trio.current_time())
        if wait_s:
            raise TooMany(f"You have asked several times. Wait {wait_s} s before you ask again.", wait_s)
        self._limits.refused(attempt, trio.current_time())
        if self._links.mail is None:
            return
        tenant_id = request.tenant_id.lower() if request.tenant_id is not None else None
        try:
            self._in.send_nowait(_Asked(tenant_id, request.email.strip().lower(), origin))
        except trio.WouldBlock:
            raise TooMany("Too many people ask at this moment. Try again.", 30) from None

    async def run(self) -> None:
        """Looks up and writes, one after the other."""
        async for asked in self._out:
            try:
                await self._answer(asked)
            except DatabaseUnavailable as error:
                _log.warning("nobody who forgot a password can be looked up now", reason=str(error))

    async def _answer(self, asked: _Asked) -> None:
        def whose(questions: Questions) -> list[str]:
            return questions.tenants_of_email(asked.email)

        tenants = [asked.tenant_id] if asked.tenant_id is not None else await self._database.ask(whose)
        for tenant_id in tenants:
            found = await self._database.transact(tenant_id, lambda tx: self._link(tx, asked))
            if found is None:
                continue
            try:
                await self._links.send(found.link, found.tenant_name)
            except MailFailed as error:
                _log.warning("no letter to who forgot a password", user_id=found.link.user_id, why=str(error))

    def _link(self, tx: Transaction, asked: _Asked) -> _Found | None:
        user = tx.people.by_email(asked.email)
        if user is None or not (user.is_active and user.tenant_is_active):
            return None
        now = self._now()
        newest = tx.links.newest(user.id, LinkPurpose.RESET)
        if newest is not None and now - newest < _ONE_LETTER_IN:
            return None
        link = new_link(tx, now, user.id, user.email, LinkPurpose.RESET, ends=(LinkPurpose.RESET,))
        # Nobody knows who asked: the user is what it was about.
        action = "user.forgot_password"
        who = (now, ActorKind.SYSTEM, None, user.email)
        tx.audit.add([Done(*who, action, "user", user.id, {}, None, *asked.origin)])
        return _Found(link, user.tenant_name)
