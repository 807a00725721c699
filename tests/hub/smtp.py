"""A real SMTP server for tests, in a thread: it keeps what it is given, or refuses it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import Queue
from typing import Any

import trio
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Inbox:
    """Everything that came, in order. `answer`: what the server says to each recipient."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.logins: list[tuple[str, str]] = []
        self.encrypted: list[bool] = []
        self.answer = "250 OK"
        self.port = 0
        self._came: Queue[EmailMessage] = Queue()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        letter = message_from_bytes(content, EmailMessage, policy=policy.default)
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        self.letters.append(letter)
        self._came.put(letter)
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth: Any
    ) -> AuthResult:
        assert isinstance(auth, LoginPassword)
        self.logins.append((auth.login.decode(), auth.password.decode()))
        return AuthResult(success=auth.password == b"hush hush", handled=False)

    async def next_letter(self) -> EmailMessage:
        """The next one that comes, or came and was not asked for; within ten seconds."""
        with trio.fail_after(10):
            while self._came.empty():
                await trio.sleep(0.01)
        return self._came.get()


@contextmanager
def smtp_server(
    tls: ssl.SSLContext | None = None, *, from_the_start: bool = False, asks_who: bool = False
) -> Iterator[Inbox]:
    """A server on this machine. With `tls` it offers STARTTLS, or speaks TLS from the first byte."""
    inbox = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        inbox.port = free.getsockname()[1]
    options: dict[str, Any] = {}
    if asks_who:
        options = {
            "authenticator": inbox.authenticate,
            "auth_require_tls": tls is not None and not from_the_start,
        }
    if tls is not None and not from_the_start:
        options["tls_context"] = tls
    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=inbox.port,
        ssl_context=tls if from_the_start else None,
        **options,
    )
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()
