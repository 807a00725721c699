"""What an alert says, in one language or several, as an operator typed it (pure).

Rule 1: each language is said once: screens show them in turn, and nobody reads the same twice.
Rule 2: how long an alert may be is for each language: a screen shows one at a time.
"""

from __future__ import annotations

from typing import NamedTuple

from hub.use_cases.errors import Invalid
from hub.use_cases.texts import one_line
from protocol.alert import content_hash
from protocol.api import EmergencyRequest
from protocol.frames import AlertText


class AlertWords(NamedTuple):
    """`language` of title and message: "" where nobody said; `texts`: the same in others."""

    title: str
    message: str
    language: str
    texts: tuple[AlertText, ...]
    content_hash: str


def words_of(request: EmergencyRequest) -> AlertWords:
    """Tidied, with the hash that every screen must prove. Raises Invalid."""
    title, message = one_line("title", request.title), request.message.strip()
    texts: list[AlertText] = []
    said = {request.language.lower()}
    for number, text in enumerate(request.texts):
        if text.language.lower() in said:
            raise Invalid({f"texts[{number}].language": f"{text.language} is there already: say it once"})
        said.add(text.language.lower())
        other = one_line(f"texts[{number}].title", text.title)
        texts.append(AlertText(text.language, other, text.message.strip()))
    digest = content_hash(title, message, request.severity, texts)
    return AlertWords(title, message, request.language, tuple(texts), digest)
