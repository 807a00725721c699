"""One route: what is asked where, what answers it, of what types. Quart and OpenAPI are both made of these.

A handler is a plain async function. Its parameters say what it needs, by name:

    use_cases         every use case
    operator          who is signed in; a route with this parameter answers 401 without a good token
    caller            the same person, or None without a token
    device            the screen whose token it is; without one, 401
    body              the JSON body, of the annotated type; `… | None` if there may be none
    form              the fields of a form, of the annotated Struct, every one of which may be left out
    query             the query parameters, of the annotated Struct
    ip                the caller's address
    origin            the address, and what else the audit log keeps of where a request comes from
    websocket_url     where a device connects to
    idempotency_key   the header Idempotency-Key, or None
    if_match          the header If-Match as the revision that it names, or None
    if_none_match     the header If-None-Match as it is, or None
    headers           every header, for what has a protocol of its own
    stream            the body as it comes (`hub/api/body_stream.py`), of any size
    anything else     a parameter of the path: a number from 1 if it is an int, an id otherwise

It returns a Struct, answered with `status`, or an `Answer` that says more, or a file: `Download`, `Whole`.
Where `answers` has None for a type (204: done, and nothing to say) it returns nothing.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

Handler = Callable[..., Awaitable[Any]]
_FOR_PEOPLE: Final = ("/api/v1/auth/", "/api/v1/users/me")
_PROVIDED: Final = frozenset(
    {
        "use_cases",
        "operator",
        "caller",
        "device",
        "ip",
        "origin",
        "websocket_url",
        "idempotency_key",
        "if_match",
        "if_none_match",
        "headers",
        "stream",
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A body with a status that is not the route's, or with headers."""

    body: Any
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Download:
    """A file, sent as it is made. Where making it fails the connection ends in the middle of it."""

    chunks: AsyncGenerator[bytes]
    media_type: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A file that is here, all of it, and small."""

    content: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`numbers`: those parameters of the path that are numbers, not ids. `answers`: type and sentence by
    status; `problems`: what else it answers, beside the usual. `urgent`:
    no limit of requests holds it back."""

    method: str
    path: str
    handler: Handler
    tag: str
    summary: str
    answers: Mapping[int, tuple[Any, str]]
    problems: Mapping[int, str]
    needs: frozenset[str]
    path_parameters: tuple[str, ...]
    numbers: frozenset[str] = frozenset()
    body: Any = None
    body_optional: bool = False
    form: Any = None
    query: Any = None
    urgent: bool = False
    media_types: tuple[str, ...] = ("application/json",)

    @property
    def status(self) -> int:
        """The usual success."""
        return min(self.answers)

    @property
    def signed_in(self) -> bool:
        """Whether it takes an access token."""
        return "operator" in self.needs

    @property
    def by_device(self) -> bool:
        """Whether it takes the token of a screen."""
        return "device" in self.needs

    @property
    def streams(self) -> bool:
        """Whether the body is read while it comes, by the handler, for as long as it takes."""
        return "stream" in self.needs

    @property
    def for_people(self) -> bool:
        """Whether it is about a session or an account, of which a key has none."""
        return self.path.startswith(_FOR_PEOPLE)


def route(
    method: str,
    path: str,
    handler: Handler,
    *,
    tag: str,
    summary: str,
    answers: Mapping[int, tuple[Any, str]],
    problems: Mapping[int, str] | None = None,
    urgent: bool = False,
    media_types: tuple[str, ...] = ("application/json",),
) -> Route:
    """A route from a handler's own signature. Raises TypeError when path and parameters do not fit."""
    hints = get_type_hints(handler)
    names = list(inspect.signature(handler).parameters)
    in_path = tuple(part[1:-1] for part in path.split("/") if part.startswith("{"))
    others = [name for name in names if name not in _PROVIDED and name not in ("body", "form", "query")]
    if sorted(others) != sorted(in_path):
        raise TypeError(f"{method} {path}: {handler.__name__} takes {others}, the path has {list(in_path)}")
    body, optional = _optional(hints.get("body"))
    return Route(
        method=method,
        path=path,
        handler=handler,
        tag=tag,
        summary=summary,
        answers=answers,
        problems=problems or {},
        needs=frozenset(names),
        path_parameters=in_path,
        numbers=frozenset(name for name in in_path if hints[name] is int),
        body=body,
        body_optional=optional,
        form=hints.get("form"),
        query=hints.get("query"),
        urgent=urgent,
        media_types=media_types,
    )


def _optional(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint):
        (kind,) = (part for part in get_args(hint) if part is not type(None))
        return kind, True
    return hint, False
