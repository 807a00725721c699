"""One press is one order: the key by which the hub knows that what comes again is the same (pure).

The key is made with the form and goes with every attempt: a double click, and a press after an answer that
was lost, are one order. What is asked for differently afterwards is another order, with another key.
"""

from __future__ import annotations

from typing import Generic, TypeVar
from uuid import uuid4

Request = TypeVar("Request")


class Once(Generic[Request]):
    """The key of one open form."""

    def __init__(self) -> None:
        self._key = str(uuid4())
        self._asked: Request | None = None

    def key(self, request: Request) -> str:
        """The same for the same request, until `done`."""
        if self._asked is not None and request != self._asked:
            self._key = str(uuid4())
        self._asked = request
        return self._key

    def done(self) -> None:
        """It was accepted: what is asked for next is another order, the same words or not."""
        self._key, self._asked = str(uuid4()), None
