"""Which bytes a request asks for: said by Range, or cut short by what it has already."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.media.ranges import Span, Unsatisfiable, has_already, wanted

ETAG = '"abc"'


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        (None, None),
        ("bytes=0-0", Span(0, 1)),
        ("bytes=2-5", Span(2, 6)),
        ("bytes=2-", Span(2, 10)),
        ("bytes=2-99", Span(2, 10)),
        ("bytes=-3", Span(7, 10)),
        ("bytes=-99", Span(0, 10)),
        ("bytes=5-2", None),
        ("bytes=0-1,4-5", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
    ],
)
def test_one_range_is_understood_and_what_is_not_one_means_the_whole(
    asked: str | None, span: Span | None
) -> None:
    assert wanted(asked, None, ETAG, 10) == span


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_what_lies_behind_the_end_cannot_be_had(asked: str) -> None:
    with pytest.raises(Unsatisfiable):
        wanted(asked, None, ETAG, 10)


def test_a_range_of_another_version_means_the_whole() -> None:
    assert wanted("bytes=2-5", ETAG, ETAG, 10) == Span(2, 6)
    assert wanted("bytes=2-5", '"xyz"', ETAG, 10) is None
    assert wanted("bytes=2-5", f"W/{ETAG}", ETAG, 10) is None


@given(st.text(max_size=30), st.integers(0, 100))
def test_no_header_leads_out_of_the_file(text: str, size: int) -> None:
    for asked in (text, f"bytes={text}"):
        try:
            span = wanted(asked, None, ETAG, size)
        except Unsatisfiable:
            continue
        assert span is None or 0 <= span.begins < span.ends <= size


def test_whoever_has_the_file_is_told_so() -> None:
    assert has_already('"x", W/"abc"', ETAG)
    assert has_already("*", ETAG)
    assert not has_already('"x"', ETAG)
    assert not has_already(None, ETAG)


def test_a_span_says_itself_as_the_header_does() -> None:
    assert Span(2, 6).content_range(10) == "bytes 2-5/10"
