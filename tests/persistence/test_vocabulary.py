"""The words of the protocol and those that PostgreSQL lets in are the same words."""

from __future__ import annotations

import re
from collections.abc import Iterable

import psycopg
import pytest

from hub.use_cases.devices import Status
from persistence.repositories import devices
from protocol import vocabulary

_CHECKED: list[tuple[str, str, Iterable[str]]] = [
    ("devices", "status", vocabulary.DeviceStatus),
    ("devices", "presence", vocabulary.Presence),
    ("devices", "presence_reason", vocabulary.PresenceReason),
    ("devices", "playback", vocabulary.PlaybackState),
    ("device_heartbeats", "playback", vocabulary.PlaybackState),
    ("commands", "command", vocabulary.OPERATOR_COMMANDS),
    ("commands", "status", vocabulary.CommandStatus),
    ("emergencies", "severity", vocabulary.Severity),
    ("emergencies", "status", vocabulary.EmergencyStatus),
    ("emergency_ledger", "state", vocabulary.LedgerState),
    ("emergency_ledger", "missing", vocabulary.MissingReason),
    ("tenants", "status", vocabulary.TenantStatus),
    ("one_time_links", "purpose", vocabulary.LinkPurpose),
    ("audit_log", "actor_kind", vocabulary.ActorKind),
    ("audit_log", "outcome", vocabulary.AuditOutcome),
    ("media", "kind", vocabulary.MediaKind),
    ("media", "processing", vocabulary.Processing),
    ("media", "status", vocabulary.MediaStatus),
    ("playlist_items", "transition", vocabulary.Transition),
]


@pytest.mark.parametrize(("table", "column", "words"), _CHECKED)
def test_a_check_constraint_lets_in_the_words_of_the_protocol_and_no_others(
    database_url: str, table: str, column: str, words: Iterable[str]
) -> None:
    with psycopg.connect(database_url) as connection:
        constraints = connection.execute(
            """
            SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
              JOIN pg_attribute a ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum]
             WHERE k.contype = 'c' AND k.conrelid = %s::regclass AND a.attname = %s
            """,
            (table, column),
        ).fetchall()
    assert len(constraints) == 1
    assert set(re.findall(r"'([^']*)'::text", constraints[0][0])) == {str(word) for word in words}


def test_the_built_in_roles_of_the_database_are_those_of_the_protocol(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'roles_built_in_check'"
        ).fetchone()
    assert row is not None
    assert set(re.findall(r"'([^']*)'::text", row[0])) == {str(role) for role in vocabulary.RoleName}


def test_every_status_that_can_be_asked_for_has_its_query() -> None:
    assert set(devices._STATUS) == set(Status.__args__)  # type: ignore[attr-defined]  # a Literal


def test_open_commands_are_the_same_in_queries_and_in_the_protocol(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'commands_open'"
        ).fetchone()
    assert row is not None
    words = re.findall(r"'([^']*)'::text", row[0])
    assert set(words) == {str(status) for status in vocabulary.OPEN_COMMAND_STATUSES}
