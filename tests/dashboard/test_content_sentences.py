"""Contents and their versions in words, and what becomes of what is typed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard import content_sentences as said
from dashboard import content_typed as typed
from dashboard.clock import Clock
from protocol.contents import Content, Media, Usage, Use
from protocol.vocabulary import MediaKind, MediaStatus, Processing

BERLIN = Clock(ZoneInfo("Europe/Berlin"))
AT = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
NOW_MS = int(AT.timestamp() * 1000)


def media(**fields: Any) -> Media:
    nothing = dict.fromkeys(Media.__struct_fields__)
    defaults: dict[str, Any] = {
        "id": "m",
        "content_id": "c",
        "content_name": "Menu",
        "number": 1,
        "kind": MediaKind.IMAGE,
        "status": MediaStatus.DRAFT,
        "processing": Processing.READY,
        "note": "",
        "created_by": "ana@b.c",
        "created_at": AT,
    }
    return Media(**{**nothing, **defaults, **fields})


def content(**fields: Any) -> Content:
    nothing = dict.fromkeys(Content.__struct_fields__)
    defaults: dict[str, Any] = {"id": "c", "name": "Menu", "tags": [], "versions": 1}
    return Content(**{**nothing, **defaults, **fields})


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("Summer_offer-2.final.png", "Summer offer-2.final"),
        ("C:\\pictures\\Menü 1.JPG", "Menü 1"),
        ("../../etc/passwd", "passwd"),
        (".png", ".png"),
        ("a\x00b\u202ec.zip", "a b c"),
        ("  ", "Without a name"),
        ("x" * 300 + ".mp4", "x" * 200),
        ("Version 2.0 of the house rules", "Version 2.0 of the house rules"),
    ],
)
def test_a_content_is_called_like_its_file_at_first(file_name: str, name: str) -> None:
    assert typed.name_of_file(file_name) == name


def test_a_name_that_is_taken_gets_the_next_number_and_never_becomes_too_long() -> None:
    assert typed.next_name("Offer") == "Offer (2)"
    assert typed.next_name("Offer (2)") == "Offer (3)"
    assert typed.next_name("Offer (9)") == "Offer (10)"
    longest = typed.next_name("x" * 200)
    assert len(longest) == 200 and longest.endswith(" (2)")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.example.org/menu/today/?a=1", "example.org/menu/today"),
        ("http://10.0.0.1:8080", "10.0.0.1"),
        ("https://[broken", "https://[broken"),
        ("", "Without a name"),
    ],
)
def test_a_content_is_called_like_its_address_at_first(url: str, name: str) -> None:
    assert typed.name_of_address(url) == name


def test_tags_are_what_stands_between_commas_each_once() -> None:
    assert typed.tags_typed(" Summer, offers ,summer,, two  words\nmore") == [
        "Summer",
        "offers",
        "two words",
        "more",
    ]
    assert typed.tags_typed(" , ") == []


@pytest.mark.parametrize(
    ("size", "words"),
    [(1, "1 byte"), (812, "812 bytes"), (34_400, "34 kB"), (4_240_000, "4.2 MB"), (1_800_000_000, "1.8 GB")],
)
def test_a_size_is_as_precise_as_it_matters(size: int, words: str) -> None:
    assert said.size_words(size) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0:01"), (8, "0:08"), (59.6, "1:00"), (750, "12:30"), (3725, "1:02:05")]
)
def test_a_length_is_read_like_on_a_player(seconds: float, words: str) -> None:
    assert said.length_words(seconds) == words


def test_one_line_says_what_a_version_is() -> None:
    picture = media(mime_type="image/png", width=1920, height=1080, size_bytes=412_000)
    assert said.brief(picture) == "PNG · 1920 × 1080 · 412 kB"
    film = media(kind=MediaKind.VIDEO, mime_type="video/mp4", duration_s=30.0, size_bytes=9_000_000)
    assert said.brief(film) == "MP4 · 0:30 · 9.0 MB"
    assert said.brief(media(kind=MediaKind.WEB, url="https://a.b")) == "Web page · https://a.b"
    assert said.brief(media(kind=None, processing=Processing.WAITING)) == "File"
    assert said.brief(media(kind=None, processing=Processing.FAILED, file_name="a.svg")) == "a.svg"
    package = media(kind=MediaKind.HTML, mime_type="text/html", size_bytes=550)
    assert said.brief(package) == "HTML package · 550 bytes"


def test_what_the_hub_is_at_comes_before_what_people_say() -> None:
    assert said.standing(media(processing=Processing.WORKING)) == ("Being looked at", "busy")
    assert said.standing(media(processing=Processing.FAILED)) == ("Cannot be used", "bad")
    assert said.standing(media(status=MediaStatus.SUBMITTED)) == ("Waits for approval", "warn")
    assert [said.is_busy(media(processing=state)) for state in Processing] == [True, True, False, False]


def test_every_kind_and_every_status_has_its_words() -> None:
    assert set(said.KIND_WORDS) == set(MediaKind)
    assert set(said.STATUS_WORDS) == set(MediaStatus)


def test_a_library_says_when_screens_have_an_older_version() -> None:
    old, new = media(status=MediaStatus.APPROVED), media(number=2)
    assert said.also_approved(content(newest=new, approved=old)) == "Version 1 is the approved one."
    assert said.also_approved(content(newest=old, approved=old)) == ""
    assert said.also_approved(content(newest=new)) == ""


def test_a_window_is_said_in_ones_own_time() -> None:
    later = AT + timedelta(days=1)
    assert said.validity(None, None, BERLIN) == "always"
    assert said.validity(AT, later, BERLIN) == "from 2030-01-01 13:00 until 2030-01-02 13:00"
    assert said.validity_now(content(valid_until=AT), AT) == ("Over", "")
    assert said.validity_now(content(valid_from=later), AT) == ("Not yet", "")
    assert said.validity_now(content(valid_from=AT, valid_until=later), AT) is None


def test_the_history_of_a_version_is_what_holds_and_in_order() -> None:
    done = {"submitted_by": "ana@b.c", "submitted_at": AT, "decided_by": "bob@b.c", "decided_at": AT}
    rejected = said.history(media(status=MediaStatus.REJECTED, **done), BERLIN, NOW_MS)
    assert rejected == [
        "Uploaded by ana@b.c, 13:00",
        "Submitted by ana@b.c, 13:00",
        "Rejected by bob@b.c, 13:00",
    ]
    retired = media(status=MediaStatus.RETIRED, retired_by="bob@b.c", retired_at=AT, **done)
    assert said.history(retired, BERLIN, NOW_MS)[2:] == [
        "Approved by bob@b.c, 13:00",
        "Retired by bob@b.c, 13:00",
    ]
    assert said.history(media(kind=MediaKind.WEB), BERLIN, NOW_MS) == ["Added by ana@b.c, 13:00"]


def test_usage_counts_each_playlist_once() -> None:
    uses = [Use("p", "Lobby", True, 4), Use("p", "Lobby", False, None), Use("q", "Ward", False, None)]
    assert said.usage_words(Usage("m", uses, 14)) == "In 2 playlists; 14 screens have it now."
    assert said.usage_words(Usage("m", [], 0)) == "In no playlist."
    assert said.usage_words(Usage("m", uses[:1], 0)) == "In 1 playlist; no screen has it now."
    assert said.use_words(uses[0]) == "version 4, which screens play"
    assert said.use_words(uses[1]) == "in its draft"


def test_nobody_is_offered_to_approve_their_own_unless_the_rules_say_so() -> None:
    own = media(created_by_id="ana")
    assert "somebody else" in said.why_not_approve(own, "ana", approve_own=False)
    assert said.why_not_approve(own, "ana", approve_own=True) == ""
    assert said.why_not_approve(own, "bob", approve_own=False) == ""


def test_two_versions_are_compared_by_what_is_otherwise() -> None:
    old = media(mime_type="image/png", width=100, height=50, size_bytes=1000)
    new = media(mime_type="image/jpeg", width=100, height=50, size_bytes=2000)
    assert said.differences(old, new) == [("Type", "PNG", "JPEG"), ("Size", "1.0 kB", "2.0 kB")]
    assert said.differences(old, old) == []
