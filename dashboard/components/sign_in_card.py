"""The card of the pages before one is signed in: plain HTML forms, posted, with what went wrong above them.

Plain forms, so that password keepers, the Enter key and a slow line all work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from dashboard.components.icons import icon
from dashboard.components.markup import tag
from dashboard.components.theme import dress

FOREIGN = "The form was sent from another site. Send it again from here."


@contextmanager
def card(title: str, problem: str = "", note: str = "") -> Iterator[None]:
    """The page with its card; inside the `with` comes the form. `problem` is in red, `note` is not."""
    dress()
    with tag("main", "sign-in"), tag("div", "sign-in-card"):
        with tag("div", "sign-in-brand"):
            tag("span", "brand-mark", aria_hidden="true")
            tag("span", "brand-name", "Clarion")
        tag("h1", "sign-in-title", title)
        if problem:
            with tag("p", "note note-bad", role="alert", testid="sign-in-error"):
                icon("alert")
                tag("span", "", problem)
        elif note:
            with tag("p", "note", role="status", testid="sign-in-note"):
                tag("span", "", note)
        yield


def form_field(name: str, label: str, value: str, testid: str, *, required: bool = True, **more: Any) -> None:
    """One input under its label. `more`: attributes; `type_` is text if it is not said."""
    with tag("label", "field"):
        tag("span", "field-label", label)
        more = {"type": more.pop("type_", "text"), **more}
        tag("input", "input", name=name, value=value, required=required, testid=testid, **more)


def from_elsewhere(request: Request) -> bool:
    """Whether a page of another site has sent the form."""
    origin = request.headers.get("origin")
    return origin not in (None, "null") and urlsplit(origin or "").netloc != request.headers.get("host")
