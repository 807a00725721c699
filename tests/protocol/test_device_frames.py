"""The device socket, byte by byte: what is written here is on the wire of screens that nobody updates."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.codec import MalformedFrame, UnknownFrame, decode_downlink, decode_uplink, encode
from protocol.frames import (
    Ack,
    Alert,
    AlertText,
    Command,
    DeviceEvent,
    DeviceGoodbye,
    Downlink,
    Error,
    Goodbye,
    Health,
    Heartbeat,
    Hello,
    ManifestFrame,
    Play,
    Playback,
    PlaylistFrame,
    Receipt,
    Record,
    Records,
    RecordsKept,
    Resumed,
    SettingsFrame,
    Signature,
    Uplink,
    Welcome,
)
from protocol.manifest import Manifest, ManifestSegment
from protocol.player import PlayerSettings
from protocol.vocabulary import (
    AlertSound,
    CommandName,
    EventName,
    Orientation,
    Pictogram,
    PlaybackState,
    ReceiptStatus,
    Scaling,
    Severity,
)

FIRE = Alert("e1", "Fire", "Leave.", Severity.EXTREME, 1_000, "hash", 9_000)
FIRE_JSON = (
    '{"emergency_id":"e1","title":"Fire","message":"Leave.","severity":"extreme","issued_ms":1000,'
    '"content_hash":"hash","expires_ms":9000}'
)
SIGNED = Alert(
    "e1",
    "Fire",
    "Leave.",
    Severity.EXTREME,
    1_000,
    "hash",
    sequence=3,
    language="en",
    texts=[AlertText("es", "Fuego", "Salgan.")],
    pictogram=Pictogram.FIRE,
    sound=AlertSound.SIREN,
    drill=True,
    signature=Signature("k1", "c2ln"),
)
SIGNED_JSON = (
    '{"emergency_id":"e1","title":"Fire","message":"Leave.","severity":"extreme","issued_ms":1000,'
    '"content_hash":"hash","sequence":3,"language":"en",'
    '"texts":[{"language":"es","title":"Fuego","message":"Salgan."}],"pictogram":"fire","sound":"siren",'
    '"drill":true,"signature":{"kid":"k1","value":"c2ln"}}'
)

UPLINK: list[tuple[Uplink, str]] = [
    (Hello(), '{"type":"hello"}'),
    (
        Hello("2.1", "NUC", "linux", 7, Playback(PlaybackState.PLAYING, "a.mp4", 1.5)),
        '{"type":"hello","player_version":"2.1","model":"NUC","platform":"linux","emergency_version":7,'
        '"playback":{"state":"playing","item":"a.mp4","position_s":1.5}}',
    ),
    (
        Hello(playlist_version=5, session_id="s", command_seq=4),
        '{"type":"hello","playlist_version":5,"session_id":"s","command_seq":4}',
    ),
    (
        Heartbeat(3, playlist_version=5, command_seq=0),
        '{"type":"heartbeat","seq":3,"playlist_version":5,"command_seq":0}',
    ),
    (Heartbeat(3), '{"type":"heartbeat","seq":3}'),
    (
        Heartbeat(3, 7, Playback(PlaybackState.IDLE)),
        '{"type":"heartbeat","seq":3,"emergency_version":7,"playback":{"state":"idle"}}',
    ),
    (
        DeviceEvent(EventName.ERROR, "a.mp4", "no codec", 5),
        '{"type":"event","event":"error","item":"a.mp4","detail":"no codec","at_ms":5}',
    ),
    (DeviceEvent(EventName.READY), '{"type":"event","event":"ready"}'),
    (
        Receipt("c1", ReceiptStatus.RENDERED, None, "hash", 5),
        '{"type":"receipt","command_id":"c1","status":"rendered","content_hash":"hash","at_ms":5}',
    ),
    (
        Heartbeat(3, settings_version="v", health=Health(60, 1, 2, 3, 4, 0, 5)),
        '{"type":"heartbeat","seq":3,"settings_version":"v","health":{"uptime_s":60,"memory_bytes":1,'
        '"memory_limit_bytes":2,"storage_bytes":3,"storage_limit_bytes":4,"dropped_frames":0,"files_missing":5}}',
    ),
    (
        Records(
            "log-one1",
            [
                Record(7, Play("a.mp4", 1, 11, 10, "m", "p", 3, completed=1)),
                Record(9, DeviceEvent(EventName.ITEM_SKIPPED, "b.mp4", "damaged", 5)),
                Record(10, Play("a.mp4", 1, 900, 400, "m", plays=40, completed=39)),
            ],
        ),
        '{"type":"records","log":"log-one1","records":[{"number":7,"what":{"type":"play","name":"a.mp4",'
        '"started_ms":1,"ended_ms":11,"shown_ms":10,"media_id":"m","playlist_id":"p","playlist_number":3,'
        '"completed":1}},{"number":9,"what":{"type":"event","event":"item_skipped","item":"b.mp4",'
        '"detail":"damaged","at_ms":5}},{"number":10,"what":{"type":"play","name":"a.mp4","started_ms":1,'
        '"ended_ms":900,"shown_ms":400,"media_id":"m","plays":40,"completed":39}}]}',
    ),
    (DeviceGoodbye(), '{"type":"goodbye"}'),
    (DeviceGoodbye("reboot"), '{"type":"goodbye","reason":"reboot"}'),
]

DOWNLINK: list[tuple[Downlink, str]] = [
    (
        Welcome("d", "Lobby", "s", 15.0, 1, 2, [FIRE]),
        '{"type":"welcome","device_id":"d","name":"Lobby","session_id":"s","heartbeat_interval_s":15.0,'
        f'"server_time_ms":1,"emergency_version":2,"emergencies":[{FIRE_JSON}],"playlist_version":0,"tenant_id":""}}',
    ),
    (
        Welcome("d", "Lobby", "s", 15.0, 1, 2),
        '{"type":"welcome","device_id":"d","name":"Lobby","session_id":"s","heartbeat_interval_s":15.0,'
        '"server_time_ms":1,"emergency_version":2,"emergencies":[],"playlist_version":0,"tenant_id":""}',
    ),
    (
        Welcome("d", "Lobby", "s", 15.0, 1, 2, [SIGNED], 3, "t"),
        '{"type":"welcome","device_id":"d","name":"Lobby","session_id":"s","heartbeat_interval_s":15.0,'
        f'"server_time_ms":1,"emergency_version":2,"emergencies":[{SIGNED_JSON}],"playlist_version":3,'
        '"tenant_id":"t"}',
    ),
    (
        SettingsFrame("v", PlayerSettings()),
        '{"type":"settings","version":"v","settings":{}}',
    ),
    (
        SettingsFrame(
            "v",
            PlayerSettings(
                Orientation.PORTRAIT, Scaling.COVER, 40, {"mon": [["08:00", "18:30"]]}, "Europe/Madrid"
            ),
        ),
        '{"type":"settings","version":"v","settings":{"orientation":"portrait","scaling":"cover","volume":40,'
        '"hours":{"mon":[["08:00","18:30"]]},"time_zone":"Europe/Madrid"}}',
    ),
    (RecordsKept("log-one1", 7), '{"type":"records_kept","log":"log-one1","number":7}'),
    (
        Resumed("s", 1, 2),
        '{"type":"resumed","session_id":"s","server_time_ms":1,"emergency_version":2}',
    ),
    (
        Resumed("s", 1, 2, [FIRE], 7),
        '{"type":"resumed","session_id":"s","server_time_ms":1,"emergency_version":2,'
        f'"emergencies":[{FIRE_JSON}],"playlist_version":7}}',
    ),
    (Ack(3, 1, 2), '{"type":"ack","seq":3,"server_time_ms":1,"emergency_version":2}'),
    (
        Ack(3, 1, 2, []),
        '{"type":"ack","seq":3,"server_time_ms":1,"emergency_version":2,"emergencies":[]}',
    ),
    (
        Ack(3, 1, 2, command_seq=4, playlist_version=7),
        '{"type":"ack","seq":3,"server_time_ms":1,"emergency_version":2,"command_seq":4,"playlist_version":7}',
    ),
    (
        Command("c1", CommandName.PING, seq=4),
        '{"type":"command","command_id":"c1","command":"ping","seq":4}',
    ),
    (
        Command("c1", CommandName.REBOOT, expires_ms=9),
        '{"type":"command","command_id":"c1","command":"reboot","expires_ms":9}',
    ),
    (
        Command(
            "e1", CommandName.EMERGENCY_SHOW, {"alert": msgspec.to_builtins(FIRE), "emergency_version": 2}
        ),
        '{"type":"command","command_id":"e1","command":"emergency_show",'
        f'"args":{{"alert":{FIRE_JSON},"emergency_version":2}}}}',
    ),
    (
        ManifestFrame(Manifest("d", [], [ManifestSegment(None)], 9)),
        '{"type":"manifest","manifest":{"digest":"d","playlists":[],"schedule":[{"playlist":null}],'
        '"urls_good_until_ms":9}}',
    ),
    (PlaylistFrame(3), '{"type":"playlist","playlist_version":3}'),
    (
        PlaylistFrame(4, "d", 10.0),
        '{"type":"playlist","playlist_version":4,"digest":"d","fetch_within_s":10.0}',
    ),
    (Error("unknown_frame", "what?"), '{"type":"error","code":"unknown_frame","message":"what?"}'),
    (Goodbye(4401, "revoked"), '{"type":"goodbye","code":4401,"reason":"revoked"}'),
    (
        Goodbye(1012, "restart", 0.0),
        '{"type":"goodbye","code":1012,"reason":"restart","reconnect_after_s":0.0}',
    ),
]


@pytest.mark.parametrize(("frame", "wire"), UPLINK)
def test_what_a_screen_says_is_written_and_read_like_this(frame: Uplink, wire: str) -> None:
    assert encode(frame).decode() == wire
    assert decode_uplink(wire.encode()) == frame


@pytest.mark.parametrize(("frame", "wire"), DOWNLINK)
def test_what_the_hub_says_is_written_and_read_like_this(frame: Downlink, wire: str) -> None:
    assert encode(frame).decode() == wire
    assert decode_downlink(wire.encode()) == frame


def test_every_frame_has_its_golden_bytes() -> None:
    assert {type(frame) for frame, _ in UPLINK} == set(get_args(Uplink))
    assert {type(frame) for frame, _ in DOWNLINK} == set(get_args(Downlink))


@pytest.mark.parametrize(("frame", "wire"), UPLINK)
def test_a_hub_ignores_fields_of_the_future(frame: Uplink, wire: str) -> None:
    grown = {**json.loads(wire), "future": {"deep": [1, None, "é"]}}
    assert decode_uplink(json.dumps(grown).encode()) == frame


@pytest.mark.parametrize(("frame", "wire"), DOWNLINK)
def test_a_screen_ignores_fields_of_the_future(frame: Downlink, wire: str) -> None:
    grown = {"future": [[]], **json.loads(wire)}
    assert decode_downlink(json.dumps(grown).encode()) == frame


@pytest.mark.parametrize(
    "payload",
    [
        b'{"type":"future"}',
        b"{}",
        b"[]",
        b'"hello"',
        b'{"type":"heartbeat","seq":-1}',
        b'{"type":"heartbeat","seq":9007199254740993}',
        b'{"type":"heartbeat","seq":true}',
        b'{"type":"heartbeat","seq":1,"playback":{"state":"dancing"}}',
        b'{"type":"hello","model":"' + b"m" * 201 + b'"}',
        b'{"type":"event","event":"error","detail":"' + b"d" * 2_001 + b'"}',
        b'{"type":"hello","playback":{"state":"idle","position_s":1e999}}',
    ],
)
def test_json_that_is_no_frame_is_unknown_and_the_session_may_go_on(payload: bytes) -> None:
    with pytest.raises(UnknownFrame):
        decode_uplink(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"hello",
        b'{"type":"hello"} x',
        b"\xef\xbb\xbf{}",
        b'{"type":"hello","model":"\xff"}',
        b'{"type":"hello","unknown":"\xff"}',
        b'{"unknown":"\xed\xa0\x80","type":"hello"}',
        b'{"type":"hello","model":"\\ud800"}',
        b'{"type":"heartbeat","seq":NaN}',
        b'{"type":"hello","x":' + b"[" * 50_000,
    ],
)
def test_what_is_no_json_or_no_utf_8_is_malformed(payload: bytes) -> None:
    with pytest.raises(MalformedFrame):
        decode_uplink(payload)


any_json = st.recursive(st.none() | st.text() | st.floats() | st.integers(), st.lists)
any_hello = any_json.map(lambda value: json.dumps({"type": "hello", "x": value}).encode())


@given(st.binary(max_size=200) | any_hello)
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise_anything_else(payload: bytes) -> None:
    for decode in (decode_uplink, decode_downlink):
        with suppress(UnknownFrame, MalformedFrame):
            decode(payload)
