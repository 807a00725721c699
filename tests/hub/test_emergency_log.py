"""The file that keeps an emergency while PostgreSQL does not answer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.emergency_log import Actor, Cleared, EmergencyLog

AT = datetime(2026, 5, 2, 14, 2, tzinfo=UTC)


def cleared(number: int) -> Cleared:
    return Cleared("t1", Actor("u1", "op@example.org", "10.0.0.9"), AT, f"e{number}")


def opened(path: Path) -> EmergencyLog:
    log = EmergencyLog(path)
    log.open()
    return log


async def test_what_is_kept_is_there_after_a_restart_in_order_until_it_is_settled(tmp_path: Path) -> None:
    path = tmp_path / "data/emergencies.log"
    log = opened(path)
    for number in range(3):
        await log.append(cleared(number))
    assert path.stat().st_mode & 0o777 == 0o600
    again = opened(path)
    assert list(again.entries) == [cleared(0), cleared(1), cleared(2)]
    await again.settle(again.entries[1])
    assert list(opened(path).entries) == list(again.entries) == [cleared(0), cleared(2)]


async def test_a_torn_line_is_set_aside_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "emergencies.log"
    await opened(path).append(cleared(0))
    with path.open("ab") as file:
        file.write(b'not json\n{"type":"cleared","tena')
    log = opened(path)
    assert log.entries == (cleared(0),)
    assert b"not json" in path.with_suffix(".unreadable").read_bytes()
    await log.append(cleared(1))
    assert opened(path).entries == (cleared(0), cleared(1))


async def test_a_disk_that_takes_nothing_raises_and_what_is_held_is_brought_all_the_same(
    tmp_path: Path,
) -> None:
    log = opened(tmp_path / "emergencies.log")
    (tmp_path / "emergencies.log").mkdir()
    with pytest.raises(OSError):
        await log.append(cleared(0))
    assert log.entries == ()
    log.hold(cleared(0))
    assert len(log) == 1
