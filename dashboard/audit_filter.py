"""What is looked for in the audit log, as it stands in the address of the page (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple, Self
from urllib.parse import urlencode

from dashboard.clock import Clock
from protocol.vocabulary import AuditOutcome

_LONGEST: Final = 200
_YEARS: Final = range(1971, 9000)
_IN_ADDRESS: Final = {"since": "from", "until": "to"}


class Wanted(NamedTuple):
    """What is empty is not asked for. `since` and `until` are days of the browser's zone, both included;
    the others are as the API has them."""

    text: str = ""
    since: str = ""
    until: str = ""
    action: str = ""
    actor: str = ""
    target_type: str = ""
    target_id: str = ""
    outcome: str = ""
    request_id: str = ""
    seq: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Self:
        """What the address says; what is no day, no outcome and no number is left out."""
        said = {name: parameters.get(_IN_ADDRESS.get(name, name), "") for name in cls._fields}
        return cls().but(**said)

    def but(self, **said: str) -> Self:
        """The same, with these words instead."""
        fit = {name: words.strip()[:_LONGEST] for name, words in said.items()}
        for name in ("since", "until"):
            if name in fit and _day(fit[name]) is None:
                fit[name] = ""
        if fit.get("outcome") not in (None, *AuditOutcome):
            fit["outcome"] = ""
        number = fit.get("seq", "")
        if number and not (number.isascii() and number.isdigit() and len(number) < 16):
            fit["seq"] = ""
        return self._replace(**fit)

    @property
    def asked(self) -> int:
        """How many filters are set."""
        return sum(map(bool, self))

    def address(self, path: str = "/audit") -> str:
        """Where the page shows this."""
        asked = {_IN_ADDRESS.get(name, name): words for name, words in self._asdict().items() if words}
        return f"{path}?{urlencode(asked)}" if asked else path

    def question(self, clock: Clock) -> dict[str, str]:
        """The parameters of the API: days are instants there, and the end is the first one after."""
        asked = {name: words for name, words in self._asdict().items() if words}
        since, until = _day(asked.pop("since", "")), _day(asked.pop("until", ""))
        if since is not None:
            asked["from"] = _midnight(since, clock)
        if until is not None:
            asked["to"] = _midnight(until + timedelta(days=1), clock)
        return asked


def _day(words: str) -> date | None:
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def _midnight(day: date, clock: Clock) -> str:
    return datetime.combine(day, time(0), clock.zone).isoformat()
