"""The file that keeps an emergency while PostgreSQL does not answer."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from hub.emergency_log import Actor, Cleared, Created, EmergencyLog
from protocol.api import Scope
from protocol.frames import AlertText
from protocol.vocabulary import AlertSound, Pictogram, Severity

AT = datetime(2026, 5, 2, 14, 2, tzinfo=UTC)


BY = Actor("u1", "op@example.org", "10.0.0.9")


def cleared(number: int) -> Cleared:
    return Cleared("t1", BY, AT, f"e{number}")


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


async def test_an_alert_is_kept_in_all_its_languages_and_one_of_an_older_version_is_read_still(
    tmp_path: Path,
) -> None:
    path = tmp_path / "emergencies.log"
    plain = Created(
        "t1", BY, AT, "e1", "h1", "Fire", "Leave.", Severity.EXTREME, Scope(), "all", "hash", None
    )
    told = {"language": "en", "texts": (AlertText("es", "Fuego", "Salgan."),)}
    spoken = msgspec.structs.replace(plain, id="e2", pictogram=Pictogram.FIRE, sound=AlertSound.SIREN, **told)
    for each in (plain, spoken):
        await opened(path).append(each)
    older, newer = path.read_bytes().splitlines()
    line = msgspec.json.decode(older)
    before = {name: value for name, value in line.items() if name not in (*told, "pictogram", "sound")}
    path.write_bytes(msgspec.json.encode(before) + b"\n" + newer + b"\n")
    assert opened(path).entries == (plain, spoken)


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


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Callable[[int], None]]:
    """Lets no file of this process grow past so many bytes; 0: no limit any more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size or soft, hard))

    yield limit
    limit(0)


async def test_what_a_full_disk_does_not_take_is_kept_in_memory_and_written_when_there_is_room(
    tmp_path: Path, full_disk: Callable[[int], None]
) -> None:
    path = tmp_path / "emergencies.log"
    log = opened(path)
    await log.append(cleared(0))
    before = path.read_bytes()
    full_disk(len(before) + 10)
    with pytest.raises(OSError):
        await log.append(cleared(1))
    assert path.read_bytes() == before, "no half line"
    assert log.entries == (cleared(0),) and log.is_saved
    log.hold(cleared(1))
    assert len(log) == 2 and not log.is_saved
    with pytest.raises(OSError):
        await log.save()
    assert path.read_bytes() == before
    full_disk(0)
    await log.save()
    assert log.is_saved and opened(path).entries == (cleared(0), cleared(1))


async def test_what_postgresql_has_is_settled_although_the_disk_is_full(
    tmp_path: Path, full_disk: Callable[[int], None]
) -> None:
    path = tmp_path / "emergencies.log"
    log = opened(path)
    for number in range(3):
        await log.append(cleared(number))
    full_disk(10)
    with pytest.raises(OSError):
        await log.settle(log.entries[0])
    assert log.entries == (cleared(1), cleared(2)) and not log.is_saved
    assert opened(path).entries == (cleared(0), cleared(1), cleared(2)), "it may come twice, never not at all"
    full_disk(0)
    await log.append(cleared(3))
    await log.save()
    assert opened(path).entries == (cleared(1), cleared(2), cleared(3))


async def test_the_file_is_there_from_the_first_start_on(tmp_path: Path) -> None:
    """One that its folder does not have on disk yet would be lost with the power, whatever is in it."""
    opened(tmp_path / "data/emergencies.log")
    assert (tmp_path / "data/emergencies.log").read_bytes() == b""
