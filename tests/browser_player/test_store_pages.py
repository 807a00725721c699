"""What a browser screen keeps on its disk, in a real IndexedDB: the journal of commands, and the log."""

from __future__ import annotations

from typing import Any

from tests.browser_player.conftest import Modules

_HOUR_MS = 3_600_000


def _play(name: str, hour: float, *, completed: int = 1) -> dict[str, Any]:
    started = int(hour * _HOUR_MS)
    return {
        "type": "play",
        "name": name,
        "media_id": name,
        "started_ms": started,
        "ended_ms": started + 1000,
        "shown_ms": 1000,
        "plays": 1,
        "completed": completed,
    }


def test_a_command_that_was_interrupted_is_answered_and_never_carried_out_again(modules: Modules) -> None:
    kept = modules.run(
        """const {openStore} = await load('store.js');
        const before = await openStore();
        await before.journal.begin('one', 'ping');
        await before.journal.finish({command_id: 'one', status: 'succeeded', detail: 'pong'});
        await before.journal.begin('two', 'reboot');
        const after = await openStore();
        await after.journal.interrupt();
        return [await after.journal.receipt('one'), await after.journal.receipt('two'),
          await after.journal.receipt('three')];"""
    )
    assert kept[0]["detail"] == "pong"
    assert (kept[1]["status"], kept[1]["detail"]) == ("failed", "interrupted while it was carried out")
    assert kept[2] is None


def test_the_journal_is_bounded_and_forgets_the_oldest(modules: Modules) -> None:
    kept = modules.run(
        """const {openStore} = await load('store.js');
        const {REMEMBERED_COMMANDS} = await load('commands/journal.js');
        const store = await openStore();
        for (let n = 0; n < REMEMBERED_COMMANDS + 2; n += 1) await store.journal.begin(`c${n}`, 'ping');
        await store.journal.interrupt();
        const known = async (n) => (await store.journal.receipt(`c${n}`)) !== null;
        return [await known(0), await known(1), await known(2), await known(REMEMBERED_COMMANDS + 1)];"""
    )
    assert kept == [False, False, True, True]


def test_a_command_is_done_once_and_what_it_throws_is_the_answer(modules: Modules) -> None:
    said = modules.run(
        """const {openStore} = await load('store.js');
        const {Commands} = await load('commands/commands.js');
        const said = [];
        let times = 0;
        const commands = new Commands({
          journal: (await openStore()).journal,
          hubMs: () => 1000,
          answer: (receipt) => said.push([receipt.command_id, receipt.status, receipt.detail ?? null]),
          deeds: {
            ping: {run: () => `pong ${times += 1}`},
            stop: {run: () => { throw new Error('it is stuck'); }},
            set_volume: {objection: () => 'volume must be a number', run: () => {}},
          },
        });
        const ordered = (command_id, command, expires_ms = null) => ({command_id, command, expires_ms});
        for (const each of [ordered('a', 'ping'), ordered('a', 'ping'), ordered('b', 'stop'),
          ordered('c', 'set_volume'), ordered('d', 'dance'), ordered('e', 'ping', 1000)]) {
          commands.carryOut(each);
        }
        await commands.carryOut(ordered('f', 'ping', 1001));
        return said;"""
    )
    assert said == [
        ["a", "received", None],
        ["a", "succeeded", "pong 1"],
        ["a", "succeeded", "pong 1"],
        ["b", "received", None],
        ["b", "failed", "it is stuck"],
        ["c", "rejected", "volume must be a number"],
        ["d", "rejected", "this player does not know how to dance"],
        ["e", "rejected", "it had expired when it came"],
        ["f", "received", None],
        ["f", "succeeded", "pong 2"],
    ]


def test_what_was_said_is_never_summed_up_and_nothing_else_is_lost(modules: Modules) -> None:
    plays = [_play(name, hour + n / 100) for hour in (1, 2) for n in range(6) for name in ("a", "b")]
    kept = modules.run(
        """const {openStore} = await load('store.js');
        const {Log} = await load('records/log.js');
        const store = await openStore();
        const log = new Log(store.log.within, given.length - 1);
        await log.open();
        const numbers = [];
        await log.append(given[0]);
        await log.append(given[1]);
        await log.saying(2, (oldest) => oldest);
        for (const play of given.slice(2)) numbers.push(await log.append(play));
        const left = await log.oldest(100);
        await log.kept(2);
        return {numbers, left, after: (await log.oldest(100)).length, count: log.waiting};""",
        plays,
    )
    left = kept["left"]
    assert [record["number"] for record in left[:2]] == [1, 2]
    assert [record["what"] for record in left[:2]] == plays[:2]
    assert min(record["number"] for record in left[2:]) > kept["numbers"][-1] - 2
    assert sum(record["what"].get("plays", 0) for record in left) == len(plays)
    assert sum(record["what"].get("completed", 0) for record in left) == len(plays)
    assert left[-1]["what"]["event"] == "summarised"
    assert kept["after"] == kept["count"] == len(left) - 2


def test_sums_and_what_is_said_at_the_same_moment_do_not_tell_of_the_same(modules: Modules) -> None:
    told = modules.run(
        """const {openStore} = await load('store.js');
        const {Log} = await load('records/log.js');
        const store = await openStore();
        const log = new Log(store.log.within, 20);
        await log.open();
        const said = [];
        for (let round = 0; round < 8; round += 1) {
          const steps = given.map((play) => log.append(play));
          steps.splice(5, 0, log.saying(7, (all) => all).then((records) => said.push(...records)));
          await Promise.all(steps);
        }
        const all = new Map();
        for (const {number, what} of [...said, ...await log.oldest(1000)]) all.set(number, what);
        const again = new Log(store.log.within, 20);
        await again.open();
        const [last] = (await log.oldest(1000)).slice(-1);
        return {plays: [...all.values()].reduce((sum, {plays = 0}) => sum + plays, 0),
          next: await again.append(given[0]) - last.number};""",
        [_play("a", hour) | {"plays": 1} for hour in range(1, 13)],
    )
    assert told == {"plays": 8 * 12, "next": 1}


def test_where_hours_help_little_days_are_summed_up(modules: Modules) -> None:
    plays = [{"number": n + 1, "what": _play("a", n)} for n in range(20)]
    result = modules.run("return (await load('records/sums.js')).summed(given)", plays)
    assert result["went"] == list(range(1, 21))
    assert [what["type"] for what in result["sums"]] == ["play", "event"]
    assert (result["sums"][0]["plays"], result["sums"][0]["shown_ms"]) == (20, 20_000)


def test_events_that_are_summed_up_never_end_in_half_a_character(modules: Modules) -> None:
    """The hub takes no half of one: it would close the connection each time the sum is said."""
    fire = {"type": "event", "event": "error", "item": "Menu", "detail": "\U0001f525" * 2000, "at_ms": 1}
    records = [{"number": number, "what": fire} for number in range(1, 12)]
    result = modules.run("return (await load('records/sums.js')).summed(given)", records)
    details = [what["detail"] for what in result["sums"]]
    assert details[0].startswith("11 times; at last: ") and len(details[0]) == 2000
    assert details[0].encode("utf-8")


def test_one_frame_is_under_way_and_what_is_not_confirmed_is_said_in_the_next_session(
    modules: Modules,
) -> None:
    said = modules.run(
        """const {openStore} = await load('store.js');
        const {Sending} = await load('records/sending.js');
        const store = await openStore();
        const frames = [];
        let arrived = () => {};
        const next = () => new Promise((done) => { arrived = done; });
        const sending = new Sending({log: store.log, say: ([frame]) => {
          frames.push(frame.records.map(({number}) => number));
          arrived();
          return true;
        }});
        for (let n = 0; n < 150; n += 1) await sending.record(given);
        let one = next();
        sending.begun({firstInS: 0, waitS: 0});
        await one;
        one = next();
        sending.begun({firstInS: 0, waitS: 0});
        await one;
        one = next();
        await sending.kept({log: 'another', number: 100});
        await sending.kept({log: store.log.name, number: 100});
        await one;
        await sending.kept({log: store.log.name, number: 150});
        return {frames: frames.map((each) => [each[0], each.at(-1)]), left: store.log.waiting};""",
        {"type": "event", "event": "error", "detail": "x"},
    )
    assert said["frames"] == [[1, 100], [1, 100], [101, 150]]
    assert said["left"] == 0


def test_a_store_that_is_cleared_begins_another_log(modules: Modules) -> None:
    names = modules.run(
        """const {openStore} = await load('store.js');
        const store = await openStore();
        await store.set('identity', {token: 'x'});
        const before = store.log.name;
        await store.clear();
        const identity = (await store.get('identity')) ?? null;
        return [before === store.log.name, identity, await store.log.append({})];"""
    )
    assert names == [False, None, 1]
