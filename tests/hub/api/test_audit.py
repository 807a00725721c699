"""The audit log over HTTP: read by filter, exported with its chain, verified; and denials are in it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.audit_files import follow_file
from hub.features import AUDIT_EXPORT
from hub.use_cases.audit import Done
from hub.use_cases.audit_log import WINDOW, Filter
from persistence.transaction import Transaction
from protocol.audit import AuditSeal
from protocol.vocabulary import ActorKind, Permission, RoleName
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant

NOW = datetime(2030, 1, 1, tzinfo=UTC)


async def fill(api: Api, tenant: Tenant, number: int = 9) -> None:
    """So many entries, a minute apart: `thing.made` and `thing.moved` in turn, of things 1, 2, 3 …"""

    def write(tx: Transaction) -> None:
        tx.audit.add(
            [
                Done(
                    NOW + timedelta(minutes=each),
                    ActorKind.USER,
                    tenant.admin.user_id,
                    f"Person{each % 3}@example",
                    "thing.made" if each % 2 else "thing.moved",
                    "thing",
                    str(each),
                    {"colour": "green" if each == 4 else "red"},
                    ip_address="192.0.2.7",
                    request_id=f"request-{each}",
                )
                for each in range(1, number + 1)
            ]
        )

    await api.database.transact(tenant.id, write)


async def found(api: Api, tenant: Tenant, query: str) -> list[int]:
    """The numbers of the things, as the filter finds them; what others wrote is left out."""
    reply = await api.get(f"/api/v1/audit?{query}", tenant.admin)
    assert reply.status == 200, reply.body
    return [int(row["target_id"]) for row in reply.body["items"] if row["target_type"] == "thing"]


FOUND = [
    ("", [9, 8, 7, 6, 5, 4, 3, 2, 1]),
    ("action=thing.moved", [8, 6, 4, 2]),
    ("action=thing.&target_id=3", [3]),
    ("action=made", []),
    ("actor=person1", [7, 4, 1]),
    ("target_type=thing&limit=2", [9, 8]),
    ("target_type=device", []),
    ("request_id=request-5", [5]),
    ("text=GREEN", [4]),
    ("text=192.0.2.7&action=thing&limit=1", [9]),
    ("outcome=done&target_type=thing&limit=1", [9]),
    ("outcome=denied", []),
    ("seq=4", [4]),
    ("seq=4&action=thing.made", []),
    ("seq=400", []),
    ("from=2030-01-01T00:08:00Z&target_type=thing", [9, 8]),
    ("from=2030-01-01T00:02:00Z&to=2030-01-01T01:04:00%2B01:00", [3, 2]),
]


async def test_a_filter_finds_what_it_says(api: Api, tenant: Tenant) -> None:
    await fill(api, tenant)
    for query, things in FOUND:
        assert await found(api, tenant, query) == things, query
    assert len(await found(api, tenant, f"actor={tenant.admin.user_id}")) == 9
    assert await found(api, tenant, f"actor={tenant.id}") == []


async def test_pages_follow_each_other_while_the_log_grows(api: Api, tenant: Tenant) -> None:
    await fill(api, tenant)
    seen, cursor = [], ""
    while True:
        reply = await api.get(f"/api/v1/audit?target_type=thing&limit=4{cursor}", tenant.admin)
        seen += [int(row["target_id"]) for row in reply.body["items"]]
        if reply.body["next_cursor"] is None:
            break
        cursor = f"&cursor={reply.body['next_cursor']}"
        await fill(api, tenant, 2)
    assert seen == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert (await api.get("/api/v1/audit?cursor=made-up", tenant.admin)).status == 422


async def test_rare_entries_are_found_window_by_window(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert WINDOW == 100_000
    monkeypatch.setattr("hub.use_cases.audit_log.WINDOW", 2)
    await fill(api, tenant, 30)
    assert await found(api, tenant, "target_id=25") == [25]
    reply = await api.get("/api/v1/audit?target_id=2", tenant.admin)
    assert reply.body["items"] == [], "a page looks through ten windows"
    again = await found(api, tenant, f"target_id=2&cursor={reply.body['next_cursor']}")
    assert again == [2]


async def test_what_is_no_filter_is_refused_by_name(api: Api, tenant: Tenant) -> None:
    for query in ("colour=red", "from=yesterday", "from=2030-01-01T00:00:00", "outcome=maybe", "text="):
        reply = await api.get(f"/api/v1/audit?{query}", tenant.admin)
        assert reply.status == 422
        assert list(reply.body["fields"]) == [query.partition("=")[0]]


async def test_reading_is_audited_once_for_a_filter(api: Api, tenant: Tenant) -> None:
    await fill(api, tenant)
    first = await api.get("/api/v1/audit?action=thing.&limit=4", tenant.admin)
    await api.get(f"/api/v1/audit?action=thing.&limit=4&cursor={first.body['next_cursor']}", tenant.admin)
    await api.get("/api/v1/audit?action=thing.&limit=4", tenant.admin)
    await api.get("/api/v1/audit?from=2030-01-01T00:00:00Z", tenant.admin)
    assert [(row[1], row[3]) for row in api.audited("audit.read")] == [
        (tenant.admin.email, {"filter": {"action": "thing."}}),
        (tenant.admin.email, {"filter": {"since": "2030-01-01T00:00:00+00:00"}}),
    ]


async def test_the_actions_in_use_are_listed(api: Api, tenant: Tenant) -> None:
    await fill(api, tenant)
    reply = await api.get("/api/v1/audit/actions", tenant.admin)
    actions = {item["action"]: item["entries"] for item in reply.body["items"]}
    assert actions == {"thing.made": 5, "thing.moved": 4}


async def test_an_export_carries_the_chain(api: Api, tenant: Tenant, tmp_path: Path) -> None:
    await fill(api, tenant)
    reply = await api.get("/api/v1/audit/export?format=jsonl", tenant.admin)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/x-ndjson"
    assert "attachment" in reply.headers["Content-Disposition"]
    lines = export_lines(reply)
    file = tmp_path / "export.jsonl"
    file.write_bytes(b"".join(lines))
    chain = follow_file(file)
    assert (chain.entries, chain.faults) == (9, [])
    file.write_bytes(b"".join(lines).replace(b"green", b"blue"))
    assert [fault.seq for fault in follow_file(file).faults] == [4]
    ((_, by, _, details),) = api.audited("audit.exported")
    assert (by, details) == (tenant.admin.email, {"format": "jsonl", "after": 0, "up_to": 9, "filter": {}})


def export_lines(reply: Any) -> list[bytes]:
    body: bytes = reply.body
    return body.splitlines(keepends=True)


async def test_an_export_that_is_cut_says_so_and_goes_on(
    api: Api, tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.use_cases.audit_log._EXPORT_AT_ONCE", 2)
    await fill(api, tenant)
    export = api.use_cases.audit_log.export
    ends: list[AuditSeal] = []
    after = 0
    while not ends or ends[-1].has_more:
        begun = await export(tenant.admin, Filter(), "jsonl", after=after, limit=5)
        file = tmp_path / "part.jsonl"
        file.write_bytes(b"".join([chunk async for chunk in begun.chunks]))
        assert follow_file(file).faults == []
        ends.append(msgspec.json.decode(file.read_bytes().splitlines()[-1], type=AuditSeal))
        after = ends[-1].last_seq
    assert [(seal.first_seq, seal.last_seq, seal.has_more) for seal in ends[:2]] == [
        (1, 5, True),
        (6, 10, False),
    ]
    assert all(later.previous_hash == earlier.head for earlier, later in pairwise(ends))


async def test_a_filtered_export_has_only_what_fits_and_is_sealed(
    api: Api, tenant: Tenant, tmp_path: Path
) -> None:
    await fill(api, tenant)
    reply = await api.get("/api/v1/audit/export?format=jsonl&action=thing.moved", tenant.admin)
    file = tmp_path / "export.jsonl"
    lines = export_lines(reply)
    file.write_bytes(b"".join(lines))
    assert (follow_file(file).entries, follow_file(file).faults) == (4, [])
    file.write_bytes(b"".join([lines[0], *lines[2:]]))
    assert follow_file(file).faults
    nothing = await api.get("/api/v1/audit/export?format=jsonl&action=none", tenant.admin)
    file.write_bytes(b"".join(export_lines(nothing)))
    assert (follow_file(file).entries, follow_file(file).faults) == (0, [])


async def test_a_spreadsheet_gets_columns(api: Api, tenant: Tenant) -> None:
    await fill(api, tenant)
    reply = await api.get("/api/v1/audit/export?format=csv&target_id=4", tenant.admin)
    assert reply.headers["Content-Type"].startswith("text/csv")
    ((row),) = csv.DictReader(io.StringIO(reply.body.decode()))
    assert (row["seq"], row["user_email"], row["ip_address"]) == ("4", "Person1@example", "192.0.2.7")
    assert row["details"] == '{"colour":"green"}'


async def test_verifying_names_what_was_edited_and_is_audited(api: Api, tenant: Tenant) -> None:
    await fill(api, tenant)
    whole = await api.post("/api/v1/audit/verify", None, tenant.admin)
    assert (whole.body["entries"], whole.body["last_seq"], whole.body["faults"]) == (9, 9, [])
    assert len(whole.body["head"]) == 64
    assert (whole.body["first_at"], whole.body["last_at"]) == ("2030-01-01T00:01:00Z", "2030-01-01T00:09:00Z")
    api.rows("ALTER TABLE audit_log DISABLE TRIGGER ALL")
    api.rows("UPDATE audit_log SET details = '{}' WHERE tenant_id = %s AND seq = 4", tenant.id)
    edited = await api.post("/api/v1/audit/verify", None, tenant.admin)
    assert [fault["seq"] for fault in edited.body["faults"]] == [4]
    assert [row[3]["faults"] for row in api.audited("audit.verified")] == [0, 1]


async def test_the_log_is_the_tenants_own(api: Api, tenant: Tenant, neighbour: Tenant) -> None:
    await fill(api, tenant)
    assert await found(api, neighbour, "") == []
    assert await found(api, neighbour, f"actor={tenant.admin.user_id}") == []
    reply = await api.get("/api/v1/audit/export?format=jsonl", neighbour.admin)
    assert b"thing" not in reply.body
    actions = await api.get("/api/v1/audit/actions", neighbour.admin)
    assert "thing.made" not in str(actions.body)


async def test_only_who_may_read_all_of_it_reads_it(api: Api, tenant: Tenant) -> None:
    (site,) = api.rows("INSERT INTO sites (tenant_id, name) VALUES (%s, 'A') RETURNING id", tenant.id)
    limited = api.person(tenant, RoleName.TENANT_ADMIN, sites=[site[0]])
    viewer = api.person(tenant, RoleName.DEVICE_ADMIN)
    auditor = api.person(tenant, permissions=[Permission.AUDIT_READ])
    api.rows("INSERT INTO features (tenant_id, key) VALUES (%s, %s)", tenant.id, AUDIT_EXPORT)
    for path, method in (
        ("/api/v1/audit", "GET"),
        ("/api/v1/audit/actions", "GET"),
        ("/api/v1/audit/export?format=csv", "GET"),
        ("/api/v1/audit/verify", "POST"),
    ):
        for person in (limited, viewer):
            assert (await api.call(method, path, None, person)).status == 403
        status = (await api.call(method, path, None, auditor)).status
        assert status == (403 if "export" in path else 200), "the feature is switched on for nobody"
        assert (await api.call(method, path)).status == 401


async def test_a_key_that_asks_for_what_is_for_people_is_denied_on_record(api: Api, tenant: Tenant) -> None:
    made = await api.post(
        "/api/v1/api-keys", {"name": "Till", "permissions": [Permission.SCREENS_VIEW]}, tenant.admin
    )
    assert made.status == 201, made.body
    headers = {"Authorization": f"Bearer {made.body['secret']}"}
    assert (await api.get("/api/v1/users/me", None, **headers)).status == 403
    assert (await api.get("/api/v1/audit", None, **headers)).status == 403
    await api.use_cases.denials.write()
    denied = await api.get("/api/v1/audit?outcome=denied", tenant.admin)
    assert [(row["actor_kind"], row["target_id"]) for row in denied.body["items"]] == [
        ("key", "GET /api/v1/audit"),
        ("key", "GET /api/v1/users/me"),
    ]


async def test_denials_are_recorded_with_who_where_and_why(api: Api, tenant: Tenant) -> None:
    viewer = api.person(tenant, RoleName.VIEWER)
    device_id = "00000000-0000-0000-0000-000000000001"
    for _ in range(3):
        path = f"/api/v1/devices/{device_id}/revoke"
        reply = await api.call("POST", path, None, viewer, X_Request_ID="it-was-me", User_Agent="curl")
        assert reply.status == 403
    assert (await api.get("/api/v1/devices", viewer)).status == 200
    assert (await api.get(f"/api/v1/devices/{device_id}", viewer)).status == 404
    await api.use_cases.denials.write()
    (row,) = api.rows(
        "SELECT user_email, target_type, target_id, outcome, request_id, user_agent, details"
        " FROM audit_log WHERE action = 'request.denied'"
    )
    assert row[:6] == (
        viewer.email,
        "route",
        "POST /api/v1/devices/{device_id}/revoke",
        "denied",
        "it-was-me",
        "curl",
    )
    assert (row[6]["path"], row[6]["times"]) == (path, 3)
    assert "do not allow you" in row[6]["reason"]
    outcome = await api.get("/api/v1/audit?outcome=denied", tenant.admin)
    assert [entry["user_email"] for entry in outcome.body["items"]] == [viewer.email]
