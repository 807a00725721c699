"""Secrets are listed without being shown, and rotated without signing anybody out."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.command_line import app
from hub.errors import StartError
from hub.jwt_keys import KeptKeys
from hub.secrets_command import kept
from hub.signing import SigningKeys


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLARION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_before_the_first_start_there_are_none(data_dir: Path) -> None:
    assert "none yet" in run("secrets", "list")


def test_every_secret_is_listed_and_none_is_shown(data_dir: Path) -> None:
    KeptKeys(data_dir)
    SigningKeys.kept_in(data_dir)
    said = run("secrets", "list")
    assert "signs access tokens" in said and "signs what the hub sends" in said
    for path in (data_dir / "secrets").rglob("*"):
        if path.is_file():
            assert path.read_text().strip() not in said


def test_one_that_others_can_read_is_said(data_dir: Path) -> None:
    KeptKeys(data_dir)
    (each,) = kept(data_dir)
    (data_dir / "secrets" / each.name).chmod(0o640)
    assert "OPEN TO OTHERS (mode 0640)" in run("secrets", "list")


def test_a_new_key_for_tokens_is_taken_by_a_running_hub_and_the_old_one_is_good_beside_it(
    data_dir: Path,
) -> None:
    now_s = 0.0
    ring = KeptKeys(data_dir, lambda: now_s)
    before = ring.newest
    run("secrets", "rotate", "jwt")
    now_s = 2.0
    assert ring.newest.kid != before.kid
    assert ring.secret_of(before.kid) == before.secret
    assert [each.newest for each in kept(data_dir)] == [False, True]


def test_a_key_that_somebody_knows_is_ended_at_once(data_dir: Path) -> None:
    now_s = 0.0
    ring = KeptKeys(data_dir, lambda: now_s)
    before = ring.newest
    run("secrets", "rotate", "jwt", "--retire-others")
    now_s = 2.0
    ring.look_again()
    assert ring.secret_of(before.kid) is None


def test_a_new_signing_key_is_named_and_the_old_one_stays_published(data_dir: Path) -> None:
    (old,) = SigningKeys.kept_in(data_dir).published()
    said = run("secrets", "rotate", "signing")
    new, still = SigningKeys.kept_in(data_dir).published()
    assert new.kid in said and still == old


def test_where_the_secret_is_a_setting_the_rotation_says_what_to_do(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLARION_JWT_SECRET", "8f14e45fceea167a5a36dedd4bea2543f1c0")
    with pytest.raises(StartError, match="CLARION_JWT_SECRET_BEFORE"):
        CliRunner().invoke(app, ["secrets", "rotate", "jwt"], catch_exceptions=False)
