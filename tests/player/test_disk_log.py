"""The log of records on a disk: whatever is cut off, what is there is whole, and no number comes twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from player.agent.disk_log import SUPERFLUOUS_LINES, DiskLog
from protocol.frames import DeviceEvent, Play
from protocol.vocabulary import EventName


def play(started_ms: int) -> Play:
    return Play("Hours", started_ms, started_ms + 10, 10, "m", completed=1)


@contextmanager
def log(path: Path, limit: int = 1000) -> Iterator[DiskLog]:
    opened = DiskLog(path, limit)
    try:
        yield opened
    finally:
        opened.close()


def test_records_their_numbers_and_the_name_outlive_the_process(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with log(path) as first:
        name = first.name
        for started_ms in range(5):
            first.append(play(started_ms))
        first.kept(2)
    with log(path) as second:
        assert second.name == name
        assert [record.number for record in second.oldest(9)] == [3, 4, 5]
        second.kept(5)
    with log(path) as third:
        third.append(play(9))
        assert [record.number for record in third.oldest(9)] == [6]
    assert path.stat().st_mode & 0o077 == 0


def test_another_screen_has_a_log_of_another_name(tmp_path: Path) -> None:
    with log(tmp_path / "a") as one, log(tmp_path / "b") as other:
        assert one.name != other.name
        assert 8 <= len(one.name) <= 64


@settings(deadline=None, max_examples=40)  # It waits for the disk.
@given(st.data())
def test_wherever_the_writing_was_cut_off_the_rest_is_there_and_can_be_written_on(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("cut") / "records.jsonl"
    with log(path) as first:
        for started_ms in range(6):
            first.append(play(started_ms))
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with log(path) as second:
        before = [record.number for record in second.oldest(99)]
        assert before == list(range(1, len(before) + 1))
        second.append(play(77))
    with log(path) as third:
        records = third.oldest(99)
        assert len({record.number for record in records}) == len(records) == len(before) + 1


def test_a_damaged_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with log(path) as first:
        for started_ms in range(3):
            first.append(play(started_ms))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:-2], b"\x00\xff nothing\n", lines[-1]]))
    with log(path) as second:
        assert [record.number for record in second.oldest(9)] == [1, 3]


def test_what_was_said_is_not_summed_up_after_a_restart_either(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    with log(path, limit=10) as first:
        for started_ms in range(5):
            first.append(play(started_ms))
        said = first.oldest(3)
    with log(path, limit=10) as second:
        for started_ms in range(20):
            second.append(play(started_ms))
        records = second.oldest(99)
        assert records[:3] == said
        assert len(records) <= 11
        events = [r.what for r in records if isinstance(r.what, DeviceEvent)]
        assert {event.event for event in events} == {EventName.SUMMARISED}


def test_the_file_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b'{"type":"log","name":"a-name-of-a-log"}\n' + b'{"type":"kept","number":1}\n' * 5000)
    with log(path) as opened:
        assert opened.name == "a-name-of-a-log"
        assert path.read_bytes().count(b"\n") < SUPERFLUOUS_LINES
