"""Kept secrets: generated once, readable by their owner only, the same for everybody who asks."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from hub.errors import StartError
from hub.kept_secrets import kept_secret


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_generated_once_and_closed_to_others(tmp_path: Path) -> None:
    first = kept_secret(tmp_path / "data", "jwt")
    assert len(first.encode()) >= 32
    assert kept_secret(tmp_path / "data", "jwt") == first
    assert kept_secret(tmp_path / "data", "another") != first
    assert _mode(tmp_path / "data/secrets") == 0o700
    assert _mode(tmp_path / "data/secrets/jwt") == 0o600


def test_all_who_ask_at_the_same_moment_get_the_same_secret(tmp_path: Path) -> None:
    answers: list[str] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        answers.append(kept_secret(tmp_path, "jwt"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(answers) == 8
    assert len(set(answers)) == 1


def test_a_folder_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="check CLARION_DATA_DIR"):
        kept_secret(tmp_path / "file", "jwt")
