"""One-time links: an invitation, or a new password for who lost theirs.

Rule 1: 256 random bits, kept hashed, good once and not for long. A new link ends the older ones, so only the
        letter that came last opens; but who merely asks for a new password ends no invitation.
Rule 2: the token is behind a `#`: browsers do not send it, so no log on the way has it.
Rule 3: a link goes to the person by mail. Only where that cannot be does the administrator see it, once.

    link = links.issue(tx, operator, now, user_id, email, LinkPurpose.INVITATION)  # in the transaction
    answer = await links.deliver(link, operator, tenant_id, tenant_name)           # after its commit
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hub.letters import letter_with_link
from hub.mail import Mail, MailFailed
from hub.operator import Operator
from hub.use_cases.audit import record
from hub.use_cases.device_secrets import hash_token, new_token
from hub.use_cases.ports import Database, Transaction
from protocol.access import OneTimeLink
from protocol.vocabulary import LinkPurpose

GOOD_FOR: Final = {LinkPurpose.INVITATION: timedelta(days=7), LinkPurpose.RESET: timedelta(hours=1)}
PAGE: Final = "/set-password"


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """One that is in PostgreSQL, hashed, and nowhere else but here."""

    user_id: str
    email: str
    purpose: LinkPurpose
    expires_at: datetime
    token: str = field(repr=False)


class Links:
    """`dashboard_url`: where people open the dashboard. `mail`: None where the hub sends none."""

    def __init__(
        self, database: Database, now: Callable[[], datetime], mail: Mail | None, dashboard_url: str
    ) -> None:
        self._database = database
        self._now = now
        self.mail = mail
        self._page = dashboard_url.rstrip("/") + PAGE

    def issue(
        self,
        tx: Transaction,
        operator: Operator,
        now: datetime,
        user_id: str,
        email: str,
        purpose: LinkPurpose,
    ) -> IssuedLink:
        """A new link, by which this operator lets the person choose a password. Audited. Older ones end."""
        link = new_link(tx, now, user_id, email, purpose, ends=tuple(LinkPurpose))
        shown = self.mail is None
        record(tx, operator, now, "link.issued", "user", user_id, email=email, purpose=purpose, shown=shown)
        return link

    async def deliver(
        self, link: IssuedLink, operator: Operator, tenant_id: str, tenant_name: str
    ) -> OneTimeLink:
        """Mails it; where that cannot be, it is in the answer, with the reason. The audit log says who saw
        it."""
        try:
            await self.send(link, tenant_name)
        except MailFailed as error:
            why = str(error)
        else:
            return OneTimeLink(url=None, mailed_to=link.email, expires_at=link.expires_at)
        if self.mail is not None:

            def shown(tx: Transaction) -> None:
                details = {"email": link.email, "purpose": link.purpose, "because": why}
                record(tx, operator, self._now(), "link.shown", "user", link.user_id, **details)

            await self._database.transact(tenant_id, shown)
        return OneTimeLink(
            url=self._url(link), mailed_to=None, expires_at=link.expires_at, not_mailed_because=why
        )

    async def send(self, link: IssuedLink, tenant_name: str) -> None:
        """Mails it. Raises MailFailed."""
        if self.mail is None:
            raise MailFailed("this hub has no mail server (CLARION_SMTP_URL)")
        await self.mail.send(
            letter_with_link(link.email, link.purpose, tenant_name, self._url(link), link.expires_at)
        )

    def _url(self, link: IssuedLink) -> str:
        return f"{self._page}#{link.token}"


def new_link(
    tx: Transaction,
    now: datetime,
    user_id: str,
    email: str,
    purpose: LinkPurpose,
    *,
    ends: tuple[LinkPurpose, ...],
) -> IssuedLink:
    """A link in PostgreSQL. Those of the kinds `ends` that the person has are over."""
    token = new_token()
    expires_at = now + GOOD_FOR[purpose]
    tx.links.end(user_id, ends)
    tx.links.add(user_id, purpose, hash_token(token), now, expires_at)
    return IssuedLink(user_id, email, purpose, expires_at, token)
