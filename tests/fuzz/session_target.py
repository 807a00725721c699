"""Sequences of all that can happen to sessions: good frames, bad frames, late answers, orders, silence.

Whatever the sequence: no turn fails, each screen has one session at most and the tables show it, a screen
that behaves is answered all the while, and when everybody has left nothing is left of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import msgspec

from protocol.close_codes import CloseCode
from protocol.frames import Hello, Uplink
from protocol.vocabulary import CommandName, PresenceReason
from tests.fuzz.codec_targets import OPERATORS_FRAMES
from tests.fuzz.entropy import Entropy
from tests.fuzz.json_text import payload
from tests.fuzz.session_world import SCREENS, World, alarmed
from tests.fuzz.websocket_bytes import TEXT, conversation, frame
from tests.hub.gateway.house import Visitor

SCREENS_FRAMES: tuple[type[msgspec.Struct], ...] = get_args(Uplink)
MOMENTS_S = (0.6, 5.0, 9.0, 14.0)
RAREST_FIRST = (
    "too_slow",
    "heartbeat_lost",
    "taken_over",
    "token_revoked",
    "resumed",
    "said_goodbye",
    "protocol_error",
    "network_closed",
    "connected",
)
"""What a case is counted as: of all that it reached, what few others do."""
COMMANDS = (CommandName.PLAY, CommandName.RELOAD_PLAYLIST, CommandName.REBOOT, CommandName.PING)
CUTS = (
    (CloseCode.TOKEN_REVOKED, PresenceReason.TOKEN_REVOKED),
    (CloseCode.TRY_AGAIN_LATER, PresenceReason.TAKEN_OVER),
)


class SessionTarget:
    """Fulfils `Target`."""

    name = "sessions"
    entropy_bytes = 300

    def run(self, entropy: Entropy) -> str:
        """See `Target`."""
        with alarmed():
            world = World()
            for _ in steps(entropy, world):
                pass
            world.work()
            world.is_consistent()
            world.witness_is_served()
            world.said_only_frames()
            reached = {reason.value for reason in world.reasons}
            if any(b'"type":"resumed"' in visitor.transport.written for visitor in world.visitors):
                reached.add("resumed")
            world.ends()
        return next(outcome for outcome in RAREST_FIRST if outcome in reached)

    def show(self, entropy: Entropy) -> str:
        """See `Target`."""
        done: list[str] = []
        try:
            with alarmed():
                done.extend(steps(entropy, World()))
        except Exception as error:  # noqa: BLE001 -- what fails is what is to be shown
            done.append(f"{type(error).__name__}: {error}")
        return "; ".join(done)


def steps(entropy: Entropy, world: World) -> Iterator[str]:
    """Let the steps of a case happen, one at a time, and say what each was. Somebody comes first."""
    yield _arrives(entropy, world)
    while not entropy.spent:
        yield _step(entropy, world)
        if not entropy.one_in(4):  # else what was said waits for its turn
            world.work()
            world.is_consistent()


def _step(entropy: Entropy, world: World) -> str:
    """One thing happens; the plainest is that a screen says something."""
    match entropy.below(20):
        case 0 | 1 | 2 | 3 | 4 | 5:
            return _says(entropy, world)
        case 6 | 7 | 8:
            return _arrives(entropy, world)
        case 9:
            how = entropy.pick(("known", "unknown", "failed"))
            world.answer(entropy.byte(), how)
            return f"a token is {how}"
        case 10 | 11:
            return _leaves(entropy, world)
        case 12:
            seconds = entropy.pick(MOMENTS_S)
            world.passes(seconds)
            return f"{seconds} s pass"
        case 13:
            return _is_ordered(entropy, world)
        case 14:
            found = not entropy.one_in(3)
            world.load(found)
            return f"open commands are loaded: {found}"
        case 15:
            return _emergency(entropy, world)
        case 16 | 17:
            return _page(entropy, world)
        case _:
            world.beat()
            return "beat"


def _someone(entropy: Entropy, world: World) -> Visitor | None:
    """One of the visitors that are not the witness: most often the last."""
    others = [visitor for visitor in world.visitors if visitor is not world.witness]
    return others[-1 - entropy.below(len(others)) if entropy.one_in(3) else -1] if others else None


def _arrives(entropy: Entropy, world: World) -> str:
    """A screen connects, and most often is known and says hello."""
    device_id = entropy.pick(SCREENS)
    visitor = world.arrives(device_id)
    if entropy.one_in(6):
        return f"{device_id} connects"
    world.answer(-1)
    hello = _hello(entropy, world)
    world.greets(visitor, hello)
    return f"{device_id} connects and says {hello}"


def _hello(entropy: Entropy, world: World) -> Hello:
    """Often with the session of somebody who was here before: the screen itself, or another one."""
    if not entropy.one_in(2):
        return Hello()
    return Hello(
        emergency_version=entropy.below(4),
        playlist_version=entropy.below(3),
        session_id=entropy.pick(world.session_ids or [""]),
        command_seq=entropy.pick((0, 1, 2, 3, 2**53)),
    )


def _says(entropy: Entropy, world: World) -> str:
    visitor = _someone(entropy, world)
    if visitor is None:
        return "nobody is there"
    match entropy.below(12) if visitor.transport.reads else 11:
        case 10:
            data = conversation(entropy)
        case 11:
            data = frame(TEXT, b'{"type":"heartbeat","seq":1}') * (200 + entropy.below(100))
        case _:
            data = frame(TEXT, payload(entropy, SCREENS_FRAMES))
    visitor.connection.received(data)
    return f"{visitor.connection!r} says {data[:200]!r}"


def _leaves(entropy: Entropy, world: World) -> str:
    visitor = _someone(entropy, world)
    if visitor is None:
        return "nobody leaves"
    if entropy.one_in(3):
        visitor.transport.reads = False
        return f"{visitor.connection!r} reads no more"
    visitor.connection.ended()
    return f"{visitor.connection!r} is gone"


def _is_ordered(entropy: Entropy, world: World) -> str:
    device_id, fleet = entropy.pick(SCREENS), world.fleet
    match entropy.below(5):
        case 0 | 1:
            order = world.command(entropy.pick(("c1", "c2", "e1", "a")), entropy.pick(COMMANDS))
            fleet.queue(device_id, [order] * (1 + entropy.below(20)))
            return f"{device_id} is ordered {order}"
        case 2:
            fleet.withdraw(device_id, ["c1", "e1"])
            return f"{device_id}: c1 is withdrawn"
        case 3:
            fleet.want_playlist(device_id, entropy.below(3))
            return f"{device_id} has another playlist"
        case _:
            code, reason = entropy.pick(CUTS)
            fleet.cut(device_id, code, reason)
            return f"{device_id} is cut off with {code}"


def _emergency(entropy: Entropy, world: World) -> str:
    emergency_id = entropy.pick(("e1", "a"))
    if entropy.one_in(2):
        world.all_clear(emergency_id)
        return f"all clear of {emergency_id}"
    if world.board.view("t1", emergency_id) is None:
        world.alert(emergency_id)
    return f"emergency {emergency_id}"


def _page(entropy: Entropy, world: World) -> str:
    if not world.pages or entropy.one_in(4):
        world.page()
    page, data = world.pages[-1], frame(TEXT, payload(entropy, OPERATORS_FRAMES))
    if entropy.one_in(4):
        page.connection.ended()
        return "a page is closed"
    page.connection.received(data)
    return f"a page says {data[:200]!r}"


SESSIONS = SessionTarget()
