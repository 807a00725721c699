"""A screen's journal of commands on a disk: wherever it was torn off, nothing is carried out twice."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from player.agent.disk_journal import LINES_FOR_EACH_COMMAND, Begun, DiskJournal, read_lines
from player.agent.errors import JournalDamaged
from player.journal import INTERRUPTED, NotRecorded
from player.reference import ReferenceScreen
from protocol.frames import Command, Receipt
from protocol.vocabulary import CommandName, ReceiptStatus
from tests.player.talk import answers, welcome

RECEIVED, SUCCEEDED, FAILED = ReceiptStatus.RECEIVED, ReceiptStatus.SUCCEEDED, ReceiptStatus.FAILED


@contextmanager
def journal(path: Path, limit: int = 100) -> Iterator[DiskJournal]:
    opened = DiskJournal(path, limit)
    try:
        yield opened
    finally:
        opened.close()


def done(number: int) -> Receipt:
    return Receipt(f"c{number}", SUCCEEDED, detail=f"done {number}")


def test_what_was_answered_is_answered_the_same_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "screen.jsonl"
    with journal(path) as before:
        before.begin("c1", CommandName.REBOOT)
        before.finish(done(1))
    with journal(path) as after:
        assert after.receipt("c1") == done(1)
        assert after.receipt("c2") is None
    assert read_lines(path) == [Begun("c1", CommandName.REBOOT), done(1)]


def test_what_was_begun_is_on_the_disk_before_the_effect_and_has_failed_after_a_restart(
    tmp_path: Path,
) -> None:
    path = tmp_path / "screen.jsonl"
    with journal(path) as before:
        before.begin("c1", CommandName.REBOOT)
        assert read_lines(path) == [Begun("c1", CommandName.REBOOT)]
    for _ in range(2):
        with journal(path) as after:
            assert after.receipt("c1") == Receipt("c1", FAILED, detail=INTERRUPTED)


def test_a_screen_that_starts_again_answers_from_its_journal_and_does_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "screen.jsonl"
    with journal(path) as first:
        screen = ReferenceScreen(0.0, rng=Random(1), journal=first)
        screen.connected(0.0)
        screen.receive(welcome(0.0), 0.0)
        assert answers(screen.receive(Command("c1", CommandName.STOP), 1.0)) == [
            ("c1", RECEIVED),
            ("c1", SUCCEEDED),
        ]
        first.begin("c2", CommandName.STOP)
    with journal(path) as second:
        screen = ReferenceScreen(2.0, rng=Random(1), journal=second)
        screen.connected(2.0)
        screen.receive(welcome(2.0), 2.0)
        assert answers(screen.receive(Command("c1", CommandName.STOP), 3.0)) == [("c1", SUCCEEDED)]
        assert answers(screen.receive(Command("c2", CommandName.STOP), 3.0)) == [("c2", FAILED)]
        assert screen.glass is not None


@settings(deadline=None)  # It waits for the disk.
@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(2, 5), st.data())
def test_any_prefix_of_the_file_is_safe(seed: int, commands: int, limit: int, data: st.DataObject) -> None:
    """Wherever the writing was cut off: what is recorded as begun is never carried out again, what is
    recorded as answered is answered the same, and the file can be written on."""
    rng = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "screen.jsonl"
        with journal(path, limit) as whole:
            for number in range(commands):
                whole.begin(f"c{number}", rng.choice(list(CommandName)))
                whole.finish(done(number))
        written = path.read_bytes()
        kept = written[: data.draw(st.integers(0, len(written)))]
        path.write_bytes(kept)

        facts = read_lines(path)
        with journal(path, 100) as after:
            for number in range(commands):
                command_id = f"c{number}"
                if done(number) in facts:
                    assert after.receipt(command_id) == done(number)
                elif any(isinstance(fact, Begun) and fact.command_id == command_id for fact in facts):
                    assert after.receipt(command_id) == Receipt(command_id, FAILED, detail=INTERRUPTED)
                else:
                    assert after.receipt(command_id) is None
            after.begin("new", CommandName.PING)
        assert read_lines(path) == [*facts, Begun("new", CommandName.PING)]


def test_a_line_in_the_middle_that_cannot_be_read_keeps_the_screen_from_starting(tmp_path: Path) -> None:
    path = tmp_path / "screen.jsonl"
    with journal(path) as before:
        before.begin("c1", CommandName.PING)
    path.write_bytes(b'{"type":"beg\n' + path.read_bytes())
    with pytest.raises(JournalDamaged, match=r"line 1 of .*: delete the file"):
        DiskJournal(path)


def test_the_file_stays_bounded_and_keeps_the_latest(tmp_path: Path) -> None:
    path = tmp_path / "screen.jsonl"
    with journal(path, limit=10) as running:
        for number in range(500):
            running.begin(f"c{number}", CommandName.PLAY)
            running.finish(done(number))
            assert len(read_lines(path)) <= LINES_FOR_EACH_COMMAND * 10
        for number in range(490, 500):
            assert running.receipt(f"c{number}") == done(number)
    with journal(path, limit=10) as after:
        for number in range(490, 500):
            assert after.receipt(f"c{number}") == done(number)
    assert [entry.name for entry in tmp_path.iterdir()] == ["screen.jsonl"]


@contextmanager
def full_disk(bytes_left: int, path: Path) -> Iterator[None]:
    """No file of this process may grow past this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + bytes_left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("bytes_left", [0, 5])
def test_on_a_full_disk_nothing_begins_and_half_a_line_is_taken_back(tmp_path: Path, bytes_left: int) -> None:
    path = tmp_path / "screen.jsonl"
    with journal(path) as running:
        running.begin("c1", CommandName.PLAY)
        with full_disk(bytes_left, path):
            running.finish(done(1))
            assert running.receipt("c1") == done(1)
            with pytest.raises(NotRecorded, match="too large"):
                running.begin("c2", CommandName.PLAY)
        running.begin("c3", CommandName.PLAY)
    assert [fact.command_id for fact in read_lines(path)] == ["c1", "c3"]


def test_a_command_that_cannot_be_recorded_is_not_carried_out_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "screen.jsonl"
    with journal(path) as running:
        screen = ReferenceScreen(0.0, rng=Random(1), journal=running)
        screen.connected(0.0)
        screen.receive(welcome(0.0), 0.0)
        with full_disk(0, path):
            (refusal,) = screen.receive(Command("c1", CommandName.STOP), 1.0)
    assert isinstance(refusal, Receipt)
    assert refusal.status is FAILED
    assert refusal.detail is not None
    assert refusal.detail.startswith("it cannot be recorded: ")
    assert screen.glass is not None
