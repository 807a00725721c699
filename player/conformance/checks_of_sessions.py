"""Checks of the session: how it begins, lives, is lost and is gone on with."""

from __future__ import annotations

import trio

from player.conformance.stage import LONGEST_AWAY_S, Stage
from player.conformance.verdicts import Check, Failed, Skipped, expect
from protocol.frames import Heartbeat, Receipt
from protocol.vocabulary import SUBPROTOCOL, CommandName, ReceiptStatus

_SILENCE_S = 0.5
_DELAY_S = 1.5


async def begins(stage: Stage) -> None:
    connection = await stage.next_hello(within_s=60.0)
    asked = connection.asked
    expect(SUBPROTOCOL in asked.subprotocols, f"it did not offer the subprotocol {SUBPROTOCOL}")
    expect(asked.token is not None, "it sent no token, in neither of the two places")
    expect(asked.token is None or asked.token not in asked.path, "its token is in the address")
    await connection.until_closed(_SILENCE_S)
    expect(connection.closed_at is None, "it did not wait for welcome")
    expect(len(connection.heard) == 1, f"it said more than hello before welcome: {connection.heard[-1].text}")
    expect(stage.hello is not None and stage.hello.session_id is None, "it named a session that never was")
    await stage.welcome(connection)


async def beats(stage: Stage) -> None:
    connection = await stage.session()
    interval_s = stage.interval_s
    first = await connection.until(Heartbeat, 2 * interval_s + 1.0, "the first heartbeat")
    at = [trio.current_time()]
    for number in range(first.seq + 1, first.seq + 4):
        beat = await connection.until(Heartbeat, 2 * interval_s + 1.0, "the next heartbeat")
        expect(beat.seq == number, f"heartbeat {number} has the number {beat.seq}")
        at.append(trio.current_time())
    mean_s = (at[-1] - at[0]) / 3
    expect(
        0.7 * interval_s <= mean_s <= 1.5 * interval_s + 0.2,
        f"it beats every {mean_s:.2f} s, and welcome said {interval_s:g} s",
    )


async def passes_over_what_it_does_not_know(stage: Stage) -> None:
    connection = await stage.session()
    await connection.say_text('{"type":"dance","steps":[1,2,3]}')
    await connection.say_text('{"type":"error","code":"unknown_frame","message":"x","more":{"a":null}}')
    await connection.until(Heartbeat, 3 * stage.interval_s + 1.0, "a heartbeat after frames it cannot know")


async def resumes(stage: Stage) -> None:
    connection = await stage.sound_session()
    ping = stage.order(CommandName.PING)
    await connection.say(ping)
    await connection.until(
        Receipt, 2.0, "the end of a ping",
        lambda r: r.command_id == ping.command_id and r.status is ReceiptStatus.SUCCEEDED,
    )  # fmt: skip
    session_id = stage.session_id
    await stage.cut(connection)
    again = await stage.next_hello()
    hello = stage.hello
    assert hello is not None
    if hello.session_id is None:
        raise Skipped("it never goes on with a session: it begins a new one after each loss")
    expect(hello.session_id == session_id, "it named another session than the one that it lost")
    expect(hello.command_seq == 1, f"it had one command of that session, and said {hello.command_seq}")
    await stage.resume(again)
    # No heartbeat was answered since the ping: the hub may not have heard of its end.
    repeated = await again.until(
        Receipt, 2.0, "the answer that was not acknowledged", lambda r: r.command_id == ping.command_id
    )
    expect(repeated.status is ReceiptStatus.SUCCEEDED, f"it answers now with {repeated.status}")
    await again.until(Heartbeat, 3 * stage.interval_s + 1.0, "a heartbeat in the session that went on")


async def forgets_what_was_heard(stage: Stage) -> None:
    connection = await stage.sound_session()
    ping = stage.order(CommandName.PING)
    await connection.say(ping)
    await connection.until(Receipt, 2.0, "the end of a ping", lambda r: r.status is ReceiptStatus.SUCCEEDED)
    for _ in range(2):
        await connection.until(Heartbeat, 2 * stage.interval_s + 1.0, "a heartbeat")
    await connection.until_closed(_SILENCE_S)  # The last ack is on its way.
    await stage.cut(connection)
    again = await stage.next_hello()
    await stage.welcome(again)
    await again.never(
        Receipt, 3 * _SILENCE_S, "an answer that the hub has heard, once more",
        lambda r: r.command_id == ping.command_id,
    )  # fmt: skip


async def finds_out_a_silent_hub(stage: Stage) -> None:
    connection = await stage.sound_session()
    stage.answers = False
    try:
        within_s = 5 * stage.interval_s + 2.0
        if not await connection.until_closed(within_s):
            raise Failed(f"three heartbeats were not answered, and it kept the connection for {within_s:g} s")
    finally:
        stage.answers = True
    await stage.welcome(await stage.next_hello())


async def stays_away_as_long_as_it_is_told(stage: Stage) -> None:
    connection = await stage.sound_session()
    before = trio.current_time()
    await stage.send_away(connection, 1012, _DELAY_S)
    again = await stage.next_hello(_DELAY_S + LONGEST_AWAY_S)
    away_s = again.opened_at - before
    expect(away_s >= _DELAY_S - 0.05, f"it came back after {away_s:.2f} s, and was told {_DELAY_S:g} s")
    await stage.welcome(again)


async def waits_at_random(stage: Stage) -> None:
    waits: list[float] = []
    for _ in range(4):
        connection = await stage.sound_session()
        before = trio.current_time()
        await stage.cut(connection)
        again = await stage.next_hello()
        waits.append(again.opened_at - before)
        await stage.welcome(again)
    spread_s = max(waits) - min(waits)
    expect(spread_s > 0.02, f"it came back after the same time each time ({waits[0]:.2f} s): not at random")
    expect(max(waits) < 2.5, f"it came back after {max(waits):.1f} s, though each session was sound")


async def gives_up_a_revoked_token(stage: Stage) -> None:
    connection = await stage.sound_session()
    token = connection.asked.token
    await stage.send_away(connection, 4401, None)
    try:
        again = await stage.next_connection(4.0)
    except Failed:
        return
    expect(again.asked.token != token, "its token was revoked, and it came back with it")


SESSIONS = [
    Check("It says hello first, offers clarion.v1, and its token is in no address", "Connect", begins),
    Check("It beats at the interval that welcome names, and counts", "Heartbeat", beats),
    Check(
        "It passes over frames and fields that it does not know", "Rules", passes_over_what_it_does_not_know
    ),
]
LOSSES = [
    Check(
        "It goes on with its session, and repeats what the hub may not have heard",
        "A session outlives its connection",
        resumes,
    ),
    Check(
        "It does not repeat what the hub has acknowledged",
        "A session outlives its connection",
        forgets_what_was_heard,
    ),
    Check("It finds out a hub that has fallen silent", "Heartbeat", finds_out_a_silent_hub),
    Check("It stays away as long as goodbye says", "Coming back", stays_away_as_long_as_it_is_told),
    Check("It comes back soon, and at random", "Coming back", waits_at_random),
]
END = [
    Check("It does not come back with a token that was revoked", "Close codes", gives_up_a_revoked_token),
]
