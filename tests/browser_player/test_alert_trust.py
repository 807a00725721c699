"""Which alerts a screen believes: the vectors in a real Chromium, checked by itself and by the library."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser

from hub.signing import SigningKeys
from protocol.alert import content_hash, endorsed_text, signed_text
from protocol.frames import Alert
from protocol.vocabulary import Severity
from tests.browser_player.conftest import Modules
from tests.browser_player.player_site import player_site

_VECTORS: Final = Path(__file__).parents[2] / "protocol" / "vectors"
TENANT: Final = "2f0c7f62-9d0b-4c58-9a3e-6b1c2d3e4f50"


def _vectors(name: str) -> Any:
    return json.loads((_VECTORS / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Modules]:
    """Without a hub: these pages need none."""
    with player_site() as site, site.glass(browser) as page:
        yield Modules(page)


class Hub:
    """Signs as the hub does."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()
        self._keys = SigningKeys([self.private])
        self.key: dict[str, Any] = {
            "kid": self._keys.published()[0].kid,
            "x": self._keys.published()[0].x,
            "endorsements": [],
        }

    def signed(self, title: str = "Fire", *, tenant: str = TENANT, **more: Any) -> dict[str, Any]:
        """An alert as it comes in a frame."""
        alert = Alert(
            more.pop("emergency_id", "e1"),
            title,
            "Leave",
            Severity.EXTREME,
            1000,
            content_hash(title, "Leave", "extreme"),
            **more,
        )
        said = json.loads(json.dumps({name: getattr(alert, name) for name in alert.__struct_fields__}))
        value = _base64url(self.private.sign(signed_text(tenant, alert)))
        return {**said, "signature": {"kid": self.key["kid"], "value": value}}

    def endorse(self, newer: Hub) -> None:
        """Say that this other key is the hub's too."""
        text = endorsed_text(newer.key["kid"], newer.key["x"])
        newer.key["endorsements"].append(
            {"kid": self.key["kid"], "value": _base64url(self.private.sign(text))}
        )


def test_what_is_shown_is_hashed_as_every_other_platform_does(modules: Modules) -> None:
    cases = _vectors("content-hash.json")["cases"]
    hashes = modules.run(
        """const { contentHash } = await load("alert/canonical.js");
        return Promise.all(given.map((c) => contentHash(c.title, c.message, c.severity, c.texts)));""",
        cases,
    )
    assert hashes == [case["content_hash"] for case in cases]


def test_what_the_hub_signs_and_what_is_refused_are_as_on_every_other_platform(modules: Modules) -> None:
    vectors = _vectors("signed-alerts.json")
    found = modules.run(
        """const { verifyAlert } = await load("alert/signature.js");
        const { signedText } = await load("alert/canonical.js");
        const { readAlert } = await load("alert/alert.js");
        const text = (alert) => new TextDecoder().decode(signedText(given.tenant_id, readAlert(alert)));
        return Promise.all(given.cases.map(async ({ alert }) =>
          [text(alert), await verifyAlert(alert, given.tenant_id, given.keys)]));""",
        vectors,
    )
    assert found == [[case["signed_text"], case["refusal"]] for case in vectors["cases"]]


def test_a_browser_without_ed25519_finds_the_same_by_the_library(modules: Modules) -> None:
    vectors = _vectors("signed-alerts.json")
    found = modules.run(
        """const { verifyBytes } = await load("alert/signature.js");
        const without = { importKey() { throw new DOMException("no Ed25519", "NotSupportedError"); } };
        const [key] = given.keys;
        return Promise.all(given.cases.filter(({ alert }) => alert.signature?.kid === key.kid)
          .map(async ({ alert, signed_text, refusal }) => [refusal === null, await verifyBytes(
            key.x, alert.signature.value, new TextEncoder().encode(signed_text), without)]));""",
        vectors,
    )
    assert len(found) > 8 and all(wanted == was for wanted, was in found)


def test_keys_are_learned_as_on_every_other_platform(modules: Modules) -> None:
    cases = _vectors("signing-keys.json")["cases"]
    learned = modules.run(
        """const { learnKeys } = await load("alert/signature.js");
        return Promise.all(given.map(async ({ trusted, offered }) =>
          (await learnKeys(trusted, offered)).map(({ kid, x }) => [kid, x])));""",
        cases,
    )
    assert learned == [case["trusted_then"] for case in cases]


def test_the_first_keys_are_taken_but_none_by_the_name_of_another(modules: Modules) -> None:
    hub, stranger = Hub(), Hub()
    false = {**stranger.key, "kid": hub.key["kid"]}
    learned = modules.run(
        'const { learnKeys } = await load("alert/signature.js"); return learnKeys([], given)',
        [false, hub.key],
    )
    assert [key["x"] for key in learned] == [hub.key["x"]]


_SIFT = """
  const { Trust } = await load("alert/trust.js");
  const learned = [];
  let [asked, now] = [0, 0];
  const trust = new Trust({
    keys: given.keys, tenantId: given.tenantId,
    fetchKeys: async () => { asked += 1; if (!given.offered) throw new Error("away"); return given.offered; },
    onLearned: (what) => learned.push(what),
    nowS: () => now,
  });
  const answers = [];
  for (const frame of given.frames) {
    answers.push(await trust.sift(frame, 5000));
    now += given.everyS ?? 0;
  }
  return { answers, learned, asked };
"""


def _sift(
    modules: Modules,
    frames: list[Any],
    keys: list[Any],
    offered: list[Any] | None = None,
    every_s: float = 0,
) -> Any:
    """What is left of frames that come `every_s`. `offered`: the hub's keys; None: it is away."""
    given = {"frames": frames, "keys": keys, "tenantId": TENANT, "offered": offered, "everyS": every_s}
    return modules.run(_SIFT, given)


def _show(alert: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "command",
        "command": "emergency_show",
        "command_id": alert["emergency_id"],
        "args": {"alert": alert, "emergency_version": 1},
    }


def test_a_forged_alert_never_reaches_the_machine_and_is_answered_and_told_once(modules: Modules) -> None:
    hub = Hub()
    forged = _show({**hub.signed(), "message": "Stay where you are"})
    found = _sift(modules, [forged, forged], [hub.key])
    once, again = found["answers"]
    assert once["frame"] is None
    detail = "The alert was refused: its signature does not fit."
    assert once["said"] == [
        {"type": "receipt", "command_id": "e1", "status": "rejected", "detail": detail, "at_ms": 5000}
    ]
    assert once["events"] == [
        {"type": "event", "event": "alert_refused", "item": "Fire", "detail": detail, "at_ms": 5000}
    ]
    assert again["said"] == once["said"] and again["events"] == []


def test_the_whole_truth_is_kept_but_for_what_is_forged(modules: Modules) -> None:
    hub = Hub()
    good, bad = hub.signed(), Hub().signed("Forged", emergency_id="e2")
    ack = {"type": "ack", "seq": 1, "server_time_ms": 1, "emergency_version": 3, "emergencies": [good, bad]}
    found = _sift(modules, [ack, {"type": "ack", "seq": 2}], [hub.key], [hub.key])
    assert found["answers"][0]["frame"] == {**ack, "emergencies": [good]}
    assert [said["command_id"] for said in found["answers"][0]["said"]] == ["e2"]
    assert found["answers"][1] == {"frame": {"type": "ack", "seq": 2}, "said": [], "events": []}


def test_a_key_that_is_not_known_is_looked_up_and_believed_if_a_known_one_endorses_it(
    modules: Modules,
) -> None:
    old, new = Hub(), Hub()
    old.endorse(new)
    found = _sift(modules, [_show(new.signed()), _show(new.signed())], [old.key], [new.key, old.key])
    assert [answer["frame"] is not None for answer in found["answers"]] == [True, True]
    assert found["asked"] == 1 and len(found["learned"]) == 1
    stranger = Hub()
    refused = _sift(modules, [_show(stranger.signed())], [old.key], [stranger.key, old.key])
    assert refused["answers"][0]["frame"] is None


def test_whoever_sends_alerts_by_unknown_keys_makes_the_screen_ask_once_a_minute(modules: Modules) -> None:
    known = Hub()
    frames = [_show(Hub().signed(emergency_id=f"e{number}")) for number in range(13)]
    found = _sift(modules, frames, [known.key], [known.key], every_s=10)
    assert found["asked"] == 3
    assert all(answer["said"][0]["status"] == "rejected" for answer in found["answers"])


def test_an_alert_by_a_new_key_is_asked_for_again_while_the_hub_does_not_say_its_keys(
    modules: Modules,
) -> None:
    alert = Hub().signed()
    ack = {"type": "ack", "seq": 1, "server_time_ms": 1, "emergency_version": 3, "emergencies": [alert]}
    welcome = {**ack, "type": "welcome"}
    shown, acknowledged, welcomed = _sift(modules, [_show(alert), ack, welcome], [Hub().key])["answers"]
    assert shown["frame"] is None and shown["said"] == []
    assert "did not answer" in shown["events"][0]["detail"] and acknowledged["events"] == []
    # The machine does not learn the version: it goes on saying the old one, and the hub says the alert again.
    assert acknowledged["frame"] == {**ack, "emergencies": None}
    assert welcomed["frame"]["emergencies"] == [] and welcomed["frame"]["emergency_version"] != 3


@pytest.mark.parametrize(
    "alert", [None, 7, {"emergency_id": "e1"}, {"emergency_id": "e1", "severity": "worst", "texts": "no"}]
)
def test_what_is_no_alert_is_refused_and_nothing_breaks(modules: Modules, alert: Any) -> None:
    frame = {"type": "command", "command": "emergency_show", "command_id": "e1", "args": {"alert": alert}}
    answer = _sift(modules, [frame], [])["answers"][0]
    assert answer["frame"] is None and answer["said"][0]["status"] == "rejected"


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
