"""A journal's column on its way to PostgreSQL: what goes in comes out, whatever screens call things."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persistence.adaptation import adapters
from persistence.columns import as_array
from protocol.vocabulary import LedgerState

# What PostgreSQL can keep: no NUL, no half of a surrogate pair. Quotes, braces and words that mean something
# in an array or in JSON are tried more often than chance would.
TEXTS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    st.sampled_from(
        ["", "NULL", "null", "{}", "[1]", '"', "\\", "\\n", "\n", "a,b", " ", "\u2028", "\x7f", "🔥"]
    ),
)


def test_every_text_number_and_null_comes_out_of_postgresql_as_it_went_in(database_url: str) -> None:
    with psycopg.connect(database_url, context=adapters) as connection:

        @settings(max_examples=300, deadline=None)
        @given(st.lists(st.tuples(TEXTS, st.none() | st.integers(-(2**63), 2**63 - 1)), min_size=1))
        def out_as_in(rows: list[tuple[str | None, int | None]]) -> None:
            columns = [as_array(column) for column in zip(*rows, strict=True)]
            found = connection.execute("SELECT * FROM unnest(%s::text[], %s::bigint[])", columns).fetchall()
            assert found == rows

        out_as_in()


def test_what_the_hub_calls_things_goes_as_one_literal_and_what_needs_escapes_as_a_list() -> None:
    """The fast path is taken where it matters."""
    assert as_array(('a"b', None)) == ['a"b', None]
    assert as_array((LedgerState.SENT, None)) == '{"sent",null}'
    assert as_array(("8d0c8e2e-6cf0-4bb6-8e0f-0a5f0f0a0001",)) == '{"8d0c8e2e-6cf0-4bb6-8e0f-0a5f0f0a0001"}'
    assert as_array((1_767_323_045_678, None)) == "{1767323045678,null}"


def test_a_text_that_has_no_utf_8_is_an_error_before_postgresql_hears_of_it() -> None:
    with pytest.raises(UnicodeEncodeError):
        as_array(("\ud800",))
