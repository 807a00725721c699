"""The process that looks into a file: its limits hold, and what happens to it happens to nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import trio

from hub.media.inspecting.asking import look_into
from hub.media.inspecting.findings import FileType, Question, Unusable
from tests.hub.media.made_files import picture
from tests.patience import PATIENCE_S


def question(tmp_path: Path, content: bytes, kind: FileType = FileType.PNG) -> Question:
    path = tmp_path / "file"
    path.write_bytes(content)
    return Question(str(path), kind, str(tmp_path))


async def test_what_it_finds_comes_back(tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE_S):
        finding = await look_into(question(tmp_path, picture("PNG", (500, 400))))
    assert (finding.width, finding.height, finding.thumbnail) == (500, 400, True)


async def test_what_is_wrong_with_the_file_comes_back_in_its_words(tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE_S), pytest.raises(Unusable, match="damaged"):
        await look_into(question(tmp_path, picture()[:100]))


async def test_what_needs_too_much_memory_is_unusable_and_harms_nobody(tmp_path: Path) -> None:
    asked = question(tmp_path, picture("PNG", (9000, 9000)))
    with trio.fail_after(PATIENCE_S), pytest.raises(Unusable, match=r"memory|broke off"):
        await look_into(asked, memory_bytes=250 * 1024 * 1024)


async def test_what_takes_too_long_on_the_processor_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = "from hub.media.inspecting.inspector import limit; limit(1, 2**31)\nwhile True: pass"
    busy = tmp_path / "python"
    busy.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{endless}'\n")
    busy.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(busy))
    with trio.fail_after(PATIENCE_S), pytest.raises(Unusable, match="longer"):
        await look_into(question(tmp_path, picture()))


async def test_what_takes_too_long_by_the_clock_is_ended(tmp_path: Path) -> None:
    # A pipe that nobody writes to: reading it never ends.
    os.mkfifo(tmp_path / "pipe")
    asked = Question(str(tmp_path / "pipe"), FileType.PNG, str(tmp_path))
    with trio.fail_after(PATIENCE_S), pytest.raises(Unusable, match="longer"):
        await look_into(asked, deadline_s=0.5)


async def test_a_process_that_says_nothing_sensible_makes_the_file_unusable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing = tmp_path / "python"
    for does in ("kill -SEGV $$", "echo nonsense", "echo '{}'", "exit 3", "head -c 100000 /dev/zero"):
        crashing.write_text(f"#!/bin/sh\n{does}\n")
        crashing.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(crashing))
        with trio.fail_after(PATIENCE_S), pytest.raises(Unusable, match="broke off"):
            await look_into(question(tmp_path, picture()))


async def test_it_is_told_nothing_of_the_hubs_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curious = tmp_path / "python"
    curious.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\n")
    curious.chmod(0o700)
    monkeypatch.setenv("CLARION_DATABASE_URL", "postgresql://clarion:secret@db/clarion")
    monkeypatch.setattr(sys, "executable", str(curious))
    with trio.fail_after(PATIENCE_S), pytest.raises(Unusable):
        await look_into(question(tmp_path, picture()))
    assert "PATH=" in (tmp_path / "seen").read_text()
    assert "CLARION" not in (tmp_path / "seen").read_text()
