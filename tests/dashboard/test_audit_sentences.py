"""Entries of the audit log in words: every action has a sentence, every change its two sides."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import msgspec
import pytest

import hub
from dashboard.audit_differences import Difference, Item, Reader
from dashboard.audit_filter import Wanted
from dashboard.audit_names import Names
from dashboard.audit_sentences import SENTENCES, note, origin, sentence
from dashboard.audit_words import KINDS, action_words, field_words, subject_words, verdict_words
from dashboard.clock import Clock
from protocol.audit import AuditFault, AuditRow, AuditVerdict
from protocol.vocabulary import ActorKind, AuditOutcome

BERLIN = Clock(ZoneInfo("Europe/Berlin"))
ID = "3f2a91c0-0000-4000-8000-000000000001"
OTHER = "3f2a91c0-0000-4000-8000-000000000002"
AT = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
NO_ACTIONS = {
    "audit.export",  # a feature, as the next two
    "commands.bulk",
    "places.map",
    "canary.group_id",  # a field, as the next two
    "scope.ids",
    "scope.within",
    "http.disconnect",  # words of ASGI
    "http.request",
}
NO_ACTION = re.compile(
    r"(hub|clarion|psycopg|quart|target)\.|.*\.(js|jsonl|css|html|json|key|lock|log|pid|csv|gz|toml|webp)$"
)


def row(action: str, target_type: str, target_id: str | None = ID, **fields: Any) -> AuditRow:
    defaults: dict[str, Any] = {
        "seq": 1,
        "at": AT,
        "actor_kind": ActorKind.USER,
        "user_id": "u",
        "user_email": "ana@hospital.example",
        "on_behalf_of": None,
        "ip_address": None,
        "user_agent": None,
        "request_id": None,
        "outcome": AuditOutcome.DONE,
        "details": {},
        "hash": "00",
    }
    return AuditRow(action=action, target_type=target_type, target_id=target_id, **{**defaults, **fields})


def recorded() -> Iterator[str]:
    """Every action that the hub's code names."""
    for file in Path(hub.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if re.fullmatch(r"[a-z_]+\.[a-z_]+", text) and not NO_ACTION.match(text):
                    yield text


def test_every_action_that_the_hub_records_has_a_sentence_and_no_other() -> None:
    """Something else in the hub that looks like an action belongs into NO_ACTIONS."""
    assert set(recorded()) - NO_ACTIONS == set(SENTENCES)


def test_no_action_is_put_together_where_nobody_finds_it() -> None:
    for file in Path(hub.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun = str(node.values[0].value)
                assert not (len(node.values) == 2 and begun[:-1] in KINDS and begun.endswith(".")), file


@pytest.mark.parametrize("action", sorted(SENTENCES))
def test_a_sentence_is_whole_whatever_the_entry_does_not_say(action: str) -> None:
    bare = sentence(row(action, "device"), Names())
    assert bare and "{" not in bare and "  " not in bare
    assert not subject_words(action.partition(".")[0]).count("_")


NAMES = Names({"device": {ID: "Lobby 3"}, "user": {ID: "bob@b.c"}})
KEY = {"actor_kind": ActorKind.KEY, "user_email": "key Fire panel", "on_behalf_of": "ana@b.c"}
SYSTEM = {"actor_kind": ActorKind.SYSTEM, "user_id": None, "user_email": "clarion"}
ROOT = {"user_email": "root@cms.local", "on_behalf_of": "SYSTEM"}
TOLD = [
    (row("device.changed", "device"), "ana@hospital.example changed screen Lobby 3"),
    (row("device.changed", "device", OTHER), "ana@hospital.example changed screen 3f2a91c0…"),
    (
        row("device.drilled", "device", details={"proven": True, "took_ms": 43}),
        "ana@hospital.example tried the way of an alert to screen Lobby 3: "
        "it proved within 43 ms that it would show one",
    ),
    (
        row("device.drilled", "device", details={"proven": False, "reason": "the screen is offline"}),
        "ana@hospital.example tried the way of an alert to screen Lobby 3: the screen is offline",
    ),
    (
        row("emergency.created", "emergency", details={"title": "Fire"}, **KEY),
        "key Fire panel triggered the emergency Fire",
    ),
    (
        row("tenant.entered", "tenant", "t", details={"reason": "Ticket 4711"}, **ROOT),
        "root@cms.local (ROOT, from SYSTEM) entered this tenant: Ticket 4711",
    ),
    (
        row("media.submitted", "media", details={"name": "Menu", "number": 2}),
        "ana@hospital.example submitted version 2 of Menu for approval",
    ),
    (
        row("media.rejected", "media", details={"name": "Menu", "number": 2, "reason": "Too dark"}),
        "ana@hospital.example rejected version 2 of Menu: Too dark",
    ),
    (
        row("content_rules.changed", "content_rules", None),
        "ana@hospital.example changed the rules of contents",
    ),
    (
        row("upload.completed", "upload", details={"name": "a.png"}),
        "ana@hospital.example uploaded file a.png",
    ),
    (row("user.changed", "user"), "ana@hospital.example changed bob@b.c"),
    (row("user.changed", "user", "u"), "ana@hospital.example changed their own account"),
    (row("user.signed_out", "session"), "ana@hospital.example signed out"),
    (row("user.signed_out", "user"), "ana@hospital.example signed bob@b.c out everywhere"),
    (
        row("user.sign_in_refused", "user", **{**SYSTEM, "user_email": "bob@b.c"}),
        "Somebody tried to sign in as bob@b.c and was refused",
    ),
    (
        row("user.password_set", "user", details={"email": "bob@b.c", "by": "command line"}, **SYSTEM),
        "Clarion (command line) set the password of bob@b.c",
    ),
    (
        row("command.queued", "device", details={"command": "reload_playlist"}),
        "ana@hospital.example sent Reload playlist to screen Lobby 3",
    ),
    (
        row("bulk_command.queued", "bulk_command", details={"command": "reboot", "scope_text": "site Annex"}),
        "ana@hospital.example sent Reboot to site Annex",
    ),
    (
        row(
            "request.denied",
            "route",
            "GET /api/v1/users/{user_id}",
            details={"path": "/api/v1/users/7", "reason": "No.", "times": 3},
        ),
        "ana@hospital.example was denied GET /api/v1/users/7, 3 times",
    ),
    (row("request.denied", "route", "others"), "ana@hospital.example was denied others"),
    (
        row("audit.verified", "audit_log", None, details={"faults": 2}),
        "ana@hospital.example verified the audit log: 2 things do not fit",
    ),
    (row("thing.made", "thing", "4"), "ana@hospital.example: thing: made (thing 4)"),
]


@pytest.mark.parametrize(("entry", "words"), TOLD, ids=[words for _, words in TOLD])
def test_an_entry_is_one_plain_sentence(entry: AuditRow, words: str) -> None:
    assert sentence(entry, NAMES, tenant_id="t") == words


def test_what_an_entry_calls_a_thing_is_what_it_was_called_then() -> None:
    names = Names({"site": {ID: "New name"}})
    assert sentence(row("site.created", "site", details={"name": "Old name"}), names).endswith(
        "site Old name"
    )


def test_a_thing_that_is_gone_has_the_name_that_other_entries_know() -> None:
    names = Names()
    names.learn([row("user.deleted", "user", details={"email": "bob@b.c"})])
    assert sentence(row("user.roles_changed", "user"), names).endswith("changed the roles of bob@b.c")
    assert not names.is_there("user", ID)


def test_beside_the_sentence_stands_what_changed_why_not_and_from_where() -> None:
    assert note(row("site.changed", "site", details={"before": {}, "after": {"site_id": 1}})) == "site"
    assert note(row("request.denied", "route", "x", details={"reason": "You may not."})) == "“You may not.”"
    assert note(row("site.changed", "site", **KEY)) == "made by ana@b.c"
    assert origin(row("x.y", "z", ip_address="192.0.2.7", user_agent="curl/8")) == "192.0.2.7, Curl"
    assert origin(row("x.y", "z")) == ""


def test_before_and_after_stand_side_by_side_and_say_what_came_and_went() -> None:
    names = Names({"site": {ID: "Annex"}})
    details = {
        "before": {"name": "A", "site_id": None, "roles": ["X", "Y"], "tags": {"floor": "1"}, "on": True},
        "after": {"name": "B", "site_id": ID, "roles": ["Y", "Z"], "tags": {}, "on": False},
    }
    assert Reader(names, BERLIN).differences(details) == [
        Difference("name", "changed", [Item("A", "went")], [Item("B", "came")]),
        Difference("site", "added", [], [Item("Annex", "came")]),
        Difference(
            "roles",
            "changed",
            [Item("X", "went"), Item("Y", "stayed")],
            [Item("Y", "stayed"), Item("Z", "came")],
        ),
        Difference("tags: floor", "removed", [Item("1", "went")], []),
        Difference("on", "changed", [Item("yes", "went")], [Item("no", "came")]),
    ]


def test_all_else_is_told_as_people_say_it() -> None:
    details = {
        "before": {},
        "entries": 12408,
        "permissions": ["audit:read", "gone:by"],
        "expires_at": "2030-07-01T12:00:00Z",
        "filter": {"action": "device."},
        "hours": [["08:00", "18:00"]],
        "reason": "",
        "user_ids": [ID, OTHER],
    }
    assert Reader(NAMES, BERLIN).facts(details) == [
        ("entries", "12,408"),
        ("permissions", "read the audit log, gone:by"),
        ("expires at", "2030-07-01 14:00:00"),
        ("filter: action", "device."),
        ("hours", "08:00 – 18:00"),
        ("reason", "nothing"),
        ("users", f"Lobby 3, {OTHER}"),
    ]


def test_a_verdict_is_one_sentence() -> None:
    whole = AuditVerdict(12408, 1, 12408, "ff", 0, [], AT, AT)
    assert verdict_words(whole, BERLIN) == (
        "12,408 entries from 2030-01-01 13:00:00 to 2030-01-01 13:00:00, none edited, removed or moved."
    )
    archived = msgspec.structs.replace(whole, archived=400, first_at=None)
    assert verdict_words(archived, BERLIN) == (
        "12,408 entries, number 1 to 12,408, none edited, removed or moved. 400 of them are in archives."
    )
    broken = msgspec.structs.replace(whole, entries=1, faults=[AuditFault(1, "Entry 1 was edited.")])
    assert verdict_words(broken, BERLIN).startswith("1 thing does not fit among 1 entry from ")
    assert verdict_words(AuditVerdict(0, 0, 0, "", 0, []), BERLIN).startswith("There is no entry yet")


def test_actions_and_fields_are_called_what_people_call_them() -> None:
    assert action_words("device.token_rotated") == "screen: token rotated"
    assert [field_words(name) for name in ("site_id", "group_ids", "full_name")] == [
        "site",
        "groups",
        "full name",
    ]


def test_filters_come_back_from_the_address_they_were_put_into() -> None:
    wanted = Wanted(text="a b&c", since="2030-01-01", action="device.", outcome="denied", seq="7")
    address = wanted.address()
    assert address == "/audit?text=a+b%26c&from=2030-01-01&action=device.&outcome=denied&seq=7"
    assert Wanted.of(dict(parse_qsl(urlsplit(address).query))) == wanted
    assert Wanted().address() == "/audit" and Wanted().asked == 0 and wanted.asked == 5


def test_what_is_no_filter_is_not_asked_for() -> None:
    said = {"from": "yesterday", "to": "0001-01-01", "outcome": "maybe", "seq": "-1", "actor": "x" * 300}
    assert Wanted.of(said) == Wanted(actor="x" * 200)


def test_days_are_those_of_the_browsers_zone_and_the_last_one_is_included() -> None:
    asked = Wanted(since="2030-03-31", until="2030-03-31").question(BERLIN)
    assert asked == {"from": "2030-03-31T00:00:00+01:00", "to": "2030-04-01T00:00:00+02:00"}
