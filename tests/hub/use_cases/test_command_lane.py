"""Many posts are few transactions, and nobody feels the others: the rules of the lane, on PostgreSQL."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from hub.use_cases import command_lane
from hub.use_cases.commands import Filter
from hub.use_cases.errors import InConflict, NotFound, Overloaded
from hub.use_cases.ports import Transaction
from persistence.owner import connect_as_owner
from protocol.api import CommandAccepted
from protocol.vocabulary import CommandStatus
from tests.hub.use_cases.lane import NOW, Stage

NOBODY = "00000000-0000-4000-8000-000000000000"


async def test_one_that_comes_alone_goes_at_once(stage: Stage) -> None:
    order = stage.order()
    assert await stage.lane.queue(order) == CommandAccepted(order.id, CommandStatus.QUEUED)
    assert stage.told() == [order.id]
    assert stage.database.transactions == 1


async def test_those_who_come_meanwhile_are_one_transaction_in_the_order_in_which_they_came(
    stage: Stage,
) -> None:
    orders = [stage.order(stage.devices[number % 3], number=number) for number in range(40)]
    answers = await stage.together(*orders)
    assert {type(answer) for answer in answers} == {CommandAccepted}
    assert stage.database.transactions == 2, "who was at work, and all of them"
    by_sequence = [str(row[0]) for row in stage.rows("SELECT id FROM commands ORDER BY seq")]
    assert by_sequence == stage.told() == [order.id for order in orders]
    audited = stage.rows("SELECT details->>'command_id', user_email FROM audit_log ORDER BY id")
    assert audited == [(order.id, stage.tenant.admin.email) for order in orders]


async def test_a_transaction_takes_a_bounded_number(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_lane, "BATCH_AT_MOST", 4)
    await stage.together(*[stage.order() for _ in range(10)])
    assert stage.database.transactions == 1 + 3


async def test_each_has_its_own_answer_and_harms_no_other(stage: Stage) -> None:
    pending = stage.devices[2]
    stage.rows("UPDATE devices SET status = 'pending' WHERE id = %s", pending)
    broken = stage.order()._replace(args_json="{")
    good = [stage.order(), stage.order(stage.devices[1])]
    answers = await stage.together(good[0], stage.order(NOBODY), stage.order(pending), good[1])
    assert [type(answer) for answer in answers] == [CommandAccepted, NotFound, InConflict, CommandAccepted]
    assert stage.told() == [order.id for order in good]

    # What no use case lets through: PostgreSQL refuses the whole statement because of one row.
    good = [stage.order(), stage.order()]
    first, refused, last = await stage.together(good[0], broken, good[1])
    assert (type(first), type(last)) == (CommandAccepted, CommandAccepted)
    assert isinstance(refused, Exception) and "json" in str(refused)
    assert stage.told()[2:] == [order.id for order in good]


async def test_a_key_that_comes_twice_at_once_is_one_command(stage: Stage) -> None:
    first, again = stage.order(key="k"), stage.order(key="k")
    elsewhere, other = stage.order(stage.devices[1], key="k"), stage.order(key="k", other=True)
    answers = await stage.together(first, again, elsewhere, other)
    assert [getattr(answer, "command_id", None) for answer in answers[:3]] == [
        first.id,
        first.id,
        elsewhere.id,
    ]
    assert isinstance(answers[3], InConflict)
    assert stage.told() == [first.id, elsewhere.id]
    assert len(stage.rows("SELECT 1 FROM audit_log")) == 2


async def test_a_key_that_another_hub_uses_at_the_same_moment_is_one_command(stage: Stage) -> None:
    here, there = stage.order(key="k"), stage.order(key="k")
    answers: list[CommandAccepted] = []

    async def send() -> None:
        answers.append(await stage.lane.queue(here))

    with connect_as_owner(stage.database_url) as other_hub, trio.fail_after(20):
        other_hub.execute(
            "INSERT INTO commands (id, tenant_id, device_id, command, args, idempotency_key, created_at,"
            " expires_at) VALUES (%s, %s, %s, 'ping', '{}', 'k', %s, %s)",
            (there.id, stage.tenant.id, there.device_id, there.created_at, there.expires_at),
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send)
            while stage.rows("SELECT 1 FROM pg_locks WHERE NOT granted") == []:
                await trio.lowlevel.checkpoint()
            other_hub.commit()
    assert [answer.command_id for answer in answers] == [there.id]
    assert stage.told() == []


async def test_who_hangs_up_while_it_waits_is_not_queued_and_the_others_are(stage: Stage) -> None:
    orders = [stage.order() for _ in range(3)]
    async with trio.open_nursery() as nursery:
        async with stage.busy():
            nursery.start_soon(stage.lane.queue, orders[0])
            await wait_all_tasks_blocked()
            async with trio.open_nursery() as impatient:
                impatient.start_soon(stage.lane.queue, orders[1])
                await wait_all_tasks_blocked()
                nursery.start_soon(stage.lane.queue, orders[2])
                await wait_all_tasks_blocked()
                impatient.cancel_scope.cancel()
    assert stage.told() == [orders[0].id, orders[2].id]


async def test_who_hangs_up_in_the_moment_of_its_turn_passes_it_on(stage: Stage) -> None:
    # Which of the two comes first, the word that it leads or the hanging up, trio decides by lot.
    for _ in range(20):
        impatient_one, patient = stage.order(), stage.order()
        async with trio.open_nursery() as nursery, trio.open_nursery() as impatient, stage.busy():
            impatient.start_soon(stage.lane.queue, impatient_one)
            await wait_all_tasks_blocked()
            nursery.start_soon(stage.lane.queue, patient)
            await wait_all_tasks_blocked()
            impatient.cancel_scope.cancel()
        assert stage.told()[-1] == patient.id


async def test_who_hangs_up_while_it_leads_is_committed_with_its_batch_and_told(stage: Stage) -> None:
    order = stage.order()
    with trio.CancelScope() as scope:
        scope.cancel()
        await stage.lane.queue(order)
    assert stage.told() == [order.id]
    assert stage.rows("SELECT id::text FROM commands") == [(order.id,)]


async def test_when_too_many_wait_the_next_is_sent_away(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_lane, "WAITING_AT_MOST", 2)
    *taken, away = await stage.together(stage.order(), stage.order(), stage.order())
    assert [type(answer) for answer in taken] == [CommandAccepted, CommandAccepted]
    assert isinstance(away, Overloaded) and away.retry_after_s >= 1
    assert len(stage.rows("SELECT 1 FROM commands")) == 2


async def test_an_action_takes_its_turn_between_those_who_came_before_and_after(stage: Stage) -> None:
    before, after = stage.order(), stage.order()
    seen: list[int] = []

    def look(tx: Transaction) -> int:
        return len(tx.commands.find(sites=None, **Filter()._asdict(), before=None, limit=10))

    async def tell(number: int) -> None:
        seen.append(number)

    async with trio.open_nursery() as nursery:
        async with stage.busy():
            nursery.start_soon(stage.lane.queue, before)
            await wait_all_tasks_blocked()
            nursery.start_soon(stage.lane.alone, stage.tenant.id, NOW, look, tell)
            await wait_all_tasks_blocked()
            nursery.start_soon(stage.lane.queue, after)
            await wait_all_tasks_blocked()
    assert seen == [1]
    assert stage.told() == [before.id, after.id]
