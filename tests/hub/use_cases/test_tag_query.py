"""The language of tag queries: what it means, what it refuses, and that what is written is read again."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.use_cases.errors import Invalid
from hub.use_cases.tag_query import TERMS_AT_MOST, Term, in_text, parse

KEYS = st.text(min_size=1, max_size=60)
VALUES = st.text(max_size=200)
TERMS = st.one_of(
    st.tuples(st.sampled_from(["is", "is_not"]), KEYS, VALUES),
    st.tuples(st.sampled_from(["has", "has_not"]), KEYS),
)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("floor=2", [("is", "floor", "2")]),
        ("kind!=kiosk", [("is_not", "kind", "kiosk")]),
        ("public", [("has", "public")]),
        ("!private", [("has_not", "private")]),
        ("  floor = 2 ,kind  !=  kiosk", [("is", "floor", "2"), ("is_not", "kind", "kiosk")]),
        ("by the door = left wing", [("is", "by the door", "left wing")]),
        ("floor=", [("is", "floor", "")]),
        ("floor!=, public", [("is_not", "floor", ""), ("has", "public")]),
        ('"a, b"="say \\"hi\\""', [("is", "a, b", 'say "hi"')]),
        ('!" x "', [("has_not", " x ")]),
        ("public, public", [("has", "public")]),
    ],
)
def test_a_query_says_what_all_of_its_terms_ask(text: str, terms: list[Term]) -> None:
    assert parse(text) == terms


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing in term 1"),
        ("   ", "nothing in term 1"),
        ("floor=2,,public", "nothing in term 2"),
        ("floor=2,", "nothing in term 2"),
        ("=2", "term 1 is not one of"),
        ("floor==2", "term 1 is not one of"),
        ("floor=2=3", "term 1 is not one of"),
        ("public, !floor=2", "term 2 is not one of"),
        ("!", "term 1 is not one of"),
        ("!!private", "term 1 is not one of"),
        ('floor "2"', "term 1 is not one of"),
        ('floor="2', 'has a " without its other half'),
        ('""=2', "the key of term 1"),
        ("k" * 61, "the key of term 1"),
        (f"k={'v' * 201}", "the value of term 1"),
        (", ".join(f"k{n}" for n in range(TERMS_AT_MOST + 1)), "more than 20 terms"),
    ],
)
def test_what_is_not_understood_is_refused_by_term(text: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert why in refused.value.fields["tag_query"]


@given(st.lists(TERMS, min_size=1, max_size=TERMS_AT_MOST, unique=True))
@example([("is", "\\", '"\\'), ("has", "!"), ("is_not", " ", ",=")])
def test_what_is_written_is_read_again(terms: list[Term]) -> None:
    assert parse(in_text(terms)) == terms


@given(st.text(max_size=100))
def test_whatever_is_typed_is_understood_or_refused(text: str) -> None:
    try:
        terms = parse(text)
    except Invalid as refused:
        assert list(refused.fields) == ["tag_query"]
    else:
        assert parse(in_text(terms)) == terms
