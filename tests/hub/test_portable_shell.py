"""The portable shell serves what the epoll shell serves: the same screens, the same HTTP, the same hostile
bytes; in plain text, and behind TLS ended in the hub itself."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trio
import trustme
from trio_websocket import open_websocket_url

from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from protocol.codec import encode
from protocol.frames import Ack, Heartbeat, Hello, Welcome
from tests.hub.hub_process import HubProcess, running_hub
from tests.hub.test_hostile_bytes import FRAMES, HANDSHAKES, UPGRADE, bearer, converse, heard, masked

AUTHORITY = trustme.CA()


@pytest.fixture(scope="module", params=["plain", "tls"])
def hub(
    request: pytest.FixtureRequest, postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HubProcess]:
    folder: Path = tmp_path_factory.mktemp("portable")
    env = {"CLARION_GATEWAY": "streams", "CLARION_HELLO_DEADLINE_S": "1"}
    if request.param == "tls":
        certificate = AUTHORITY.issue_cert("127.0.0.1", "localhost")
        certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))
        env |= {
            "CLARION_TLS_CERTIFICATE": str(folder / "both.pem"),
            "CLARION_TLS_KEY": str(folder / "both.pem"),
        }
    name = f"portable_{request.param}"
    postgres.create_database(name, template="clarion_template")
    tls = trust() if request.param == "tls" else None
    with running_hub(postgres.url(name), postgres.url(name, role=HUB_ROLE), folder, env, tls=tls) as running:
        yield running
    postgres.drop_database(name)


def trust() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@pytest.fixture(scope="module")
def tokens(hub: HubProcess) -> list[str]:
    return list(hub.provision(2).values())


async def test_a_screen_lives_and_http_is_answered(hub: HubProcess, tokens: list[str]) -> None:
    with trio.fail_after(20):
        async with open_websocket_url(
            f"{hub.websocket_url}/api/v1/ws/device",
            ssl_context=hub.tls,
            subprotocols=["clarion.v1"],
            extra_headers=[(b"Authorization", f"Bearer {tokens[0]}".encode())],
        ) as websocket:
            await websocket.send_message(encode(Hello()).decode())
            assert isinstance(await heard(websocket), Welcome)
            for seq in range(3):
                await websocket.send_message(encode(Heartbeat(seq=seq, emergency_version=1)).decode())
                frame = await heard(websocket)
                assert isinstance(frame, Ack) and frame.seq == seq
            verify = hub.tls if hub.tls is not None else True
            async with httpx.AsyncClient(verify=verify) as client:
                answers = [await client.get(f"{hub.url}/health") for _ in range(3)]
            assert [answer.json() for answer in answers] == [{"status": "ok"}] * 3
    assert hub.is_alive()


@pytest.mark.parametrize("case", HANDSHAKES)
async def test_a_malformed_request_is_answered_once(hub: HubProcess, case: str) -> None:
    request, expected = HANDSHAKES[case]
    with trio.fail_after(20):
        answer = await converse(hub, request.encode("latin-1"))
    assert expected in answer.partition(b"\r\n")[0], answer
    assert hub.is_alive()


@pytest.mark.parametrize("case", [case for case in FRAMES if "silence" not in case])
async def test_a_malformed_frame_ends_its_session_only(hub: HubProcess, tokens: list[str], case: str) -> None:
    frames, code = FRAMES[case]
    with trio.fail_after(20):
        answer = await converse(hub, (UPGRADE + bearer(tokens[1]) + "\r\n").encode(), frames, patient=True)
    assert answer.startswith(b"HTTP/1.1 101")
    if code is not None:
        assert code.to_bytes(2, "big") in answer[-130:], answer
    assert hub.is_alive()


async def test_a_client_that_never_reads_is_cut(hub: HubProcess, tokens: list[str]) -> None:
    flood = masked(1, b'{"type":"nobody knows this"}') * 500
    with trio.fail_after(30):
        stream = await hub.connect()
        await stream.send_all(
            (UPGRADE + bearer(tokens[1]) + "\r\n").encode() + masked(1, b'{"type":"hello"}')
        )
        with pytest.raises(trio.BrokenResourceError):
            while True:
                with trio.fail_after(10):
                    await stream.send_all(flood)
        await trio.aclose_forcefully(stream)
    assert hub.is_alive()


async def test_a_half_done_tls_handshake_holds_nobody_up(hub: HubProcess) -> None:
    with trio.fail_after(20):
        stream = await trio.open_tcp_stream("127.0.0.1", hub.port)
        await stream.send_all(b"\x16\x03\x01\x02\x00\x01")
        assert hub.is_alive()
        await trio.aclose_forcefully(stream)
    assert hub.is_alive()
