"""The conformance hub: the agent passes all of it, and a player that does wrong is told what it did."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import httpx
import pytest
import trio
import trio_websocket
import typer
from typer.testing import CliRunner

from player.agent.agent import Agent
from player.agent.dial import Caller
from player.agent.identity import Identity
from player.agent.link import Link
from player.command_line import app
from player.conformance.checks_of_alerts import ALERTS
from player.conformance.checks_of_sessions import END, SESSIONS
from player.conformance.run import CHECKS, line, serve, summary, try_out
from player.conformance.stage import DEVICE, KEY, TENANT, TOKEN, Stage
from player.conformance.verdicts import Check, Outcome, Verdict
from player.reference import ReferenceScreen
from player.trust import Trust
from protocol.access import SigningKey, SigningKeySet
from protocol.frames import Receipt, Uplink
from tests.patience import PATIENCE_S

INTERVAL_S = 0.3


@asynccontextmanager
async def stage() -> AsyncIterator[tuple[Stage, Identity]]:
    """A hub that is played, and who a player is that knows its key."""
    played = Stage(INTERVAL_S, "")
    async with trio.open_nursery() as nursery:
        port = await nursery.start(serve, "127.0.0.1", 0, played)
        yield played, Identity(DEVICE, TOKEN, f"ws://127.0.0.1:{port}/", [KEY.public()], TENANT)
        nursery.cancel_scope.cancel()


async def test_the_agent_passes_every_check(tmp_path: Path) -> None:
    with trio.fail_after(110):
        async with stage() as (played, who), trio.open_nursery() as nursery:
            said: list[str] = []
            agent = Agent(who, tmp_path, Caller(ssl.create_default_context()), Random(1), said.append)
            nursery.start_soon(agent.live)
            verdicts = await try_out(played, CHECKS, lambda _: None)
            nursery.cancel_scope.cancel()
    assert [line(v) for v in verdicts if v.outcome is not Outcome.PASSED] == []
    assert len(verdicts) == len(CHECKS)
    assert agent.token_refused
    assert TOKEN not in "".join(said)


class Careless(Link):
    """A player that checks no signature, and keeps no log."""

    KEYS: tuple[SigningKey, ...] | None = None

    def fetch_soon(self) -> None:
        raise AssertionError("nothing is fetched here")

    async def move(self) -> None:
        while True:
            await self.tick(trio.current_time())
            await trio.sleep(0.02)


class Forgetful(Careless):
    """It knows the keys, and keeps no log."""

    KEYS = (KEY.public(),)


class Silent(Careless):
    """It shows alerts, and proves none."""

    def says(self, frame: Uplink) -> bool:
        return not isinstance(frame, Receipt) or frame.content_hash is None


class NeverGoes(Careless):
    """It hears no goodbye, and takes every end for an accident."""

    async def run(self, start_at: float = 0.0) -> None:
        while True:
            await self._connect_once()
            await trio.sleep(0.05)


async def tried_out(kind: type[Careless], checks: list[Check]) -> dict[str, Verdict]:
    async with stage() as (played, who), trio.open_nursery() as nursery:
        rng = Random(1)
        screen = ReferenceScreen(trio.current_time(), rng=rng)
        trust = None if kind.KEYS is None else Trust(kind.KEYS)
        player = kind(screen, who, caller=Caller(ssl.create_default_context()), rng=rng, trust=trust)
        nursery.start_soon(player.run)
        nursery.start_soon(player.move)
        verdicts = await try_out(played, [SESSIONS[0], *checks], lambda _: None)
        nursery.cancel_scope.cancel()
    return {verdict.check.run.__name__: verdict for verdict in verdicts}


async def test_a_player_that_checks_no_signature_is_told_so() -> None:
    with trio.fail_after(PATIENCE_S):
        verdicts = await tried_out(Careless, [c for c in ALERTS if c.rule == "Signed alerts"])
    refuses = verdicts["refuses_what_the_hub_did_not_sign"]
    assert (refuses.outcome, refuses.why) == (Outcome.FAILED, "it showed an alert without a signature")
    assert verdicts["believes_the_rest_of_a_truth"].outcome is Outcome.FAILED


async def test_a_player_that_does_not_prove_an_alert_is_told_so() -> None:
    with trio.fail_after(PATIENCE_S):
        verdicts = await tried_out(Silent, ALERTS[:1])
    shown = verdicts["proves_an_alert"]
    assert shown.outcome is Outcome.FAILED
    assert shown.why.startswith("rendered, for 'Conformance: an alert', did not come within 2 s")


async def test_a_player_that_comes_back_with_a_revoked_token_is_told_so() -> None:
    with trio.fail_after(PATIENCE_S):
        verdicts = await tried_out(NeverGoes, END)
    assert verdicts["gives_up_a_revoked_token"].why == "its token was revoked, and it came back with it"


async def test_a_player_that_keeps_no_log_makes_no_claim_to_it() -> None:
    with trio.fail_after(PATIENCE_S):
        records = [c for c in CHECKS if c.rule == "What the screen records"]
        verdicts = await tried_out(Forgetful, records)
    assert verdicts["keeps_its_records_until_they_are_kept"].outcome is Outcome.SKIPPED


async def test_whoever_offers_another_language_is_told_so() -> None:
    with trio.fail_after(PATIENCE_S):
        async with stage() as (played, who), trio.open_nursery() as nursery:

            async def speak() -> None:
                async with trio_websocket.open_websocket_url(who.websocket_url) as socket:
                    await socket.send_message('{"type":"hello"}')
                    await trio.sleep_forever()

            nursery.start_soon(speak)
            (verdict,) = await try_out(played, SESSIONS[:1], lambda _: None)
            nursery.cancel_scope.cancel()
    assert verdict.why == "it did not offer the subprotocol clarion.v1"


async def test_a_player_may_enrol_there() -> None:
    async with stage() as (_, who):
        url = who.websocket_url.replace("ws:", "http:").rstrip("/")
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            keys = (await client.get("/api/v1/signing-keys")).json()
            assert keys["keys"][0]["kid"] == KEY.kid == SigningKeySet([KEY.public()]).keys[0].kid
            joined = (
                await client.post("/api/v1/devices/register", json={"enrolment_key": "x" * 5000})
            ).json()
            assert joined["device_id"] == DEVICE
            assert (await client.post("/api/v1/devices/claim", json={})).json()["device_token"] == TOKEN
            assert (await client.get("/elsewhere")).status_code == 404


def test_every_check_names_a_heading_of_the_guide() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    assert {check.rule for check in CHECKS} <= set(re.findall(r"^#+ (.+)$", guide, re.MULTILINE))
    assert len({check.sentence for check in CHECKS}) == len(CHECKS)


def test_the_last_line_says_what_it_comes_to() -> None:
    verdicts = [Verdict(CHECKS[0], Outcome.PASSED), Verdict(CHECKS[1], Outcome.FAILED, "it did not")]
    assert list(summary(verdicts)) == ["1 passed, 1 failed, 0 skipped"]
    assert line(verdicts[1]).endswith("it did not  (docs/protocol.md, Heartbeat)")


@pytest.mark.parametrize("address", ["http://127.0.0.1:9000", "ws://"])
def test_an_address_that_cannot_be_listened_at_is_refused(address: str) -> None:
    assert isinstance(app, typer.Typer)
    assert CliRunner().invoke(app, ["conformance", address]).exit_code == 2
