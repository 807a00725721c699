"""Set-up from a fresh clone: the Python that is found or refused, the browser, and what CI prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest.bench.chromium import NoChromium, find_chromium
from tests.chromium import find_headless_shell

_ROOT = Path(__file__).parents[2]
_VENV = _ROOT / "requirements/venv.sh"
_RED = "FAILED tests/hub/test_one.py::test_of_it - assert 1 == 2"


def _program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_python_that_is_too_old_is_refused_in_one_line(tmp_path: Path) -> None:
    old = _program(tmp_path, "python", '[ "$1" = --version ] && echo "Python 3.9.2" || exit 1')
    done = subprocess.run(
        ["/bin/sh", _VENV, tmp_path / "venv"],
        env={**os.environ, "PYTHON": str(old)},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "Python 3.11 or later is needed, and here is Python 3.9.2" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "venv").exists()


def test_an_environment_is_made_once_and_left_alone_while_it_works(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHON": sys.executable}
    for _ in range(2):
        subprocess.run(["/bin/sh", _VENV, tmp_path / "venv"], env=env, check=True, timeout=60)
        made = (tmp_path / "venv/pyvenv.cfg").stat().st_mtime_ns
        marker = tmp_path / "venv/marker"
        marker.touch()
    assert (tmp_path / "venv/pyvenv.cfg").stat().st_mtime_ns == made
    assert marker.exists()


def test_the_browser_is_the_one_that_the_environment_names(tmp_path: Path) -> None:
    browser = _program(tmp_path, "my-browser", "exit 0")
    assert find_chromium({"CLARION_CHROMIUM": str(browser)}) == browser


def test_a_named_browser_that_is_not_there_is_an_error_and_no_other_is_taken() -> None:
    with pytest.raises(NoChromium, match="CLARION_CHROMIUM=/no/such"):
        find_chromium({"CLARION_CHROMIUM": "/no/such", "PATH": os.environ["PATH"]})


def test_a_browser_on_the_path_is_found_by_any_of_its_names(tmp_path: Path) -> None:
    browser = _program(tmp_path, "google-chrome", "exit 0")
    assert find_chromium({"PATH": str(tmp_path)}) == browser


def test_pages_are_opened_in_the_headless_shell_where_there_is_one(tmp_path: Path) -> None:
    browser = _program(tmp_path, "chromium", "exit 0")
    assert find_headless_shell({"PATH": str(tmp_path)}) == browser
    shell = _program(tmp_path, "chromium-headless-shell", "exit 0")
    assert find_headless_shell({"PATH": str(tmp_path)}) == shell


def test_a_named_browser_opens_the_pages_too(tmp_path: Path) -> None:
    _program(tmp_path, "chromium-headless-shell", "exit 0")
    browser = _program(tmp_path, "my-browser", "exit 0")
    assert find_headless_shell({"PATH": str(tmp_path), "CLARION_CHROMIUM": str(browser)}) == browser


@pytest.mark.parametrize(("ending", "status"), [("1 failed, 2 passed", 2), ("3 passed", 0)])
def test_ci_ends_with_what_failed_pytests_summary_and_the_status_of_make(
    tmp_path: Path, ending: str, status: int
) -> None:
    summary = f"=================== {ending} in 0.12s ==================="
    clone = tmp_path / "clone"
    (clone / ".ci").mkdir(parents=True)
    shutil.copy(_ROOT / ".ci/run", clone / ".ci/run")
    (tmp_path / "bin").mkdir()
    said = [_RED, summary, "make: a last word"]
    _program(tmp_path / "bin", "make", "\n".join(f'echo "{line}"' for line in said) + f"\nexit {status}")
    done = subprocess.run(
        ["bash", clone / ".ci/run"],
        env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "CI": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == status
    assert done.stdout.splitlines()[-2:] == [_RED, summary]
