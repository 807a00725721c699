"""One press is one order, however often it comes."""

from __future__ import annotations

from dashboard.once import Once


def test_the_same_request_has_the_same_key_until_it_is_done() -> None:
    once = Once[str]()
    first = once.key("fire")
    assert once.key("fire") == first
    once.done()
    assert once.key("fire") != first


def test_another_request_is_another_order() -> None:
    once = Once[str]()
    assert once.key("fire") != once.key("flood")


def test_two_forms_never_share_a_key() -> None:
    assert Once[str]().key("fire") != Once[str]().key("fire")
