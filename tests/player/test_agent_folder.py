"""What an agent keeps in its folder, and the options that the guide lists."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from random import Random
from typing import Any

import pytest
import typer

from player.agent import identity
from player.agent.agent import Agent
from player.agent.dial import Caller
from player.agent.errors import NotKept
from player.agent.identity import Identity
from player.agent.memory import Memory
from player.command_line import app
from player.remembered import Remembered
from player.vectors.alerts import Key
from tests.player.talk import alert

WHO = Identity("d1", "a-secret-token", "ws://hub/", [Key("hub").public()], "t1")
GUIDE = Path(__file__).parents[2] / "docs" / "write-a-player.md"


def test_who_it_is_is_kept_for_its_owner_only_and_shown_to_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "agent"
    assert identity.load(folder) is None
    identity.save(folder, WHO)
    assert identity.load(folder) == WHO
    assert (folder / identity.FILE).stat().st_mode & 0o777 == 0o600
    assert "a-secret-token" not in repr(WHO)
    identity.forget(folder)
    assert identity.load(folder) is None


def test_an_identity_that_others_could_read_is_none(tmp_path: Path) -> None:
    identity.save(tmp_path, WHO)
    (tmp_path / identity.FILE).chmod(0o644)
    with pytest.raises(NotKept, match="is open to others"):
        identity.load(tmp_path)


def test_an_identity_that_makes_no_sense_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / identity.FILE).write_bytes(b"{}")
    (tmp_path / identity.FILE).chmod(0o600)
    with pytest.raises(NotKept, match="delete it to enrol the screen anew"):
        identity.load(tmp_path)


def test_what_it_shows_and_by_how_much_its_clock_is_wrong_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    memory = Memory(path)
    assert memory.hub_ms(5_000) is None
    memory.keep(Remembered([alert()]), hub_ms=95_000, wall_ms=5_000)
    again = Memory(path)
    assert again.remembered.alerts == [alert()]
    assert again.hub_ms(6_000) == 96_000


def test_a_clock_that_drifts_by_little_and_nothing_new_write_nothing(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    memory = Memory(path)
    memory.keep(Remembered(), hub_ms=95_000, wall_ms=5_000)
    path.unlink()
    memory.keep(Remembered(), hub_ms=96_500, wall_ms=6_000)
    assert not path.exists()


def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    path.write_bytes(b"\x00")
    assert Memory(path).remembered == Remembered()


async def test_a_disk_that_takes_nothing_does_not_end_an_agent_that_learns_something(tmp_path: Path) -> None:
    (tmp_path / identity.FILE).mkdir()  # Nothing can be put in its place.
    agent = Agent(WHO, tmp_path, Caller(ssl.create_default_context()), Random(1), lambda line: None)
    agent.trust.tenant_id = "t2"
    agent.changed()
    assert agent.trust.tenant_id == "t2"
    agent.close()


def test_the_options_that_the_guide_lists_are_those_that_the_agent_has() -> None:
    commands: Any = typer.main.get_command(app)
    has = {option for parameter in commands.commands["agent"].params for option in parameter.opts}
    told = set(re.findall(r"^\| `(--[a-z-]+)`", GUIDE.read_text(encoding="utf-8"), re.MULTILINE))
    assert told == has
