"""The language in which a group says which screens are in it: `floor=2, kind!=kiosk, public, !private`.

Rule 1: terms are separated by commas, and all of them must hold.
Rule 2: `key=value` and `key!=value` compare; a screen without the tag has no value, so it is unlike any.
        `key` and `!key` ask whether there is the tag, whatever its value.
Rule 3: what has one of , = ! " in it, or space around it, stands in quotes: `"a, b"="say \\"hi\\""`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from hub.use_cases.errors import Invalid

Term: TypeAlias = tuple[str, ...]
"""("is", key, value), ("is_not", key, value), ("has", key) or ("has_not", key), as PostgreSQL keeps it."""

TERMS_AT_MOST: Final = 20
KEY_AT_MOST: Final = 60
VALUE_AT_MOST: Final = 200

_TOKEN: Final = re.compile(r'\s*(?:(?P<mark>!=|[,=!])|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^,=!"]+))')
_PLAIN: Final = re.compile(r'[^\s,=!"](?:[^,=!"]*[^\s,=!"])?')


def parse(text: str) -> list[Term]:
    """The terms, each once. Raises Invalid (tag_query), saying what is not understood."""
    terms: dict[Term, None] = {}
    for number, tokens in enumerate(_split(_tokens(text)), 1):
        terms[_term(number, tokens)] = None
    if len(terms) > TERMS_AT_MOST:
        raise _not_understood(f"has more than {TERMS_AT_MOST} terms")
    return list(terms)


def in_text(terms: Sequence[Term]) -> str:
    """The inverse of `parse`: the query as Clarion writes it."""
    return ", ".join(map(_written, terms))


def _tokens(text: str) -> list[tuple[str, bool]]:
    """Each with whether it is a mark: one of , = ! !=."""
    tokens: list[tuple[str, bool]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at, end)
        if found is None:
            raise _not_understood(f'has a " without its other half: {text[at : at + 40]}')
        if found["mark"] is not None:
            tokens.append((found["mark"], True))
        elif found["quoted"] is not None:
            tokens.append((re.sub(r"\\(.)", r"\1", found["quoted"]), False))
        else:
            tokens.append((found["bare"].strip(), False))
        at = found.end()
    return tokens


def _split(tokens: Sequence[tuple[str, bool]]) -> list[list[tuple[str, bool]]]:
    parts: list[list[tuple[str, bool]]] = [[]]
    for token in tokens:
        if token == (",", True):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _term(number: int, tokens: Sequence[tuple[str, bool]]) -> Term:
    match tokens:
        case [(key, False)]:
            return ("has", _key(number, key))
        case [("!", True), (key, False)]:
            return ("has_not", _key(number, key))
        case [(key, False), ("=" | "!=" as mark, True), *value] if len(value) < 2:
            text, is_mark = value[0] if value else ("", False)
            if not is_mark:
                return ("is" if mark == "=" else "is_not", _key(number, key), _value(number, text))
    if not tokens:
        raise _not_understood(f"has nothing in term {number}; terms are separated by one comma")
    raise _not_understood(
        f"term {number} is not one of key=value, key!=value, key, !key; what has , = ! in it stands in quotes"
    )


def _key(number: int, key: str) -> str:
    if not 1 <= len(key) <= KEY_AT_MOST:
        raise _not_understood(f"the key of term {number} must have 1 to {KEY_AT_MOST} characters")
    return key


def _value(number: int, value: str) -> str:
    if len(value) > VALUE_AT_MOST:
        raise _not_understood(f"the value of term {number} must have at most {VALUE_AT_MOST} characters")
    return value


def _written(term: Term) -> str:
    match term:
        case ("is", key, value):
            return f"{_word(key)}={_word(value)}" if value else f"{_word(key)}="
        case ("is_not", key, value):
            return f"{_word(key)}!={_word(value)}" if value else f"{_word(key)}!="
        case ("has", key):
            return _word(key)
        case (_, key, *_):
            return f"!{_word(key)}"
    raise ValueError(f"not a term: {term}")


def _word(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _not_understood(why: str) -> Invalid:
    return Invalid({"tag_query": why})
