"""The pages of the player's session in a real Chromium, held to the vectors of the reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from tests.browser_player.conftest import Modules

_VECTORS: Final = Path(__file__).parents[2] / "protocol" / "vectors"


def _vectors(name: str) -> Any:
    return json.loads((_VECTORS / name).read_text(encoding="utf-8"))


def test_it_is_lit_when_the_reference_is(modules: Modules) -> None:
    cases = _vectors("hours.json")["cases"]
    lit = modules.run(
        "const {isLit} = await load('settings/hours.js');"
        "return given.map((each) => isLit(each.hours, each.time_zone, each.now_ms))",
        cases,
    )
    assert lit == [case["lit"] for case in cases]


def test_it_is_lit_while_nobody_said_what_time_it_is(modules: Modules) -> None:
    assert modules.run("return (await load('settings/hours.js')).isLit({}, 'UTC', null)") is True


def test_it_comes_back_when_the_reference_does(modules: Modules) -> None:
    for case in _vectors("backoff.json")["cases"]:
        waits = modules.run(
            """const {Backoff} = await load('session/reconnect.js');
            const backoff = new Backoff(() => given.chance);
            return given.attempts.map((each) => each.sound ? backoff.sessionIsSound() ?? 'sound'
              : backoff.delayS({closeCode: each.close_code, goodbye: each.goodbye}));""",
            case,
        )
        for attempt, wait_s in zip(case["attempts"], waits, strict=True):
            expected = attempt.get("delay_s")
            if attempt.get("sound"):
                assert wait_s == "sound"
            elif expected is None:
                assert wait_s is None
            else:
                assert abs(wait_s - expected) < 1e-6, attempt


def test_it_finds_out_a_silent_hub_when_the_reference_does(modules: Modules) -> None:
    for story in _vectors("silence.json")["stories"]:
        after = modules.run(
            """const {Session} = await load('session/session.js');
            const session = new Session(() => 0.5);
            session.begin({session_id: 's', heartbeat_interval_s: 15}, 0);
            return given.map((step) => {
              if ('beat' in step) session.beat(step.beat);
              if ('ack' in step) session.acknowledged({seq: step.ack, command_seq: step.command_seq});
              if ('command' in step) session.ordered(step.command);
              return {heartbeat_due: session.heartbeatDue, heartbeat_seq: session.heartbeatSeq,
                unanswered: session.unanswered, link_is_dead: session.linkIsDead};
            });""",
            story["steps"],
        )
        for step, state in zip(story["steps"], after, strict=True):
            assert {name: state[name] for name in step["then"]} == step["then"], story["name"]


def test_the_clock_is_taken_from_the_fastest_answer_and_from_a_clock_that_was_set(modules: Modules) -> None:
    shown = modules.run(
        """const {HubClock} = await load('session/hub_clock.js');
        const clock = new HubClock();
        const seen = [clock.ms(1)];
        clock.hear(1000000 + 200, 10, 10.4);
        clock.hear(1015000 + 10, 25, 25.02);
        clock.hear(1030000 + 900, 40, 41);
        seen.push(clock.ms(50), clock.when(1040000));
        seen.push(clock.hasPassed(1040000, 49.9), clock.hasPassed(null, 50));
        clock.hear(5000000, 60, 60.1);
        return [...seen, clock.ms(60.1)];"""
    )
    assert shown == [None, 1_040_000, 50, False, False, 5_000_050]


def test_manifests_are_followed_as_the_reference_follows_them(modules: Modules) -> None:
    did = modules.run(
        """const {Follower} = await load('session/following.js');
        const did = [];
        const follower = new Follower({
          load: (manifest, version) => did.push(['load', manifest.digest, version]),
          renew: (manifest) => did.push(['renew', manifest.digest]),
          restart: () => did.push(['restart', follower.version]),
        }, () => 0.5);
        follower.restore({digest: 'a'}, 3);
        follower.level(4);
        follower.told({playlist_version: 4, digest: 'b', fetch_within_s: 10}, 100);
        did.push(['waits', follower.version, follower.fetchAt]);
        follower.fetching();
        follower.fetched(4, {digest: 'b'}, 106);
        follower.acknowledged(4, 110);
        did.push(['has', follower.version, follower.fetchAt]);
        follower.acknowledged(5, 120);
        did.push(['asks', follower.fetchAt]);
        follower.keep({digest: 'b'});
        follower.told({playlist_version: 5, digest: 'b'}, 121);
        return did;"""
    )
    assert did == [
        ["load", "a", 3],
        ["waits", 3, 105],
        ["load", "b", 4],
        ["has", 4, None],
        ["asks", 120],
        ["renew", "b"],
        ["restart", 5],
    ]


def test_what_a_screen_says_is_cut_to_what_the_hub_takes(modules: Modules) -> None:
    said = modules.run(
        "return (await load('session/bounds.js')).bounded(given)",
        {
            "type": "event",
            "item": "😀" * 300,
            "detail": "x" * 3000,
            "at_ms": 1.6,
            "shown_ms": -3,
            "name": None,
        },
    )
    assert said == {"type": "event", "item": "😀" * 200, "detail": "x" * 2000, "at_ms": 2, "shown_ms": 0}
    halved = modules.run("return (await load('session/bounds.js')).cut('a\\ud83d b')")
    assert halved == "a\ufffd b"


def test_a_machine_that_lost_the_time_goes_on_from_the_last_that_it_knew(modules: Modules) -> None:
    told = modules.run(
        """const {HubClock} = await load('session/hub_clock.js');
        const {Memory} = await load('session/memory.js');
        const emergencies = {alerts: [], restore: () => {}, kept: () => ({})};
        const follower = {playing: null, version: 0};
        const told = [];
        for (const noted of [{aheadMs: 5000, seenMs: 1}, {aheadMs: 0, seenMs: Date.now() + 1e9}]) {
          const clock = new HubClock();
          const written = {};
          const store = {
            get: async (key) => (key === 'clock' ? noted : undefined),
            set: async (key, value) => { written[key] = value; },
          };
          const memory = new Memory({store, clock, emergencies, follower});
          await memory.restore();
          memory.keep();
          told.push(Math.round((clock.ms(performance.now() / 1000) - Date.now()) / 1000));
          told.push(written.clock.seenMs > noted.seenMs - 1);
        }
        return told;"""
    )
    assert told == [5, True, 1_000_000, True]
