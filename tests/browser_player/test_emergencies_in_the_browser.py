"""Emergencies in the browser are as at the reference, story by story; a restart forgets none."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from player.emergencies import Emergencies
from player.hub_clock import HubClock
from protocol.frames import Ack, Command
from protocol.vocabulary import CommandName
from tests.browser_player.player_site import PlayerSite, player_site

_PLAY: Final = """async (stories) => {
  const { Emergencies } = await import("/player/src/alert/emergencies.js");
  const { HubClock } = await import("/player/src/session/hub_clock.js");
  return stories.map((steps) => {
    const clock = new HubClock();
    clock.set(1_000_000, 0);
    let emergencies = new Emergencies(clock);
    return steps.map(({ do: what, frame, now }) => {
      let said = [];
      if (what === "show") said = emergencies.show(frame, now);
      if (what === "hide") said = emergencies.hide(frame, now);
      if (what === "expire") said = emergencies.expire(now);
      if (what === "believe") {
        const { painted, gone } = emergencies.believe(frame, frame.emergencies);
        said = [...painted.map((alert) => emergencies.rendered(alert, now)),
          ...gone.map((id) => emergencies.gone(id, now))];
      }
      if (what === "restart") {
        const kept = JSON.parse(JSON.stringify(emergencies.kept()));
        const { version } = emergencies;
        emergencies = new Emergencies(clock);
        emergencies.restore(kept, null);
        emergencies.version = version;
      }
      return {
        said: said.map(({ command_id: id, status, at_ms }) => [id, status, at_ms]),
        shown: emergencies.alerts.map((alert) => [alert.emergency_id, alert.title]),
        version: emergencies.version,
        expires: emergencies.expiresMs,
      };
    });
  });
}"""


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    site: PlayerSite
    with player_site() as site, site.glass(browser) as page:
        yield page


def _alert(chance: Random, number: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "emergency_id": f"e{chance.randrange(4)}",
        "title": f"Title {number}",
        "message": "",
        "severity": chance.choice(["extreme", "severe", "moderate", "minor"]),
        "issued_ms": 1_000_000 + chance.randrange(3),
        "content_hash": "",
    }
    if chance.random() < 0.5:
        said["sequence"] = chance.randrange(1, 5)
    if chance.random() < 0.4:
        said["expires_ms"] = 1_000_000 + chance.randrange(0, 40_000)
    return said


def _story(chance: Random) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for number in range(30):
        now = float(number)
        kind = chance.choice(["show", "show", "show", "hide", "hide", "expire", "believe", "restart"])
        args: dict[str, Any] = {}
        if kind == "show":
            args = {"alert": _alert(chance, number), "emergency_version": number}
            if chance.random() < 0.1:
                del args["alert"]["title"]
        elif kind == "hide":
            args = {"emergency_id": f"e{chance.randrange(4)}", "emergency_version": number}
            if chance.random() < 0.6:
                args["sequence"] = chance.randrange(1, 6)
        frame: dict[str, Any] = {"command_id": f"c{number}", "command": f"emergency_{kind}", "args": args}
        if kind == "believe":
            truth = {alert["emergency_id"]: alert for alert in (_alert(chance, number) for _ in range(3))}
            frame = {
                "type": "ack",
                "seq": number,
                "server_time_ms": round(1_000_000 + now * 1000),
                "emergency_version": number,
                "emergencies": list(truth.values()),
            }
        steps.append({"do": kind, "frame": frame, "now": now})
    return steps


def _reference(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    clock = HubClock()
    clock.set(1_000_000, 0.0)
    emergencies = Emergencies(clock)
    found = []
    for step in steps:
        now, frame = step["now"], step["frame"]
        said: list[Any] = []
        if step["do"] in ("show", "hide"):
            command = Command(frame["command_id"], CommandName(frame["command"]), frame["args"])
            said = list(getattr(emergencies, step["do"])(command, now))
        elif step["do"] == "expire":
            said = list(emergencies.expire(now))
        elif step["do"] == "believe":
            ack = msgspec.convert(frame, Ack)
            difference = emergencies.believe(ack, ack.emergencies or [])
            said = [emergencies.rendered(alert, now) for alert in difference.painted]
            said += [emergencies.gone(emergency_id, now) for emergency_id in difference.gone]
        board = emergencies.board
        found.append(
            {
                "said": [[receipt.command_id, str(receipt.status), receipt.at_ms] for receipt in said],
                "shown": [[alert.emergency_id, alert.title] for alert in board.alerts],
                "version": emergencies.version,
                "expires": board.expires_ms,
            }
        )
    return found


def test_any_story_ends_as_it_does_at_the_reference_restarts_or_not(blank: Page) -> None:
    stories = [_story(Random(seed)) for seed in range(200)]
    for steps, found in zip(stories, blank.evaluate(_PLAY, stories), strict=True):
        for step, here, there in zip(steps, found, _reference(steps), strict=True):
            # In which order several are gone is nobody's business.
            assert {**here, "said": sorted(here["said"])} == {**there, "said": sorted(there["said"])}, step


def test_a_drill_is_answered_like_an_alert_and_changes_nothing(blank: Page) -> None:
    shown = {**_alert(Random(1), 1), "sequence": 1}
    shown.pop("expires_ms", None)
    drill = {**shown, "emergency_id": "d1", "drill": True}
    steps = [
        {"do": "show", "now": 1.0, "frame": {"command_id": each["emergency_id"], "args": args}}
        for each, version in ((shown, 7), (drill, 9))
        for args in [{"alert": each, "emergency_version": version}]
    ]
    before, after = blank.evaluate(_PLAY, [steps])[0]
    assert [answer[:2] for answer in after["said"]] == [["d1", "received"], ["d1", "rendered"]]
    assert {**after, "said": None} == {**before, "said": None}


def test_what_is_over_is_not_put_up_again_by_a_restart(blank: Page) -> None:
    shown = blank.evaluate(
        """async (alerts) => {
          const { Emergencies } = await import("/player/src/alert/emergencies.js");
          const emergencies = new Emergencies({ ms: () => null, hasPassed: () => false });
          emergencies.restore({ alerts, seen: [] }, 5000);
          return emergencies.alerts.map((alert) => alert.emergency_id);
        }""",
        [
            {"emergency_id": "over", "severity": "minor", "expires_ms": 5000, "issued_ms": 1},
            {"emergency_id": "not over", "severity": "minor", "expires_ms": 5001, "issued_ms": 1},
            {"emergency_id": "endless", "severity": "minor", "expires_ms": None, "issued_ms": 1},
        ],
    )
    assert sorted(shown) == ["endless", "not over"]
