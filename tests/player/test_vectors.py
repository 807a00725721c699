"""The conformance vectors are what the reference says now, and cover what they are for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from player.signature import DOES_NOT_FIT, NOT_SIGNED, UNKNOWN_KEY
from player.vectors import FOLDER, VECTORS, text_of, write
from protocol.alert import content_hash
from protocol.frames import AlertText


def read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_are_what_the_reference_says_now(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == text_of(name), "run `clarion vectors`"


def test_there_is_no_file_that_nobody_writes() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(VECTORS)


def test_writing_them_again_changes_nothing(tmp_path: Path) -> None:
    assert len(write(tmp_path)) == len(VECTORS)
    assert write(tmp_path) == []


def test_every_reason_to_refuse_an_alert_is_among_the_vectors() -> None:
    assert {case["refusal"] for case in read("signed-alerts")["cases"]} == {
        None, NOT_SIGNED, UNKNOWN_KEY, DOES_NOT_FIT,
    }  # fmt: skip


def test_a_hash_of_the_vectors_is_that_of_the_compact_array() -> None:
    for case in read("content-hash")["cases"]:
        texts = msgspec.convert(case["texts"], list[AlertText])
        assert case["content_hash"] == content_hash(case["title"], case["message"], case["severity"], texts)
