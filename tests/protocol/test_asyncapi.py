"""The AsyncAPI document says every frame, from the player's side, and is the one that is kept in docs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from protocol.asyncapi import asyncapi_document, asyncapi_text
from protocol.close_codes import MEANINGS
from protocol.frames import Downlink, Uplink

_KEPT = Path(__file__).parents[2] / "docs" / "asyncapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return asyncapi_document()


def test_the_kept_document_is_what_the_frames_say_now() -> None:
    assert _KEPT.read_text(encoding="utf-8") == asyncapi_text(), "run `clarion asyncapi > docs/asyncapi.json`"


def test_every_frame_is_sent_or_received(document: dict[str, Any]) -> None:
    operations = document["operations"]
    assert {name for name in operations if operations[name]["action"] == "send"} == {
        f"send{kind.__name__}" for kind in get_args(Uplink)
    }
    assert {name for name in operations if operations[name]["action"] == "receive"} == {
        f"receive{kind.__name__}" for kind in get_args(Downlink)
    }


def test_every_frame_carries_its_name_as_the_type_of_its_payload(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for kind in (*get_args(Uplink), *get_args(Downlink)):
        message = document["components"]["messages"][kind.__name__]
        payload = schemas[message["payload"]["$ref"].rpartition("/")[2]]
        assert payload["properties"]["type"] == {"enum": [message["name"]]}
        assert message["summary"]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in re.findall(r'"\$ref":"#/([^"]+)"', msgspec.json.encode(document).decode()):
        place: Any = document
        for part in reference.split("/"):
            place = place[part]


def test_the_close_codes_are_in_it(document: dict[str, Any]) -> None:
    assert {row["code"] for row in document["x-close-codes"]} == {int(code) for code in MEANINGS}
