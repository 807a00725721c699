"""Tokens are kept in files that only this process reads, and found again by the next one."""

from __future__ import annotations

import stat
from pathlib import Path

from dashboard.kept_pairs import KeptPair, KeptPairs
from tests.dashboard.people import pair


def test_a_pair_is_found_again_by_another_process_until_it_cannot_be_renewed(tmp_path: Path) -> None:
    kept = KeptPair.of(pair(refresh_expires_in=100), 1000.0)
    name = KeptPairs(tmp_path / "pairs").add(kept)
    later = KeptPairs(tmp_path / "pairs")
    assert later.get(name, 1099.0) == kept
    assert later.get(name, 1100.0) is None


def test_the_newer_pair_takes_the_place_of_the_older(tmp_path: Path) -> None:
    pairs = KeptPairs(tmp_path)
    name = pairs.add(KeptPair.of(pair(1), 0.0))
    pairs.put(name, KeptPair.of(pair(2), 10.0))
    found = pairs.get(name, 20.0)
    assert found is not None and found.pair == pair(2)
    assert [file.suffix for file in tmp_path.iterdir()] == [".json"]
    pairs.forget(name)
    assert pairs.get(name, 20.0) is None


def test_only_the_owner_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "pairs"
    KeptPairs(folder).add(KeptPair.of(pair(), 0.0))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()] == [0o600]


def test_a_name_is_no_path(tmp_path: Path) -> None:
    pairs = KeptPairs(tmp_path / "pairs")
    name = pairs.add(KeptPair.of(pair(), 0.0))
    assert pairs.get(f"../pairs/{name}", 1.0) is None


def test_what_is_over_or_broken_is_swept_away(tmp_path: Path) -> None:
    pairs = KeptPairs(tmp_path)
    good = pairs.add(KeptPair.of(pair(refresh_expires_in=100), 0.0))
    pairs.add(KeptPair.of(pair(refresh_expires_in=10), 0.0))
    (tmp_path / "broken-broken-broken-broken.json").write_text("{")
    pairs.sweep(50.0)
    assert [file.stem for file in tmp_path.iterdir()] == [good]
