"""Whose browser asks is passed on, and nothing in it can become another header."""

from __future__ import annotations

from fastapi import Request

from dashboard.browser import Browser


def request(peer: str | None, **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "headers": raw, "client": (peer, 1) if peer else None}
    return Request(scope)


def test_the_peer_comes_after_what_proxies_said() -> None:
    browser = Browser.of(request("10.0.0.5", x_forwarded_for="203.0.113.9", user_agent="Firefox"))
    assert browser.headers() == {"X-Forwarded-For": "203.0.113.9, 10.0.0.5", "User-Agent": "Firefox"}


def test_what_is_not_plain_text_is_left_out() -> None:
    assert Browser.of(request("10.0.0.5", user_agent="evil\r\nX: y")).user_agent is None
    assert Browser.of(request(None)).headers() == {}
    assert len(Browser.of(request("::1", user_agent="x" * 10_000)).user_agent or "") == 400
