"""One simulated screen against a hub that does whatever the test wants."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from loadtest.fleet import Fleet, FleetOptions, open_fleet
from loadtest.link import Misbehaviour
from player.agent.disk_journal import Begun, read_lines
from player.playback import DEMO_PLAYLIST
from protocol.close_codes import MEANINGS, CloseCode
from protocol.codec import encode
from protocol.frames import Command, DeviceGoodbye, Goodbye, Heartbeat, Hello, Play, Receipt, Records
from protocol.vocabulary import SUBPROTOCOL, CommandName, ReceiptStatus
from tests.loadtest.stand_in import now_ms, stand_in_hub
from tests.patience import PATIENCE_S
from tests.player.talk import alert, answers, show

OPTIONS = FleetOptions(connects_per_s=1_000.0, seed=1)


async def until_welcomed(fleet: Fleet, times: int) -> None:
    await fleet.stats.wait_until(lambda s: s.welcomes >= times and s.connected > 0)


async def test_a_screen_asks_for_the_subprotocol_with_its_token_in_a_header_and_never_in_the_address() -> (
    None
):
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub, open_fleet([hub.screen(1)], OPTIONS) as fleet:
            await until_welcomed(fleet, 1)
            (upgrade,) = hub.upgrades
            assert upgrade.proposed_subprotocols == (SUBPROTOCOL,)
            assert dict(upgrade.headers)[b"authorization"] == b"Bearer token-1"
            assert upgrade.path == "/api/v1/ws/device"
            assert "token-1" not in repr(fleet["sim-0001"].enrolled)


async def test_a_screen_says_hello_as_simulated_and_beats() -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub, open_fleet([hub.screen(1)], OPTIONS) as fleet:
            await fleet.stats.wait_until(lambda s: s.acks >= 2)
            hello, *rest = hub.heard["token-1"]
            assert isinstance(hello, Hello)
            assert hello.platform == "simulated"
            assert sum(isinstance(frame, Heartbeat) for frame in rest) >= 2
            assert fleet.stats.heartbeat.count >= 2


async def test_a_screen_shows_an_alert_and_proves_it() -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub, open_fleet([hub.screen(1)], OPTIONS) as fleet:
            await until_welcomed(fleet, 1)
            fire = alert(issued_ms=now_ms())
            hub.emergencies, hub.emergency_version = [fire], 1
            await hub.say(1, show(fire, 1))
            said = await hub.until_heard(1, lambda heard: ("fire", ReceiptStatus.RENDERED) in answers(heard))
            hashes = {f.content_hash for f in said if isinstance(f, Receipt) and f.content_hash}
            assert hashes == {fire.content_hash}
            assert fleet["sim-0001"].screen.alerts == [fire]
            assert fleet.stats.showing_alert == 1
            assert fleet.stats.alert.slowest_s < 20


async def test_of_a_fleet_only_so_many_screens_say_what_they_played() -> None:
    options = FleetOptions(connects_per_s=1_000.0, seed=1, recording=1)
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub, open_fleet([hub.screen(1), hub.screen(2)], options) as fleet:
            await until_welcomed(fleet, 2)
            await fleet.stats.wait_until(lambda s: s.acks >= 2)
            for number in (1, 2):
                await hub.say(number, Command("c1", CommandName.STOP))
            said = await hub.until_heard(1, lambda heard: any(isinstance(f, Records) for f in heard))
            (records,) = (frame for frame in said if isinstance(frame, Records))
            (play,) = (record.what for record in records.records)
            assert isinstance(play, Play) and play.name == DEMO_PLAYLIST[0].name
            said = await hub.until_heard(2, lambda heard: ("c1", ReceiptStatus.SUCCEEDED) in answers(heard))
            assert not [frame for frame in said if isinstance(frame, Records)]


async def test_frames_of_a_newer_hub_are_passed_over() -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub, open_fleet([hub.screen(1)], OPTIONS) as fleet:
            await until_welcomed(fleet, 1)
            for text in ('{"type":"dance","to":"this"}', "not JSON", "[]"):
                await hub.sockets["token-1"].send_message(text)
            await hub.say(1, Command("c1", CommandName.PING))
            await hub.until_heard(1, lambda heard: ("c1", ReceiptStatus.SUCCEEDED) in answers(heard))
            assert fleet.stats.frames_not_understood == 3
            assert fleet.stats.welcomes == 1


@pytest.mark.parametrize("code", CloseCode)
async def test_each_close_code_is_honoured(code: CloseCode) -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub, open_fleet([hub.screen(1)], OPTIONS) as fleet:
            await until_welcomed(fleet, 1)
            await hub.sockets["token-1"].aclose(code, MEANINGS[code].reason)
            if MEANINGS[code].come_back:
                await until_welcomed(fleet, 2)
                assert fleet.stats.reconnects == 1
                return
            ended = fleet.stats.gave_up if code is CloseCode.TOKEN_REVOKED else fleet.stats.sent_away
            await fleet.stats.wait_until(lambda s: ended[MEANINGS[code].reason] == 1)
            assert fleet.stats.connected == 0
            assert fleet["sim-0001"].gave_up == (
                MEANINGS[code].reason if code is CloseCode.TOKEN_REVOKED else None
            )


async def test_a_screen_stays_away_as_long_as_the_goodbye_says() -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub, open_fleet([hub.screen(1)], OPTIONS) as fleet:
            await until_welcomed(fleet, 1)
            await hub.say(1, Goodbye(CloseCode.SERVICE_RESTART, "restarting", reconnect_after_s=1.0))
            sent_away_at = trio.current_time()
            await hub.sockets["token-1"].aclose(CloseCode.SERVICE_RESTART)
            await until_welcomed(fleet, 2)
            assert trio.current_time() - sent_away_at >= 1.0


async def test_a_screen_that_is_told_not_to_come_back_stays_away_for_minutes() -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub, open_fleet([hub.screen(1)], OPTIONS) as fleet:
            await until_welcomed(fleet, 1)
            await hub.say(1, Goodbye(4000, "taken down"))
            await hub.sockets["token-1"].aclose(4000)
            await fleet.stats.wait_until(lambda s: s.sent_away["taken down"] == 1)
            assert fleet["sim-0001"].gave_up is None


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_is_refused_ends_that_screen(status: int) -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub:
            hub.reject_with = status
            async with open_fleet([hub.screen(1)], OPTIONS) as fleet:
                await fleet.stats.wait_until(lambda s: s.gave_up["this token is no longer valid"] == 1)


@pytest.mark.parametrize("headers", [[], [(b"Retry-After", b"0")]])
async def test_a_hub_that_is_busy_is_asked_again(headers: list[tuple[bytes, bytes]]) -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub:
            hub.reject_with, hub.reject_headers = 503, headers
            async with open_fleet([hub.screen(1)], OPTIONS) as fleet:
                await fleet.stats.wait_until(lambda s: s.failed_attempts >= 1)
                hub.reject_with = None
                await until_welcomed(fleet, 1)


async def test_a_hub_that_answers_no_heartbeat_is_left_and_called_again() -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub, open_fleet([hub.screen(1)], OPTIONS) as fleet:
            hub.answers_heartbeats = False
            await until_welcomed(fleet, 2)


async def test_a_hub_that_is_not_there_is_called_until_it_is() -> None:
    async with stand_in_hub() as gone:
        nobody = gone.screen(1)
    with trio.fail_after(PATIENCE_S):
        async with open_fleet([nobody], OPTIONS) as fleet:
            await fleet.stats.wait_until(lambda s: s.failed_attempts >= 2)
            assert fleet.stats.gave_up.total() == 0


async def test_a_screen_that_never_answers_beats_but_sends_no_receipt() -> None:
    with trio.fail_after(PATIENCE_S):
        async with (
            stand_in_hub() as hub,
            open_fleet([hub.screen(1, Misbehaviour.NEVER_ANSWERS)], OPTIONS) as fleet,
        ):
            await until_welcomed(fleet, 1)
            await hub.say(1, Command("c1", CommandName.PING))
            await fleet.stats.wait_until(lambda s: s.commands == 1 and s.acks >= 1)
            assert answers(hub.heard["token-1"]) == []


async def test_a_screen_that_loses_pushes_takes_alerts_from_heartbeats_and_commands_the_second_time() -> None:
    with trio.fail_after(PATIENCE_S):
        async with (
            stand_in_hub() as hub,
            open_fleet([hub.screen(1, Misbehaviour.LOSES_PUSHES)], OPTIONS) as fleet,
        ):
            await until_welcomed(fleet, 1)
            fire = alert(issued_ms=now_ms())
            await hub.say(1, show(fire, 1))
            await hub.say(1, Command("c1", CommandName.PING))
            await fleet.stats.wait_until(lambda s: s.pushes_lost == 2 and s.acks >= 1)
            assert (fleet.stats.commands, fleet.stats.showing_alert) == (0, 0)
            hub.emergencies, hub.emergency_version = [fire], 1
            await fleet.stats.wait_until(lambda s: s.showing_alert == 1)
            await hub.say(1, show(fire, 1))
            await hub.say(1, Command("c1", CommandName.PING))
            await hub.until_heard(1, lambda heard: ("c1", ReceiptStatus.SUCCEEDED) in answers(heard))
            assert fleet.stats.pushes_lost == 3


async def test_a_screen_names_its_session_after_a_lost_link_and_never_after_its_goodbye() -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub:
            async with open_fleet([hub.screen(1)], OPTIONS) as fleet:
                await until_welcomed(fleet, 1)
                await hub.sockets["token-1"].aclose(CloseCode.HEARTBEAT_LOST)
                await until_welcomed(fleet, 2)
                await hub.sockets["token-1"].aclose(CloseCode.NORMAL)
                await until_welcomed(fleet, 3)
            hellos = [frame for frame in hub.heard["token-1"] if isinstance(frame, Hello)]
            assert [hello.session_id for hello in hellos] == [None, "a session", None]


async def test_a_link_that_loses_commands_is_left_and_the_session_gone_on_with() -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub, open_fleet([hub.screen(1)], OPTIONS) as fleet:
            hub.commands_sent = 3
            await until_welcomed(fleet, 2)
            hello = next(f for f in reversed(hub.heard["token-1"]) if isinstance(f, Hello))
            assert (hello.session_id, hello.command_seq) == ("a session", 0)


async def test_a_fleet_with_journals_does_nothing_twice_that_an_earlier_one_did(tmp_path: Path) -> None:
    kept = replace(OPTIONS, journal_dir=tmp_path)
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub:
            for _ in range(2):
                async with open_fleet([hub.screen(1)], kept) as fleet:
                    await until_welcomed(fleet, 1)
                    await hub.say(1, Command("c1", CommandName.STOP))
                    await fleet.stats.wait_until(lambda s: s.commands == 1)
            said = answers(hub.heard["token-1"])
            assert said == [("c1", ReceiptStatus.RECEIVED), *[("c1", ReceiptStatus.SUCCEEDED)] * 2]
            begun = [fact for fact in read_lines(tmp_path / "sim-0001.jsonl") if isinstance(fact, Begun)]
            assert [fact.command_id for fact in begun] == ["c1"]


async def test_a_screen_that_never_reads_beats_on_and_takes_nothing_in() -> None:
    with trio.fail_after(PATIENCE_S):
        async with (
            stand_in_hub() as hub,
            open_fleet([hub.screen(1, Misbehaviour.NEVER_READS)], OPTIONS) as fleet,
        ):
            await until_welcomed(fleet, 1)
            await hub.say(1, Command("c1", CommandName.PING))
            await fleet.stats.wait_until(lambda s: s.heartbeats >= 4)
            assert (fleet.stats.commands, fleet.stats.acks, fleet.stats.reconnects) == (0, 0, 0)


async def test_fifty_screens_connect_beat_and_leave_with_a_goodbye_each() -> None:
    with trio.fail_after(PATIENCE_S):
        async with stand_in_hub() as hub:
            async with open_fleet([hub.screen(n) for n in range(50)], OPTIONS) as fleet:
                await fleet.stats.wait_until(lambda s: s.connected == 50 and s.acks >= 50)
            for number in range(50):
                await hub.until_heard(number, lambda heard: isinstance(heard[-1], DeviceGoodbye))
            assert fleet.stats.connected == 0
            assert fleet.stats.most_connected == 50


async def test_a_broken_connection_of_one_screen_is_nothing_to_the_others() -> None:
    with trio.fail_after(PATIENCE_S):
        async with (
            stand_in_hub() as hub,
            open_fleet([hub.screen(n) for n in range(3)], OPTIONS) as fleet,
        ):
            await fleet.stats.wait_until(lambda s: s.connected == 3)
            await hub.sockets["token-1"].send_message(encode(Goodbye(1012, "off", 0.0)).decode())
            await hub.sockets["token-1"].aclose(1012)
            await fleet.stats.wait_until(lambda s: s.welcomes == 4 and s.connected == 3)
