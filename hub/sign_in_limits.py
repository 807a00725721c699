"""How long who was refused must wait before the next sign-in (pure: the time is passed in).

Rule 1: after five refusals in a row the next attempt waits a second; each further one doubles that, up to
        five minutes. So for one person from one address, and for one address whomever it tries.
Rule 2: what one address does locks out nobody at another one. While many addresses try one person, an address
        that has not been refused may try at once; one that has been waits half a minute at most.
Rule 3: what is remembered is bounded, and forgotten an hour after the last attempt.
Rule 4: it knows only what was typed, never whether there is such a person.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, NamedTuple

FREE_REFUSALS: Final = 5
LONGEST_WAIT_S: Final = 300.0
LONGEST_WAIT_FOR_OTHERS_S: Final = 30.0
FORGET_AFTER_S: Final = 3_600.0
MOST_REMEMBERED: Final = 10_000


class Attempt(NamedTuple):
    """Who is typed, and where it comes from (None: not known)."""

    email: str
    ip: str | None

    @property
    def person(self) -> str:
        """The address in one spelling, whatever tenant is named with it."""
        return self.email.strip().lower()

    @property
    def address(self) -> str:
        """Where from. One line of a provider has a whole /64 of IPv6."""
        if self.ip is None:
            return ""
        parsed = ipaddress.ip_address(self.ip)
        return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))

    @property
    def speaks_for_many(self) -> bool:
        """From this machine: a proxy or a dashboard that passes nobody's address on."""
        return self.ip is None or ipaddress.ip_address(self.ip).is_loopback


class _Streak(NamedTuple):
    refusals: int
    last_s: float

    def wait_s(self, now_s: float) -> float:
        return max(0.0, self.last_s + wait_after(self.refusals) - now_s)


class _Streaks:
    """The latest streaks by key; the longest untouched gives way."""

    def __init__(self) -> None:
        self._streaks: OrderedDict[Hashable, _Streak] = OrderedDict()

    def __len__(self) -> int:
        return len(self._streaks)

    def get(self, key: Hashable, now_s: float) -> _Streak | None:
        streak = self._streaks.get(key)
        return None if streak is None or now_s - streak.last_s > FORGET_AFTER_S else streak

    def note(self, key: Hashable, now_s: float, refusals: int) -> None:
        known = self.get(key, now_s)
        self._streaks[key] = _Streak(refusals + (known.refusals if known else 0), now_s)
        self._streaks.move_to_end(key)
        if len(self._streaks) > MOST_REMEMBERED:
            self._streaks.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        self._streaks.pop(key, None)


class SignInLimits:
    """Ask `wait_s` before an attempt; tell `refused` or `succeeded` after it. Seconds of one clock."""

    def __init__(self) -> None:
        self._people = _Streaks()
        self._addresses = _Streaks()
        self._pairs = _Streaks()

    def __len__(self) -> int:
        return len(self._people) + len(self._addresses) + len(self._pairs)

    def wait_s(self, attempt: Attempt, now_s: float) -> int:
        """Whole seconds to wait; 0: the attempt may be made now, and one made beside it counts as later."""
        person, address = attempt.person, attempt.address
        pair = self._pairs.get((person, address), now_s)
        everybody = self._people.get(person, now_s)
        here = None if attempt.speaks_for_many else self._addresses.get(address, now_s)
        waits_s = [streak.wait_s(now_s) for streak in (pair, here) if streak is not None]
        if pair is not None and everybody is not None:
            of_others_s = min(LONGEST_WAIT_FOR_OTHERS_S, wait_after(everybody.refusals))
            waits_s.append(pair.last_s + of_others_s - now_s)
        wait_s = math.ceil(max([0.0, *waits_s]))
        if wait_s == 0:
            self._pairs.note((person, address), now_s, 0)
            if here is not None:
                self._addresses.note(address, now_s, 0)
        return wait_s

    def refused(self, attempt: Attempt, now_s: float) -> None:
        """The attempt was refused, for whatever reason."""
        self._pairs.note((attempt.person, attempt.address), now_s, 1)
        self._people.note(attempt.person, now_s, 1)
        if not attempt.speaks_for_many:
            self._addresses.note(attempt.address, now_s, 1)

    def succeeded(self, attempt: Attempt, now_s: float) -> None:
        """The row of refusals of this person at this address is over, and that of this address."""
        pair = self._pairs.get((attempt.person, attempt.address), now_s)
        everybody = self._people.get(attempt.person, now_s)
        if pair is not None and everybody is not None and everybody.refusals <= pair.refusals:
            self._people.forget(attempt.person)
        self._pairs.forget((attempt.person, attempt.address))
        self._addresses.forget(attempt.address)


def wait_after(refusals: int) -> float:
    """Seconds after the last of so many refusals in a row: 0 for the first four, then 1, 2, 4, …, 300."""
    if refusals < FREE_REFUSALS:
        return 0.0
    return min(LONGEST_WAIT_S, 2.0 ** min(refusals - FREE_REFUSALS, 16))
