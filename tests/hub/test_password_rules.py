"""Which passwords are good enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.password_rules import AT_LEAST, AT_MOST, common_passwords, require_good, why_weak
from hub.passwords import generate_password
from hub.use_cases.errors import Invalid

SOMEBODY = "ada.lovelace@engine.example"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "vier unbekannte Wörter",
        "x9$Kq2!mVw7z",
        "密码不要告诉别人好吗谢谢你",
        "the engine weaves algebra",
        "tabs\tand\nbreaks are fine",
        "q" * 500 + "wertz" * 100,
    ],
)
def test_a_long_password_of_any_characters_is_good(password: str) -> None:
    assert why_weak(password, SOMEBODY) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 12"),
        ("x9$Kq2!mVw7", "at least 12"),
        ("x9$Kq2!mVw7z" * 84, "at most 1000"),
        ("correct\0horse battery", "NUL"),
        ("correct \ud800 horse battery", "half of one"),
        ("aaaaaaaaaaaaaaaa", "repeats"),
        ("abababababab", "repeats"),
        ("tr0ub4dor&3tr0ub4dor&3", "repeats"),
        ("password1234", "tried first"),
        ("PASSWORD1234", "tried first"),
        ("1q2w3e4r5t6y", "tried first"),
        ("Password!!!2026", "tried first"),
        ("**letmein**12345", "tried first"),
        ("password Password 7", "tried first"),
        ("abcdefghijklmnop", "tried first"),
        ("uvwxyzabcdefgh", "tried first"),
        ("1234567890123", "tried first"),
        ("3210987654321", "tried first"),
        ("Qwertyuiopasdf", "tried first"),
        ("ada.lovelace@engine.example", "e-mail"),
        ("Lovelace-2026!", "e-mail"),
        ("lovelaceENGINE1815", "e-mail"),
        ("Clarion-2026!", "e-mail"),
    ],
)
def test_what_others_would_try_first_is_refused_with_the_reason(password: str, why: str) -> None:
    assert why in (why_weak(password, SOMEBODY) or "")


def test_the_refusal_names_the_field_that_was_sent() -> None:
    with pytest.raises(Invalid) as refused:
        require_good("short", SOMEBODY, "new_password")
    assert list(refused.value.fields) == ["new_password"]
    require_good("correct horse battery", SOMEBODY)


def test_no_reason_shows_the_password() -> None:
    for password in ("hunter2", "qwerty123456", "zzzzzzzzzzzzz", "lovelace-lovelace"):
        why = why_weak(password, SOMEBODY)
        assert why is not None
        assert password not in why


def test_the_list_is_the_bundled_one() -> None:
    assert len(common_passwords()) > 19_000
    assert {"password", "123456", "iloveyou"} <= common_passwords()


def test_what_clarion_generates_is_good_enough_for_everybody() -> None:
    assert all(why_weak(generate_password(), "root@cms.local") is None for _ in range(200))


@given(st.text(max_size=AT_MOST + 50), st.text(max_size=40))
def test_any_text_has_an_answer_and_a_good_one_is_of_the_right_length(password: str, email: str) -> None:
    if why_weak(password, email) is None:
        assert AT_LEAST <= len(password) <= AT_MOST
