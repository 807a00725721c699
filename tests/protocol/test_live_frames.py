"""The operators' socket, byte by byte, and what its frames leave out."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from protocol.codec import (
    MalformedFrame,
    UnknownFrame,
    decode_operator_downlink,
    decode_operator_uplink,
    encode,
)
from protocol.frames import Goodbye
from protocol.live import (
    CommandChange,
    Delta,
    EmergencyProgress,
    Notice,
    OperatorDownlink,
    Recovered,
    Resume,
    ScreenRow,
    Snapshot,
    TimelineEntry,
)
from protocol.vocabulary import (
    CommandName,
    CommandStatus,
    DeviceStatus,
    EmergencyStatus,
    MissingReason,
    Presence,
    PresenceReason,
    Severity,
)

ROW = ScreenRow(
    "d", "Lobby", DeviceStatus.APPROVED, Presence.OFFLINE, PresenceReason.HEARTBEAT_LOST, since_ms=5
)
ROW_JSON = (
    '{"id":"d","name":"Lobby","status":"approved","presence":"offline",'
    '"reason":"heartbeat_lost","since_ms":5}'
)
PROGRESS = EmergencyProgress(
    id="e",
    title="Fire",
    message="Leave.",
    severity=Severity.SEVERE,
    status=EmergencyStatus.LIVE,
    issued_ms=1,
    issued_by="op",
    scope="all screens",
    targeted=3,
    online=2,
    sent=2,
    received=1,
    rendered=1,
    waiting=1,
    still_showing=1,
    missing={MissingReason.OFFLINE: 1},
)
PROGRESS_JSON = (
    '{"id":"e","title":"Fire","message":"Leave.","severity":"severe","status":"live","issued_ms":1,'
    '"issued_by":"op","scope":"all screens","targeted":3,"online":2,"sent":2,"received":1,"rendered":1,'
    '"waiting":1,"still_showing":1,"missing":{"offline":1}}'
)
GOODBYE_JSON = '{"type":"goodbye","code":1012,"reason":"the hub is restarting","reconnect_after_s":1.5}'
FRAMES: list[tuple[OperatorDownlink, str]] = [
    (
        Snapshot("s", 4, 9, "One", [ROW], [PROGRESS]),
        '{"type":"snapshot","stream":"s","seq":4,"server_time_ms":9,"tenant":"One",'
        f'"screens":[{ROW_JSON}],"emergencies":[{PROGRESS_JSON}]}}',
    ),
    (Recovered("s", 4), '{"type":"recovered","stream":"s","seq":4}'),
    (Delta(5, 9), '{"type":"delta","seq":5,"server_time_ms":9}'),
    (
        Delta(
            5,
            9,
            [ROW],
            ["gone"],
            [PROGRESS],
            [CommandChange("c", "d", CommandName.PLAY, CommandStatus.SENT, 9)],
            [TimelineEntry("d", "online", "came online", 9)],
        ),
        f'{{"type":"delta","seq":5,"server_time_ms":9,"screens":[{ROW_JSON}],"removed":["gone"],'
        f'"emergencies":[{PROGRESS_JSON}],'
        '"commands":[{"command_id":"c","device_id":"d","command":"play","status":"sent","at_ms":9}],'
        '"timeline":[{"device_id":"d","kind":"online","text":"came online","at_ms":9}]}',
    ),
    (Goodbye(1012, "the hub is restarting", 1.5), GOODBYE_JSON),
    (Notice("unknown_frame", "what?"), '{"type":"error","code":"unknown_frame","message":"what?"}'),
]


@pytest.mark.parametrize(("frame", "wire"), FRAMES)
def test_what_an_operator_hears_is_written_and_read_like_this(frame: OperatorDownlink, wire: str) -> None:
    assert encode(frame).decode() == wire
    assert decode_operator_downlink(wire.encode()) == frame
    assert decode_operator_downlink(json.dumps({**json.loads(wire), "future": 1}).encode()) == frame


def test_every_frame_has_its_golden_bytes() -> None:
    assert {type(frame) for frame, _ in FRAMES} == set(get_args(OperatorDownlink))


def test_an_operator_says_one_thing() -> None:
    assert encode(Resume()) == b'{"type":"resume"}'
    assert encode(Resume("s", 4)) == b'{"type":"resume","stream":"s","seq":4}'
    assert decode_operator_uplink(b'{"type":"resume","stream":"s","seq":4,"future":1}') == Resume("s", 4)
    with pytest.raises(UnknownFrame):
        decode_operator_uplink(b'{"type":"hello"}')
    for payload in (b"", b"{", b'{"type":"resume","x":"\xff"}'):
        with pytest.raises(MalformedFrame):
            decode_operator_uplink(payload)
