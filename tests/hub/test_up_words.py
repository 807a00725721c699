"""What `clarion up` says: who may sign in, and what makes a browser a screen."""

from __future__ import annotations

from hub.up_words import UpWords, player_url
from hub.use_cases.first_run import FirstRun

FIRST = FirstRun(
    "t-1", "Default", "root@x.example", "root-word", "op@x.example", "op-word", "key-of-enrolment"
)
LATER = FirstRun("t-1", "Default", "root@x.example", None, "op@x.example", None, None)
HUB = "http://127.0.0.1:8000"


def said_at(first_run: FirstRun) -> str:
    lines: list[str] = []
    UpWords(lines.append).invitation("http://127.0.0.1:8080", HUB, first_run)
    return "\n".join(lines)


def test_the_first_start_says_what_a_browser_opens_to_become_a_screen() -> None:
    assert f"{HUB}/player/#enrol=key-of-enrolment" in said_at(FIRST)


def test_a_later_start_says_where_the_player_is_and_no_key() -> None:
    assert f"open {HUB}/player/ in it" in said_at(LATER)
    assert "#enrol" not in said_at(LATER)


def test_without_a_hub_there_is_no_player_to_open() -> None:
    lines: list[str] = []
    UpWords(lines.append).people(FIRST)
    assert "key-of-enrolment" in "\n".join(lines) and "/player/" not in "\n".join(lines)


def test_the_key_is_in_the_fragment_which_is_sent_to_nobody() -> None:
    assert player_url(f"{HUB}/", "a-key").partition("#") == (f"{HUB}/player/", "#", "enrol=a-key")
