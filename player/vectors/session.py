"""Vectors of a session's shell: how long to stay away, and when a link is given up."""

from __future__ import annotations

from random import Random
from typing import Any

from player.reconnect import Backoff, may_come_back, may_resume
from player.session import Session
from protocol.close_codes import CloseCode
from protocol.frames import Ack, Goodbye, Welcome


class _Chance(Random):
    """Always the same: what a test puts in the place of Math.random."""

    def __init__(self, chance: float) -> None:
        super().__init__(0)
        self._chance = chance

    def random(self) -> float:
        return self._chance


def backoffs() -> dict[str, Any]:
    """Attempts in a row, with chance as given: seconds to wait, null: the token is good no more."""
    cases = []
    for chance in (0.0, 0.25, 0.999):
        backoff = Backoff(_Chance(chance))
        attempts: list[dict[str, Any]] = []
        ends: list[tuple[int | None, float | str | None]] = [(None, "none")] * 7
        ends += [(1012, 5.0), (None, "sound"), (None, "none"), (1013, 0.0), (4409, "none"), (4401, "none")]
        ends += [(9999, "none"), (1000, None), (4403, "none")]
        for close_code, goodbye in ends:
            if goodbye == "sound":
                backoff.session_is_sound()
                attempts.append({"sound": True})
                continue
            said = None if isinstance(goodbye, str) else Goodbye(close_code or 0, "", goodbye)
            attempts.append(
                {
                    "close_code": close_code,
                    "goodbye": None if said is None else {"reconnect_after_s": said.reconnect_after_s},
                    "delay_s": backoff.delay_s(close_code=close_code, goodbye=said),
                }
            )
        cases.append({"chance": chance, "attempts": attempts})
    codes: list[int | None] = [None, 1006, 9999, *sorted(int(code) for code in CloseCode)]
    return {
        "about": "sound: a heartbeat was answered. chance: what stands for Math.random()",
        "cases": cases,
        "close_codes": [
            {"close_code": code, "may_come_back": may_come_back(code), "may_resume": may_resume(code)}
            for code in codes
        ],
    }


def silences() -> dict[str, Any]:
    """What a session goes through, and after each step: when it beats next, and whether it is dead."""
    asked: dict[str, Any] = {"ack": 1, "command_seq": 2}
    stories: dict[str, list[dict[str, Any]]] = {
        "a hub that falls silent": [{"beat": 7.5}, {"ack": 1}, *_beats(22.5, 37.5, 52.5)],
        "a late answer saves the link": [*_beats(7.5, 22.5), {"ack": 1}, {"beat": 37.5}, {"ack": 3}],
        "a machine that slept makes up for nothing": [{"beat": 100.0}, {"ack": 1}, {"beat": 115.0}],
        "commands that never come": [
            {"beat": 7.5},
            asked,
            {"command": 1},
            {"beat": 22.5},
            asked | {"ack": 2},
        ],
        "commands that come late": [
            *[{"beat": 7.5}, asked, {"command": 1}, {"command": 2}, {"beat": 22.5}],
            asked | {"ack": 2},
        ],
        "an answer to what was never asked": [{"ack": 99}, *_beats(7.5, 22.5, 37.5)],
    }
    return {
        "about": "begun at 0, heartbeats every 15 s, chance 0.5. beat: a heartbeat is said at this second",
        "stories": [{"name": name, "steps": _told(steps)} for name, steps in stories.items()],
    }


def _beats(*at_s: float) -> list[dict[str, Any]]:
    return [{"beat": now} for now in at_s]


def _told(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    session = Session(_Chance(0.5))
    session.begin(Welcome("d", "Lobby", "s", 15.0, 0, 0), 0.0)
    told = []
    for step in steps:
        if "beat" in step:
            session.beat(step["beat"])
        elif "ack" in step:
            session.acknowledged(Ack(step["ack"], 0, 0, None, step.get("command_seq", 0)))
        else:
            session.ordered(step["command"])
        then = {
            "heartbeat_due": session.heartbeat_due,
            "heartbeat_seq": session.heartbeat_seq,
            "unanswered": session.unanswered,
            "link_is_dead": session.link_is_dead,
        }
        told.append({**step, "then": then})
    return told
