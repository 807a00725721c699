"""What a report of proof of play is asked for, as it stands in the address of the page (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, NamedTuple, Self
from urllib.parse import urlencode

GROUPINGS: Final[dict[str, str]] = {"day": "Day", "screen": "Screen", "content": "Content"}
"""By what it can be added up."""
_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BY: Final = "day,content"
_LATELY: Final = timedelta(days=6)
_IN_API: Final = {"screen": "device_id", "content": "content_id", "site": "site_id"}


class ReportWanted(NamedTuple):
    """`since` and `until` are days, both included, by the clock of each screen; an empty id is every one."""

    since: str
    until: str
    by: str = _BY
    screen: str = ""
    content: str = ""
    site: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, str], today: date) -> Self:
        """What the address says; without days the last week. What is no day and no id is left out."""
        lately = cls((today - _LATELY).isoformat(), today.isoformat())
        said = {"since": parameters.get("from", ""), "until": parameters.get("until", "")}
        rest = {name: parameters[name] for name in cls._fields[2:] if name in parameters}
        return lately.but(**said, **rest)

    def but(self, **said: str) -> Self:
        """The same, with these instead, where they fit."""
        fit: dict[str, str] = {}
        for name, words in said.items():
            if name in ("since", "until"):
                if _is_day(words):
                    fit[name] = words
            elif name == "by":
                fit[name] = ",".join(key for key in GROUPINGS if key in words.split(",")) or _BY
            elif not words or _ID.fullmatch(words):
                fit[name] = words
        return self._replace(**fit)

    @property
    def groups(self) -> tuple[str, ...]:
        """By what it is added up, in the order of the columns."""
        return tuple(self.by.split(","))

    def address(self, path: str = "/reports/proof-of-play") -> str:
        """Where the page shows this."""
        asked = {"from": self.since, **{name: words for name, words in self._asdict().items() if words}}
        asked.pop("since")
        return f"{path}?{urlencode(asked)}"

    def question(self) -> dict[str, str]:
        """The parameters of the API."""
        asked = {"from": self.since, "until": self.until, "by": self.by}
        ids = {key: getattr(self, name) for name, key in _IN_API.items()}
        return {**asked, **{key: words for key, words in ids.items() if words}}


def _is_day(words: str) -> bool:
    try:
        return 1970 < date.fromisoformat(words).year < 9000
    except ValueError:
        return False
