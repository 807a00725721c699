"""Bytes and query strings to checked values.

Rule 1: what is not exactly of the type is refused, and the answer names the field.
Rule 2: control characters come in nowhere: PostgreSQL cannot store a NUL, and a log line must stay one line.
        Line breaks and tabs are good in written text (`message`) and in free-form JSON (`args`, `settings`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from hub.api.problems import ProblemResponse

Value = TypeVar("Value")

_AT: Final = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`$")
_MISSING: Final = re.compile(r"^Object missing required field `(?P<field>[^`]+)`")
_UNKNOWN: Final = re.compile(r"^Object contains unknown field `(?P<field>[^`]+)`")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# At any depth: an alert has one for each of its languages.
_WRITTEN: Final = "message"
_FREE_JSON: Final = frozenset({"args", "settings"})
# A password may be anything; only its hash is kept.
_UNCHECKED: Final = frozenset({"password", "old_password", "new_password"})
_FIELDS_AT_MOST: Final = 50
CORRECT: Final = "Correct the fields that are named here and send the request again."


def decode_body(body: bytes, content_type: str | None, kind: type[Value]) -> Value:
    """A JSON body as `kind`. Raises ProblemResponse 400, 415, 422."""
    if (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise ProblemResponse(415, "Send the body as JSON, with the header Content-Type: application/json.")
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ProblemResponse(400, f"The body is not valid JSON: {reason}.") from None
    return _checked(raw, kind, strict=True)


def decode_form(body: bytes, content_type: str | None, kind: type[Value]) -> Value:
    """A form's fields, all text, as `kind`; those it does not know are forgotten. Raises ProblemResponse 400,
    415, 422."""
    if (content_type or "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise ProblemResponse(
            415, "Send the body as a form, with the header Content-Type: application/x-www-form-urlencoded."
        )
    try:
        fields = dict(parse_qsl(body.decode("ascii"), max_num_fields=_FIELDS_AT_MOST, errors="strict"))
    except ValueError:
        raise ProblemResponse(400, "The body is not a form, or has too many fields.") from None
    return _checked(fields, kind, strict=False)


def decode_query(query: Mapping[str, str], kind: type[Value]) -> Value:
    """Query parameters, all text, as `kind`. Raises ProblemResponse 422."""
    return _checked(dict(query), kind, strict=False)


def _checked(raw: Any, kind: type[Value], *, strict: bool) -> Value:
    try:
        value = msgspec.convert(raw, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise ProblemResponse(422, CORRECT, fields=_field(str(error))) from None
    bad = _control_character(raw, "", _CONTROL)
    if bad is not None:
        raise ProblemResponse(422, CORRECT, fields={bad: "must not contain control characters"})
    return value


def _field(message: str) -> dict[str, str]:
    """Which field, and why, from msgspec's sentence."""
    found = _AT.search(message)
    path = found["path"] if found else ""
    text = message[: found.start()] if found else message
    for pattern, why in ((_MISSING, "is missing"), (_UNKNOWN, "is not known here")):
        named = pattern.match(text)
        if named:
            return {f"{path}.{named['field']}".lstrip("."): why}
    if "matching regex '^[0-9a-fA-F]{8}" in text:
        text = "must be a UUID"
    return {path or "body": text[:1].lower() + text[1:]}


def _control_character(value: Any, path: str, forbidden: re.Pattern[str]) -> str | None:
    """The path of the first text with a character that is forbidden."""
    match value:
        case str():
            return (path or "body") if forbidden.search(value) else None
        case dict():
            inner = [(str(key), f"{path}.{key}".lstrip("."), item) for key, item in value.items()]
            for key, at, item in inner:
                if not path and key in _UNCHECKED:
                    continue
                if forbidden.search(key):
                    return path or "body"
                is_free = key == _WRITTEN or (not path and key in _FREE_JSON)
                bad = _control_character(item, at, _CONTROL_IN_TEXT if is_free else forbidden)
                if bad is not None:
                    return bad
        case list():
            for number, item in enumerate(value):
                bad = _control_character(item, f"{path}[{number}]", forbidden)
                if bad is not None:
                    return bad
    return None
