"""People, browsers and links in words; who may change whom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dashboard.account_sentences import browser_words
from dashboard.clock import Clock
from dashboard.people_sentences import beyond, fits, givable, last_seen, link_words, standing, title
from protocol.access import OneTimeLink
from protocol.vocabulary import Permission
from tests.dashboard.people import me, person, role

NOW_MS = 1_768_478_400_000
UTC_CLOCK = Clock.from_cookie(None)


def test_who_cannot_sign_in_is_marked_and_who_can_is_not() -> None:
    assert standing(person()) == ("", "")
    assert standing(person(invited=True)) == ("Invited", "warn")
    assert standing(person(invited=True, is_active=False)) == ("Switched off", "bad")


def test_somebody_without_a_name_is_called_by_their_address() -> None:
    assert title(person("a@b.c")) == "a@b.c"
    assert title(person(full_name="Ada")) == "Ada"


def test_never_signed_in_is_said() -> None:
    assert last_seen(person(), UTC_CLOCK, NOW_MS) == "never signed in"
    seen = person(last_login_at=datetime.fromtimestamp(NOW_MS / 1000, UTC))
    assert last_seen(seen, UTC_CLOCK, NOW_MS).startswith("signed in ")


def test_nobody_is_offered_to_give_what_they_do_not_have() -> None:
    small, big = role("SMALL", Permission.SCREENS_VIEW), role("BIG", Permission.TENANTS_MANAGE)
    assert givable([small, big], me(Permission.SCREENS_VIEW)) == [small]


def test_who_may_do_more_is_not_theirs_to_change() -> None:
    roles = [role("ADMIN", Permission.PEOPLE_MANAGE, Permission.AUDIT_READ)]
    mine = me(Permission.PEOPLE_MANAGE)
    assert "read the audit log" in beyond(person(roles=["ADMIN"]), roles, mine)
    assert beyond(person(roles=[]), roles, mine) == ""
    assert beyond(person(roles=["ADMIN"]), roles, me(*Permission)) == ""


def test_the_search_takes_any_words_of_name_address_roles_and_groups() -> None:
    ada = person("ada@b.c", full_name="Ada Byron", roles=["VIEWER"], groups=["Night"])
    assert fits(ada, "") and fits(ada, "byron VIEW") and fits(ada, "night ada@")
    assert not fits(ada, "byron admin")


def test_a_link_says_whether_it_went_out_or_is_to_be_handed_over() -> None:
    until = datetime.fromtimestamp(NOW_MS / 1000 + 3600, UTC)
    assert "on its way to a@b.c" in link_words(OneTimeLink(None, "a@b.c", until), UTC_CLOCK, NOW_MS)
    assert "shown only now" in link_words(OneTimeLink("https://x/#y", None, until), UTC_CLOCK, NOW_MS)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("python-httpx/0.28", "A Python program"),
        ("MyTool/3", "MyTool/3"),
        ("", "Unknown program"),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent: str, words: str) -> None:
    assert browser_words(agent) == words
