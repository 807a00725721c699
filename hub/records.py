"""What screens recorded, on its way to PostgreSQL: plays and events, each kept once.

It is the hub's half of Rule 9 of `protocol.frames`; the other one is `persistence/records.py`.

Rule 1: nothing on the live side waits for it: taking a frame is a call in memory, writing is its own task.
Rule 2: what is not taken is lost nowhere: the screen has it until `records_kept`, and says it again.
Rule 3: of a link nothing is taken that comes after something that was not: else the answer would name a
        number below which something is missing, and the screen would forget it.
Rule 4: it is bounded: records in all, records of one screen, and how many a screen may have kept
        (`record_budget.py`). However much one tenant's screens say, there is room for another one's.
Rule 5: the answer comes after the commit, on the link that said it.
Rule 6: what PostgreSQL refuses is looked for: whose screen said it waits alone, the others are kept.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import trio

from actors.device.ports import Link
from hub.record_budget import RecordBudget
from hub.recorded import KeptEvent, KeptPlay, taken
from persistence.records import Kept
from protocol.codec import encode
from protocol.frames import Records, RecordsKept

logger = logging.getLogger(__name__)

WITHIN_S: Final = 0.25
"""So long records wait for others, to share a transaction."""
RETRY_AFTER_S: Final = (0.5, 1.0, 2.0, 5.0)
WAITING_AT_MOST: Final = 50_000
OF_ONE_TENANT_ALWAYS: Final = 1_000
"""So many of a tenant's may wait though there are more than that in all."""
OF_ONE_SCREEN_AT_MOST: Final = 500
PER_TRANSACTION: Final = 2_000
"""In a thread; long ones would keep the interpreter from the loop."""
SEARCHES_AT_MOST: Final = 64
"""So often what PostgreSQL refuses is halved to find out whose it is, before the rest waits."""


@dataclass(slots=True)
class Said:
    """What one screen said on one link and was taken. Fits `persistence.records.Said`."""

    tenant_id: str
    device_id: str
    link: Link
    log: str
    first: int
    last: int
    plays: list[KeptPlay]
    events: list[KeptEvent]

    def __len__(self) -> int:
        return len(self.plays) + len(self.events)

    @property
    def epoch(self) -> int:
        """Of the session that said it."""
        return self.link.epoch


@dataclass(frozen=True, slots=True)
class Missed:
    """On this link, of this log, what begins after `first` follows something that was not taken."""

    link: Link
    log: str
    first: int


class RecordStore(Protocol):
    """PostgreSQL, as this sees it; `persistence.records` fulfils it."""

    async def keep(self, tenant_id: str, said: Sequence[Said]) -> Mapping[str, Kept]:
        """Keep what is new, in one transaction. How far each log is kept, by device; whose session is over is
        left out. Raises `unavailable` (see RecordKeeping)."""


class RecordKeeping:
    """`unavailable`: what `store.keep` raises when it should be tried again. `on_events(tenant_id, device_id,
    events)`: these were kept just now, for the first time.

    Counted since the hub started: records `kept`, and frames `put_off` (said again by their screens).
    """

    def __init__(
        self,
        store: RecordStore,
        unavailable: type[Exception],
        wall_ms: Callable[[], int],
        on_events: Callable[[str, str, Sequence[KeptEvent]], None] = lambda tenant_id, device_id, events: (
            None
        ),
    ) -> None:
        self._store = store
        self._unavailable = unavailable
        self._wall_ms = wall_ms
        self._on_events = on_events
        self._waiting: dict[str, Said] = {}
        self._missed: dict[str, Missed] = {}
        self._budget = RecordBudget()
        self._searches = 0
        self._waiting_of: Counter[str] = Counter()
        self._something = trio.Event()
        self.waiting = 0
        self.kept = 0
        self.put_off = 0

    def __repr__(self) -> str:
        return f"<RecordKeeping {self.waiting} records of {len(self._waiting)} screens waiting>"

    # ---- taking ----

    def take(self, tenant_id: str, device_id: str, link: Link, records: Records) -> None:
        """A frame came in. It is taken, or put off as a whole."""
        if not records.log.isprintable():
            return  # No log is called so, and PostgreSQL has no NUL in text.
        first = records.records[0].number
        before = self._waiting.get(device_id)
        if before is not None and before.link is link and before.log == records.log and first <= before.last:
            # Said again while it waits. What it says beyond that comes next.
            self._put_off(device_id, link, records.log, before.last + 1)
            return
        if not self._fits(tenant_id, device_id, link, records.log, first) or not self._budget.affords(
            device_id, records.records, self._wall_ms()
        ):
            self._put_off(device_id, link, records.log, first)
            return
        plays, events, last = taken(records.records, self._wall_ms())
        said = Said(tenant_id, device_id, link, records.log, first, last, plays, events)
        if before is None or before.link is not link:
            # On a newer link a screen begins anew with the oldest that it has no answer to.
            if before is not None:
                self._count(before, -1)
            self._waiting[device_id] = said
        else:
            before.plays += plays
            before.events += events
            before.last = max(before.last, last)
        self._count(said, 1)
        self._missed.pop(device_id, None)
        self._something.set()

    def _fits(self, tenant_id: str, device_id: str, link: Link, log: str, first: int) -> bool:
        """Whether there is room, and nothing of this link is missing before it."""
        missed, before = self._missed.get(device_id), self._waiting.get(device_id)
        if missed is not None and missed.link is link and missed.log == log and first > missed.first:
            return False
        if before is not None and before.log != log:
            return False
        if before is not None and before.link is link and len(before) >= OF_ONE_SCREEN_AT_MOST:
            return False
        return self.waiting < WAITING_AT_MOST or self._waiting_of[tenant_id] < OF_ONE_TENANT_ALWAYS

    def _count(self, said: Said, sign: int) -> None:
        self.waiting += sign * len(said)
        self._waiting_of[said.tenant_id] += sign * len(said)
        if not self._waiting_of[said.tenant_id]:
            del self._waiting_of[said.tenant_id]

    def _put_off(self, device_id: str, link: Link, log: str, first: int) -> None:
        self.put_off += 1
        missed = self._missed.get(device_id)
        if missed is None or missed.link is not link or missed.log != log or first < missed.first:
            self._missed[device_id] = Missed(link, log, first)

    # ---- keeping ----

    async def run(self) -> None:
        """Keep what comes, for ever."""
        failures = 0
        while True:
            await self._something.wait()
            await trio.sleep(RETRY_AFTER_S[min(failures, 4) - 1] if failures else WITHIN_S)
            self._something = trio.Event()
            failures = 0 if await self._keep() else failures + 1

    async def _keep(self) -> bool:
        """Everything that waits now. False when something of it is to be tried again."""
        by_tenant: defaultdict[str, list[Said]] = defaultdict(list)
        for said in self._waiting.values():
            by_tenant[said.tenant_id].append(said)
        answered, self._searches = True, SEARCHES_AT_MOST
        for tenant_id, all_said in by_tenant.items():
            for part in _parts(all_said):
                answered = await self._keep_part(tenant_id, part) and answered
        if not answered:
            self._something.set()
        return answered

    async def _keep_part(self, tenant_id: str, part: list[Said]) -> bool:
        self._let_go(part)
        looked_at = [part]
        while looked_at:
            some = looked_at.pop()
            try:
                kept = await self._store.keep(tenant_id, some)
            except self._unavailable as error:
                left = [said for each in (some, *looked_at) for said in each]
                logger.warning("records of %d screens wait for PostgreSQL: %s", len(left), error)
                self._take_back(left)
                return False
            except Exception:
                if len(some) > 1 and self._searches > 0:  # Rule 6
                    self._searches -= 1
                    half = len(some) // 2
                    looked_at += some[half:], some[:half]
                    continue
                # Whatever it is, it must not stand in the way of the others; the screens have it still.
                logger.exception("records of %d screens cannot be kept now", len(some))
                for said in some:
                    self._forget(said)
                    if some is not part:
                        self._budget.exhaust(said.device_id, self._wall_ms())
            else:
                for said in some:
                    self._answer(said, kept.get(said.device_id))
        return True

    def _let_go(self, part: list[Said]) -> None:
        for said in part:
            if self._waiting.get(said.device_id) is said:
                del self._waiting[said.device_id]
                self._count(said, -1)

    def _take_back(self, part: list[Said]) -> None:
        """It waits on; unless its screen has said it again, on a newer link."""
        for said in part:
            newer = self._waiting.get(said.device_id)
            if newer is None:
                self._waiting[said.device_id] = said
            elif newer.link is said.link and newer.log == said.log:
                newer.plays, newer.events = said.plays + newer.plays, said.events + newer.events
                newer.first = said.first
            else:
                continue
            self._count(said, 1)

    def _forget(self, said: Said) -> None:
        """Its screen says it again; and so what it said after it (Rule 3)."""
        newer = self._waiting.get(said.device_id)
        if newer is not None and newer.link is said.link:
            self._let_go([newer])
        self._put_off(said.device_id, said.link, said.log, said.first)

    def _answer(self, said: Said, kept: Kept | None) -> None:
        if kept is None:
            return
        self.kept += sum(play.number > kept.before for play in said.plays)
        new = [event for event in said.events if event.number > kept.before]
        self.kept += len(new)
        if new:
            self._on_events(said.tenant_id, said.device_id, new)
        said.link.send(encode(RecordsKept(said.log, kept.now)))


def _parts(said: Sequence[Said]) -> list[list[Said]]:
    """Transactions, none much larger than `PER_TRANSACTION` records."""
    parts: list[list[Said]] = [[]]
    room = PER_TRANSACTION
    for each in said:
        if room <= 0:
            parts.append([])
            room = PER_TRANSACTION
        parts[-1].append(each)
        room -= max(len(each), 1)
    return parts
