"""The ring of keys: the newest signs, older ones verify, and a running hub sees what was rotated."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.errors import StartError
from hub.jwt_keys import (
    LOOK_AGAIN_S,
    RETIRED_AFTER,
    GivenKeys,
    KeptKeys,
    keys_of,
    known_kids,
    made_at,
    rotate,
)
from hub.settings import Settings

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)


class Clock:
    """Seconds that pass when a test says so."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_first_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    first, second = KeptKeys(tmp_path), KeptKeys(tmp_path)
    assert first.newest == second.newest and len(first.newest.secret) >= 32
    (kept,) = (tmp_path / "secrets/jwt").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_the_key_of_an_older_version_becomes_the_first(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(mode=0o700)
    old = tmp_path / "secrets/jwt.key"
    old.touch(mode=0o600)
    old.write_text("o" * 40)
    assert KeptKeys(tmp_path).newest.secret == "o" * 40
    assert not old.exists() and len(known_kids(tmp_path)) == 1


def test_a_running_hub_signs_with_a_rotated_key_and_still_knows_the_old_one(tmp_path: Path) -> None:
    clock = Clock()
    keys = KeptKeys(tmp_path, clock)
    before = keys.newest
    kid = rotate(tmp_path, datetime.now(UTC) + timedelta(seconds=1))
    assert keys.newest == before, "it does not look at every request"
    clock.now_s += LOOK_AGAIN_S
    assert keys.newest.kid == kid
    assert keys.secret_of(before.kid) == before.secret
    assert keys.changes == 2


def test_a_token_of_a_key_that_is_not_known_yet_makes_the_hub_look(tmp_path: Path) -> None:
    clock = Clock()
    keys = KeptKeys(tmp_path, clock)
    kid = rotate(tmp_path, datetime.now(UTC) + timedelta(seconds=1))
    assert keys.secret_of(kid) is None
    clock.now_s += LOOK_AGAIN_S
    assert keys.secret_of(kid) == KeptKeys(tmp_path).newest.secret
    assert keys.secret_of("../signing/x") is None


def test_a_rotation_removes_what_was_replaced_long_ago_and_nothing_else(tmp_path: Path) -> None:
    first = rotate(tmp_path, NOON)
    second = rotate(tmp_path, NOON + timedelta(hours=1))
    assert known_kids(tmp_path) == (first, second)
    third = rotate(tmp_path, NOON + timedelta(hours=2) + RETIRED_AFTER)
    assert known_kids(tmp_path) == (second, third)
    assert made_at(second) == NOON + timedelta(hours=1)
    leaked = rotate(tmp_path, NOON + timedelta(days=3), retire_others=True)
    assert known_kids(tmp_path) == (leaked,)


def test_a_folder_that_cannot_be_read_now_leaves_the_ring_as_it_was(tmp_path: Path) -> None:
    clock = Clock()
    keys = KeptKeys(tmp_path, clock)
    before = keys.newest
    (tmp_path / "secrets/jwt" / before.kid).rename(tmp_path / "elsewhere")
    clock.now_s += LOOK_AGAIN_S
    assert keys.newest == before


def test_a_key_that_others_may_read_is_refused_at_the_start(tmp_path: Path) -> None:
    kid = rotate(tmp_path, NOON)
    (tmp_path / "secrets/jwt" / kid).chmod(0o644)
    with pytest.raises(StartError, match="open to others"):
        KeptKeys(tmp_path)


def test_a_key_that_nobody_made_is_refused_at_the_start(tmp_path: Path) -> None:
    kid = rotate(tmp_path, NOON)
    (tmp_path / "secrets/jwt" / kid).write_text("short")
    with pytest.raises(StartError, match="not a key"):
        KeptKeys(tmp_path)


def test_a_secret_of_the_settings_is_the_key_and_the_one_before_still_verifies(tmp_path: Path) -> None:
    new, old = "n" * 32, "o" * 32
    keys = keys_of(Settings(data_dir=tmp_path, jwt_secret=new, jwt_secret_before=old))
    assert isinstance(keys, GivenKeys) and keys.newest.secret == new
    before = GivenKeys(old).newest
    assert keys.secret_of(before.kid) == old
    assert keys.secret_of("x") is None
    assert not (tmp_path / "secrets").exists()
