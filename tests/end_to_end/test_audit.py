"""The audit log of a running hub: what was done and denied is in it, comes out as a file, and verifies."""

from __future__ import annotations

from pathlib import Path

from hub.audit_files import follow_file
from persistence.owner import connect_as_owner
from tests.hub.hub_process import HubProcess


def test_an_export_of_a_running_hub_verifies_and_a_denial_outlives_its_stop(
    hub: HubProcess, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "export.jsonl"
    with hub.sign_in() as client:
        assert client.post("/api/v1/user-groups", json={"name": "Night shift"}).status_code == 201
        with client.stream("GET", "/api/v1/audit/export", params={"format": "jsonl"}) as reply:
            assert reply.headers["transfer-encoding"] == "chunked"
            file.write_bytes(b"".join(reply.iter_bytes()))
        verdict = client.post("/api/v1/audit/verify").json()
        denied = client.get("/api/v1/tenants")
        assert denied.status_code == 403
    hub.stop()
    chain = follow_file(file)
    assert chain.faults == []
    assert b"user_group.created" in file.read_bytes()
    assert (verdict["faults"], verdict["entries"]) == ([], chain.entries + 1), "the export is the one more"
    with connect_as_owner(database_url) as connection:
        rows = connection.execute(
            "SELECT target_id, request_id FROM audit_log WHERE action = 'request.denied'"
        ).fetchall()
    assert rows == [("GET /api/v1/tenants", denied.headers["X-Request-ID"])]
