"""Letters, to a real SMTP server."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
import trio
import trustme
from structlog.testing import capture_logs

from hub.errors import SettingsError
from hub.letters import letter_with_link
from hub.mail import Letter, Mail, MailFailed, MailServer
from protocol.vocabulary import LinkPurpose
from tests.hub.smtp import Inbox, smtp_server

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LETTER = Letter(
    "ada@engine.example", "Grüße – a subject", "Dear Ada,\n\nhttps://signs.example/x#hush-token\n"
)


class Tls(NamedTuple):
    """What a server shows, and who trusts it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="module")
def tls() -> Iterator[Tls]:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    yield Tls(server, client)


def mail_to(inbox: Inbox, tls: Tls | None = None, *, scheme: str = "smtp", who: str = "") -> Mail:
    server = MailServer.from_url(f"{scheme}://{who}127.0.0.1:{inbox.port}")
    return Mail(server, "clarion@signs.example", lambda: NOON, tls.client if tls else None)


async def test_a_letter_arrives_as_it_was_written_and_says_who_it_is_from() -> None:
    with smtp_server() as inbox:
        await mail_to(inbox).send(LETTER)
    (letter,) = inbox.letters
    assert letter["To"] == "ada@engine.example"
    assert letter["From"] == "Clarion <clarion@signs.example>"
    assert letter["Subject"] == "Grüße – a subject"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == NOON
    assert letter.get_content().replace("\r\n", "\n") == LETTER.text


async def test_tls_is_used_as_soon_as_it_is_offered_and_only_then_the_password_is_shown(tls: Tls) -> None:
    with smtp_server(tls.server, asks_who=True) as inbox:
        await mail_to(inbox, tls, who="clarion:hush%20hush@").send(LETTER)
    assert (inbox.encrypted, inbox.logins) == ([True], [("clarion", "hush hush")])


async def test_tls_from_the_first_byte(tls: Tls) -> None:
    with smtp_server(tls.server, from_the_start=True, asks_who=True) as inbox:
        await mail_to(inbox, tls, scheme="smtps", who="clarion:hush%20hush@").send(LETTER)
    assert (inbox.encrypted, inbox.logins) == ([True], [("clarion", "hush hush")])


async def refusal(mail: Mail, letter: Letter = LETTER) -> str:
    """Why it did not go out; nothing of it, and no password, is in the log."""
    with capture_logs() as lines:
        with pytest.raises(MailFailed) as failed:
            await mail.send(letter)
    assert "hush" not in str(lines) + str(failed.value)
    return str(failed.value)


async def test_without_tls_no_password_is_shown() -> None:
    with smtp_server(asks_who=True) as inbox:
        assert "does not encrypt" in await refusal(mail_to(inbox, who="clarion:hush%20hush@"))
    assert (inbox.logins, inbox.letters) == ([], [])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tls: Tls, scheme: str) -> None:
    with smtp_server(tls.server, from_the_start=scheme == "smtps") as inbox:
        assert "not trusted" in await refusal(mail_to(inbox, scheme=scheme))
    assert inbox.letters == []


async def test_a_wrong_password_an_unknown_address_and_a_refusal_are_told_apart(tls: Tls) -> None:
    with smtp_server(tls.server, asks_who=True) as inbox:
        assert "does not know the hub" in await refusal(mail_to(inbox, tls, who="clarion:wrong-hush@"))
    with smtp_server() as inbox:
        inbox.answer = "550 No such user here"
        assert "does not take this address" in await refusal(mail_to(inbox))


async def test_a_server_that_is_not_there_or_says_nothing_is_waited_for_only_so_long(
    autojump_clock: trio.testing.MockClock,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = MailServer.from_url(f"smtp://127.0.0.1:{closed.getsockname()[1]}")
        assert "does not answer" in await refusal(Mail(nobody, "clarion@signs.example", lambda: NOON))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        mute = MailServer.from_url(f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        began = trio.current_time()
        assert "does not answer" in await refusal(Mail(mute, "clarion@signs.example", lambda: NOON))
        assert trio.current_time() - began == 15


@pytest.mark.parametrize(
    "address",
    [
        "a,b@c.example",
        "a@b@c.example",
        "<a@b.example>",
        "a b@c.example",
        "a\nBcc:x@y@c.example",
        "@c.example",
        "a;b@c",
        "a@[",
        "a@",
        "(@)",
        '"@x',
    ],
)
async def test_what_is_no_address_of_one_person_gets_no_letter(address: str) -> None:
    with smtp_server() as inbox:
        assert "this address" in await refusal(mail_to(inbox), LETTER._replace(to=address))
    assert inbox.letters == []


def test_a_server_is_read_from_its_url() -> None:
    assert MailServer.from_url("smtp://mail.example").port == 587
    assert MailServer.from_url("smtps://mail.example").port == 465
    full = MailServer.from_url("smtps://clarion%40x:p%2Fw@mail.example:2465/")
    assert (full.host, full.port, full.user, full.password) == ("mail.example", 2465, "clarion@x", "p/w")
    assert "p/w" not in repr(full)
    with pytest.raises(SettingsError) as refused:
        MailServer.from_url("smtp://clarion:hush@mail.example:99999")
    assert "hush" not in str(refused.value)


def test_a_letter_with_a_link_says_for_whom_how_long_and_what_to_do_if_it_was_not_meant() -> None:
    url = "https://signs.example/set-password#token"
    for purpose, words in [(LinkPurpose.INVITATION, "invited"), (LinkPurpose.RESET, "new password")]:
        letter = letter_with_link("ada@engine.example", purpose, "Hospital", url, NOON)
        assert letter.to == "ada@engine.example"
        assert words in letter.subject and "Hospital" in letter.subject
        assert f"\n{url}\n" in letter.text
        assert "01 March 2026, 12:00 UTC" in letter.text
        assert "did not expect" in letter.text
