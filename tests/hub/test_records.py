"""What screens recorded on its way to PostgreSQL: nothing waits for it, nothing of it is lost or skipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from hub import records as module
from hub.record_budget import BUDGET_OF_MINUTE
from hub.recorded import KeptEvent
from hub.records import OF_ONE_SCREEN_AT_MOST, RecordKeeping, Said
from persistence.records import Kept
from protocol.frames import DeviceEvent, Play, Record, Records, RecordsKept
from protocol.vocabulary import EventName
from tests.actors.device.world import RecordingLink

LOG, OTHER_LOG = "log-of-the-screen", "log-begun-again"
NOW_MS = 1_800_000_000_000


class Away(Exception):
    """The store does not answer."""


@dataclass
class Store:
    """Fulfils `RecordStore`, as PostgreSQL does. `over`: whose session is over."""

    fault: Callable[[], None] = lambda: None
    gate: trio.Event | None = None
    over: set[str] = field(default_factory=set)
    numbers: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    transactions: list[tuple[str, int]] = field(default_factory=list)

    async def keep(self, tenant_id: str, said: Sequence[Said]) -> Mapping[str, Kept]:
        self.transactions.append((tenant_id, sum(map(len, said))))
        assert len({each.device_id for each in said}) == len(said)
        if self.gate is not None:
            await self.gate.wait()
        self.fault()
        kept: dict[str, Kept] = {}
        for each in said:
            if each.device_id in self.over:
                continue
            numbers = self.numbers.setdefault((each.device_id, each.log), [])
            before = max(numbers, default=0)
            numbers += [play.number for play in each.plays if play.number > before]
            numbers += [event.number for event in each.events if event.number > before]
            kept[each.device_id] = Kept(before, max(before, each.last))
        return kept


class Hall:
    """Record keeping with a store; time stands still unless it is told otherwise."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now_ms = NOW_MS
        self.told: list[tuple[str, int]] = []
        self.keeping = RecordKeeping(store, Away, lambda: self.now_ms, self._told)

    def _told(self, tenant_id: str, device_id: str, events: Sequence[KeptEvent]) -> None:
        self.told += [(device_id, event.number) for event in events]

    def says(
        self, link: RecordingLink, *numbers: int, device_id: str = "d1", log: str = LOG, tenant: str = "t1"
    ) -> None:
        records = [Record(number, Play("Menu", NOW_MS, NOW_MS, 0)) for number in numbers]
        self.keeping.take(tenant, device_id, link, Records(log, records))

    def reports(self, link: RecordingLink, *numbers: int) -> None:
        records = [Record(number, DeviceEvent(EventName.ERROR)) for number in numbers]
        self.keeping.take("t1", "d1", link, Records(LOG, records))


def answers(link: RecordingLink) -> list[int]:
    return [frame.number for frame in link.sent if isinstance(frame, RecordsKept)]


@pytest.fixture
def hall() -> Hall:
    return Hall(Store())


async def settle(hall: Hall, seconds: float = 60.0) -> None:
    """Let it run for so long."""
    with trio.move_on_after(seconds):
        await hall.keeping.run()


async def test_the_answer_comes_after_the_commit_on_the_link_that_said_it(
    hall: Hall, autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    hall.store.gate = trio.Event()
    link = RecordingLink()
    hall.says(link, 1, 2, 3)
    nursery.start_soon(hall.keeping.run)
    await trio.sleep(1)
    assert hall.store.transactions and answers(link) == []
    hall.store.gate.set()
    await wait_all_tasks_blocked()
    assert answers(link) == [3] and hall.keeping.waiting == 0 and hall.keeping.kept == 3
    nursery.cancel_scope.cancel()


async def test_what_waits_shares_a_transaction_a_tenant(hall: Hall, autojump_clock: MockClock) -> None:
    for number in range(50):
        hall.says(RecordingLink(), 1, 2, device_id=f"d{number}", tenant=f"t{number % 2}")
    await settle(hall)
    assert sorted(hall.store.transactions) == [("t0", 50), ("t1", 50)]


async def test_a_frame_that_is_said_again_while_it_waits_is_kept_and_answered_once(
    hall: Hall, autojump_clock: MockClock
) -> None:
    link = RecordingLink()
    hall.says(link, 1, 2)
    hall.says(link, 1, 2)
    await settle(hall)
    assert hall.store.numbers["d1", LOG] == [1, 2] and answers(link) == [2]


async def test_frames_of_one_link_that_follow_one_another_go_together(
    hall: Hall, autojump_clock: MockClock
) -> None:
    link = RecordingLink()
    hall.says(link, 1, 2)
    hall.says(link, 3, 4)
    await settle(hall)
    assert hall.store.transactions == [("t1", 4)] and answers(link) == [4]


async def test_what_follows_something_that_was_put_off_is_put_off_until_that_is_said_again(
    hall: Hall, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the answer would name a number below which something is missing, and the screen forget it."""
    link = RecordingLink()
    monkeypatch.setattr(module, "WAITING_AT_MOST", 0)
    monkeypatch.setattr(module, "OF_ONE_TENANT_ALWAYS", 0)
    hall.says(link, 1, 2)
    monkeypatch.undo()
    hall.says(link, 3, 4)
    await settle(hall)
    assert hall.store.numbers == {} and hall.keeping.put_off == 2
    hall.says(link, 1, 2)
    hall.says(link, 3, 4)
    await settle(hall)
    assert hall.store.numbers["d1", LOG] == [1, 2, 3, 4] and answers(link) == [4]


async def test_a_frame_that_says_more_than_the_one_that_waits_leaves_no_hole(
    hall: Hall, autojump_clock: MockClock
) -> None:
    link = RecordingLink()
    hall.says(link, 1, 2)
    hall.says(link, 1, 2, 3)
    hall.says(link, 4)
    await settle(hall)
    assert answers(link) == [2], "4 would hide that 3 is not there"
    hall.says(link, 3, 4)
    await settle(hall)
    assert hall.store.numbers["d1", LOG] == [1, 2, 3, 4]


async def test_on_a_newer_link_a_screen_begins_anew_and_is_answered_there(
    hall: Hall, autojump_clock: MockClock
) -> None:
    old, new = RecordingLink(), RecordingLink()
    hall.says(old, 1, 2, 3)
    hall.says(new, 1, 2, 3, 4)
    assert hall.keeping.waiting == 4
    await settle(hall)
    assert (answers(old), answers(new)) == ([], [4])
    assert hall.store.numbers["d1", LOG] == [1, 2, 3, 4]


async def test_another_log_waits_until_the_one_before_is_kept(hall: Hall, autojump_clock: MockClock) -> None:
    link = RecordingLink()
    hall.says(link, 8, 9)
    hall.says(link, 1, 2, log=OTHER_LOG)
    await settle(hall)
    hall.says(link, 1, 2, log=OTHER_LOG)
    await settle(hall)
    assert hall.store.numbers == {("d1", LOG): [8, 9], ("d1", OTHER_LOG): [1, 2]}


async def test_while_postgresql_is_away_records_wait_and_go_in_order_when_it_is_back(
    hall: Hall, autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    back_s = trio.current_time() + 20

    def away() -> None:
        if trio.current_time() < back_s:
            raise Away

    hall.store.fault = away
    link = RecordingLink()
    nursery.start_soon(hall.keeping.run)
    for number in range(1, 11):
        hall.says(link, number)
        await trio.sleep(1)
    assert hall.keeping.waiting == 10
    await trio.sleep(30)
    assert hall.store.numbers["d1", LOG] == list(range(1, 11))
    assert answers(link)[-1] == 10 and hall.keeping.waiting == 0
    nursery.cancel_scope.cancel()


async def test_what_postgresql_refuses_stands_in_nobodys_way_and_is_said_again(
    hall: Hall, autojump_clock: MockClock
) -> None:
    def refuse() -> None:
        if hall.store.transactions[-1][0] == "t1" and len(hall.store.transactions) < 3:
            raise ValueError("cannot be stored")

    hall.store.fault = refuse
    bad, good = RecordingLink(), RecordingLink()
    hall.says(bad, 1, 2)
    hall.says(good, 1, device_id="d2", tenant="t2")
    await settle(hall)
    assert (answers(bad), answers(good)) == ([], [1])
    hall.says(bad, 3)
    await settle(hall)
    assert answers(bad) == [], "what was refused comes first"
    hall.says(bad, 1, 2, 3)
    await settle(hall)
    assert answers(bad) == [3]


async def test_what_one_screen_said_keeps_no_other_screen_of_its_tenant_from_being_kept(
    hall: Hall, autojump_clock: MockClock
) -> None:
    keep = hall.store.keep

    async def refusing(tenant_id: str, said: Sequence[Said]) -> Mapping[str, Kept]:
        if any(each.device_id in ("d7", "d70") for each in said):
            hall.store.transactions.append((tenant_id, -1))
            raise ValueError("cannot be stored")
        return await keep(tenant_id, said)

    hall.store.keep = refusing  # type: ignore[method-assign]
    links = {f"d{number}": RecordingLink() for number in range(100)}
    for device_id, link in links.items():
        hall.says(link, 1, 2, device_id=device_id)
    await settle(hall)
    assert [device_id for device_id, link in links.items() if answers(link) != [2]] == ["d7", "d70"]
    searched = len(hall.store.transactions)
    assert searched <= 2 * module.SEARCHES_AT_MOST
    hall.says(links["d7"], 1, 2, device_id="d7")
    await settle(hall)
    assert len(hall.store.transactions) == searched, "not again in the same minute"


async def test_when_nothing_can_be_stored_the_search_for_the_reason_ends(
    hall: Hall, autojump_clock: MockClock
) -> None:
    def refuse() -> None:
        raise ValueError("there is no such table")

    hall.store.fault = refuse
    for number in range(5_000):
        hall.says(RecordingLink(), 1, device_id=f"d{number}")
    await settle(hall)
    assert len(hall.store.transactions) <= 2 * module.SEARCHES_AT_MOST + 3
    assert hall.keeping.waiting == 0


async def test_a_log_by_a_name_that_no_table_can_have_is_not_taken(
    hall: Hall, autojump_clock: MockClock
) -> None:
    hall.says(RecordingLink(), 1, log="log-of-\x00-nobody")
    await settle(hall)
    assert hall.store.transactions == []


async def test_a_tenant_whose_screens_say_too_much_leaves_room_for_another_one(
    hall: Hall, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAITING_AT_MOST", 5_000)
    for number in range(200):
        hall.says(RecordingLink(), *range(1, 101), device_id=f"loud{number}", tenant="loud")
    assert hall.keeping.waiting == 5_000
    quiet = RecordingLink()
    hall.says(quiet, 1, 2, device_id="quiet", tenant="quiet")
    await settle(hall)
    assert answers(quiet) == [2] and hall.keeping.waiting == 0


async def test_a_screen_whose_session_is_over_hears_nothing(hall: Hall, autojump_clock: MockClock) -> None:
    link = RecordingLink()
    hall.store.over.add("d1")
    hall.says(link, 1)
    await settle(hall)
    assert answers(link) == [] and hall.keeping.waiting == 0


async def test_one_screen_fills_neither_the_queue_nor_the_disk(
    hall: Hall, autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    link = RecordingLink()
    for first in range(1, 2_000, 100):
        hall.says(link, *range(first, first + 100))
    assert hall.keeping.waiting == OF_ONE_SCREEN_AT_MOST
    nursery.start_soon(hall.keeping.run)
    number = 0
    for _ in range(200):
        hall.says(link, *range(number + 1, number + 101))
        await trio.sleep(0.5)
        number = max(answers(link), default=0)
    assert number == BUDGET_OF_MINUTE, "the wall clock stands still: it is one minute"
    hall.now_ms += 60_000
    hall.says(link, *range(number + 1, number + 101))
    await trio.sleep(1)
    assert answers(link)[-1] == number + 100
    nursery.cancel_scope.cancel()


async def test_events_are_told_once_when_they_are_kept_and_120_a_minute(
    hall: Hall, autojump_clock: MockClock
) -> None:
    link = RecordingLink()
    hall.reports(link, *range(1, 101))
    await settle(hall)
    hall.reports(link, *range(91, 121))
    await settle(hall)
    assert hall.told == [("d1", number) for number in range(1, 101)] and answers(link) == [100]
    hall.now_ms += 60_000
    hall.reports(link, *range(91, 121))
    await settle(hall)
    assert hall.told == [("d1", number) for number in range(1, 121)] and answers(link)[-1] == 120
