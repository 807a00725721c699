"""Mail goes out by SMTP: one letter, one connection, in a thread, with a deadline.

Rule 1: TLS from the first byte (smtps), or as soon as the server offers it (smtp), its certificate checked.
        A password is never sent without.
Rule 2: who sent for a letter learns that it did not go out, and why, in words that name no host of ours.
Rule 3: neither a letter's text nor the server's password is ever logged: a letter can hold a link that opens.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final, NamedTuple, Self
from urllib.parse import unquote, urlsplit

import structlog
import trio

from hub.errors import SettingsError

DEADLINE_S: Final = 15.0
_ANSWER_S: Final = 10.0
_PORTS: Final = {"smtp": 587, "smtps": 465}
# What the library raises over an address that is none: it trips over some of them.
_NO_ADDRESS: Final = (MessageError, ValueError, IndexError, AttributeError)
_log = structlog.get_logger("hub.mail")


class MailFailed(Exception):
    """The letter did not go out. Its text is the end of the sentence "No mail was sent: …"."""


class Letter(NamedTuple):
    """What is written to one person."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed over; see `CLARION_SMTP_URL`."""

    host: str
    port: int
    tls_from_the_start: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> Self:
        """From `smtp[s]://[user:password@]host[:port]`. Raises SettingsError, which does not show the URL."""
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS[parts.scheme]
        except (ValueError, KeyError):
            port = 0
        if not port or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise SettingsError("CLARION_SMTP_URL: write smtp://user:password@host:port, or smtps://….")
        if (parts.username is None) != (parts.password is None):
            raise SettingsError("CLARION_SMTP_URL has a user without a password, or the reverse: write both.")
        return cls(
            parts.hostname,
            port,
            parts.scheme == "smtps",
            unquote(parts.username) if parts.username is not None else None,
            unquote(parts.password) if parts.password is not None else None,
        )


def check_mail(smtp_url: str, sender: str | None) -> None:
    """Raises SettingsError when letters could not be sent so."""
    MailServer.from_url(smtp_url)
    try:
        Address(addr_spec=sender or "")
        has_domain = "@" in (sender or "")
    except _NO_ADDRESS:
        has_domain = False
    if not has_domain:
        raise SettingsError(
            "CLARION_MAIL_FROM is no mail address: write whom letters are from, clarion@example.org."
        )


class Mail:
    """Sends letters from this address. `tls`: whom to trust; None: whom the system trusts."""

    def __init__(
        self,
        server: MailServer,
        sender: str,
        now: Callable[[], datetime],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = server
        self._sender = Address(display_name="Clarion", addr_spec=sender)
        self._now = now
        self._tls = tls or ssl.create_default_context()
        self._limiter = trio.CapacityLimiter(2)

    async def send(self, letter: Letter) -> None:
        """Hands the letter to the server. Raises MailFailed."""
        try:
            message = self._message(letter)
        except _NO_ADDRESS:
            raise MailFailed("no mail can be sent to this address") from None
        with trio.move_on_after(DEADLINE_S):
            await trio.to_thread.run_sync(
                self._hand_over, message, limiter=self._limiter, abandon_on_cancel=True
            )
            return
        _log.warning("mail not sent", reason="deadline", host=self._server.host)
        raise MailFailed("the mail server does not answer")

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = Address(addr_spec=letter.to)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(self._now())
        message["Message-ID"] = make_msgid(domain=self._sender.domain)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer of a machine, please
        message.set_content(letter.text)
        return message

    def _hand_over(self, message: EmailMessage) -> None:
        try:
            with self._connected() as smtp:
                if self._server.user is not None and self._server.password is not None:
                    smtp.login(self._server.user, self._server.password)
                smtp.send_message(message)
        except MailFailed:
            raise
        except (smtplib.SMTPException, OSError, ValueError) as error:
            code = getattr(error, "smtp_code", None)
            _log.warning("mail not sent", reason=type(error).__name__, code=code, host=self._server.host)
            raise MailFailed(_why(error)) from None

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.tls_from_the_start:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=_ANSWER_S, context=self._tls)
        smtp = smtplib.SMTP(server.host, server.port, timeout=_ANSWER_S)
        try:
            smtp.ehlo()
            if smtp.has_extn("starttls"):
                smtp.starttls(context=self._tls)
                smtp.ehlo()
            elif server.password is not None:
                _log.warning("mail not sent", reason="no TLS for the password", host=server.host)
                raise MailFailed("the mail server does not encrypt, and the hub shows it no password")
        except BaseException:
            smtp.close()
            raise
        return smtp


def _why(error: Exception) -> str:
    match error:
        case smtplib.SMTPRecipientsRefused() | smtplib.SMTPNotSupportedError():
            return "the mail server does not take this address"
        case smtplib.SMTPAuthenticationError():
            return "the mail server does not know the hub"
        case ssl.SSLError():
            return "the mail server's certificate is not trusted"
        case smtplib.SMTPResponseException() | smtplib.SMTPSenderRefused():
            return "the mail server refused it"
        case _:
            return "the mail server does not answer"
