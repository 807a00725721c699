"""Cursors go out and come back unchanged; what did not come from here is refused."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.use_cases.device_secrets import (
    PAIRING_ALPHABET,
    PAIRING_LENGTH,
    as_typed,
    new_pairing_code,
    new_token,
)
from hub.use_cases.errors import Invalid
from hub.use_cases.paging import ByInstant, ByName, ByNumber, decode_cursor, encode_cursor


@given(
    st.tuples(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.uuids().map(str))
)
def test_a_cursor_comes_back_as_the_key_it_was_made_of(key: tuple[str, str]) -> None:
    assert decode_cursor(encode_cursor(key), ByName) == key


def test_an_instant_in_a_cursor_keeps_its_microseconds() -> None:
    key = (datetime(2026, 3, 1, 14, 2, 3, 456789, tzinfo=UTC), str(uuid.uuid4()))
    assert decode_cursor(encode_cursor(key), ByInstant) == key


@given(st.text())
def test_a_made_up_cursor_is_refused_by_field(cursor: str) -> None:
    with pytest.raises(Invalid) as caught:
        decode_cursor(cursor, ByInstant)
    assert list(caught.value.fields) == ["cursor"]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (7, ByName),
        (("name", "no id"), ByName),
        (("a\0b", str(uuid.UUID(int=0))), ByName),
        (2**63, ByNumber),
        (-1, ByNumber),
        ("7", ByNumber),
        (("2026-03-01T14:02:03", str(uuid.UUID(int=0))), ByInstant),
    ],
)
def test_a_cursor_that_no_list_of_this_kind_gave_is_refused(key: object, kind: Any) -> None:
    with pytest.raises(Invalid):
        decode_cursor(encode_cursor(key), kind)


def test_pairing_codes_are_short_and_made_of_letters_that_cannot_be_confused() -> None:
    codes = [new_pairing_code() for _ in range(1000)]
    assert {len(code) for code in codes} == {PAIRING_LENGTH}
    assert set("".join(codes)) <= set(PAIRING_ALPHABET)
    assert not set("0O1ILUV") & set(PAIRING_ALPHABET)
    assert as_typed(" abc-23 d ") == "ABC23D"


def test_device_tokens_have_256_bits() -> None:
    assert len(new_token()) == 43
    assert new_token() != new_token()
