"""Whatever the owner of the tables does to the audit log, `clarion audit verify` says where."""

from __future__ import annotations

import csv
import gzip
import io
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from typer.testing import CliRunner, Result

from hub.audit_files import AuditArchives
from hub.command_line import app, main
from hub.use_cases.audit import Done
from hub.use_cases.audit_archiving import anchor_tenant
from persistence.database import Database
from persistence.owner import Owner, connect_as_owner
from protocol.vocabulary import ActorKind

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=400)


class Log:
    """A tenant with twelve entries, of which the first six are old; and the command on its database."""

    def __init__(self, database_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.database_url, self.data_dir = database_url, data_dir
        monkeypatch.setenv("CLARION_DATABASE_URL", database_url)
        monkeypatch.setenv("CLARION_DATA_DIR", str(data_dir))
        with connect_as_owner(database_url) as connection:
            self.tenant = Owner(connection).add_tenant("Ours")
        for number in range(1, 13):
            self.add(f"=cmd|'/c calc'!A{number}", OLD if number <= 6 else NOW)

    def add(self, email: str, at: datetime = NOW) -> None:
        with connect_as_owner(self.database_url) as connection:
            done = Done(at, ActorKind.USER, None, email, "thing.done", "thing", "-1", {"ü": [1.50, None]})
            Owner(connection).within(self.tenant).audit.add([done._replace(ip_address="192.0.2.7")])

    def tamper(self, sql: str, *values: Any) -> None:
        """As the owner, with the triggers off."""
        with connect_as_owner(self.database_url) as connection:
            connection.execute("ALTER TABLE audit_log DISABLE TRIGGER ALL")
            connection.execute(sql.encode(), values)
            connection.execute("ALTER TABLE audit_log ENABLE TRIGGER ALL")

    def seqs(self) -> list[int]:
        with connect_as_owner(self.database_url) as connection:
            rows = connection.execute(
                "SELECT seq FROM audit_log WHERE tenant_id = %s ORDER BY seq", (self.tenant,)
            )
            return [row[0] for row in rows]

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["audit", *arguments])

    def verify(self, *arguments: str) -> tuple[int, list[str]]:
        """Exit status, and the faults."""
        result = self.run("verify", "--tenant", self.tenant, *arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, [line.strip() for line in result.stdout.splitlines()[1:]]


@pytest.fixture
def log(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Log:
    return Log(database_url, tmp_path, monkeypatch)


def test_a_log_as_it_was_written_is_whole(log: Log) -> None:
    assert log.verify() == (0, [])
    everybody = log.run("verify")
    assert everybody.exit_code == 0
    assert f"Ours ({log.tenant}): 12 entries, each as it was written." in everybody.stdout


TAMPERED = [
    (
        "UPDATE audit_log SET user_email = 'nobody' WHERE seq = 5",
        "Entry 5 was edited: what it says does not have the hash it had.",
    ),
    (
        "UPDATE audit_log SET details = '{}' WHERE seq = 12",
        "Entry 12 was edited: what it says does not have the hash it had.",
    ),
    (
        "UPDATE audit_log SET at = at + interval '1 microsecond' WHERE seq = 1",
        "Entry 1 was edited: what it says does not have the hash it had.",
    ),
    (
        "UPDATE audit_log a SET action = 'x', hash = sha256(previous_hash || convert_to("
        "audit_entry(jsonb_populate_record(a, '{\"action\": \"x\"}')), 'UTF8')) WHERE seq = 5",
        "Entry 6 does not follow entry 5 as it is now: one was replaced.",
    ),
    ("DELETE FROM audit_log WHERE seq = 1", "Entry 1 is missing: entry 2 comes after entry 0."),
    ("DELETE FROM audit_log WHERE seq = 7", "Entry 7 is missing: entry 8 comes after entry 6."),
    ("DELETE FROM audit_log WHERE seq > 9", "Entries 10 to 12 are missing: entry 12 was the last one."),
    ("DELETE FROM audit_log", "Entries 1 to 12 are missing: entry 12 was the last one."),
    (
        "INSERT INTO audit_log (tenant_id, seq, user_email, action, target_type, previous_hash, hash)"
        " SELECT tenant_id, 13, 'me', 'a.b', 'c', hash, hash FROM audit_log WHERE seq = 12",
        "Entry 13 was put there: entry 12 was the last one.",
    ),
    (
        "DELETE FROM audit_heads",
        "The record of the last entry was removed: entries after 12 may have been removed too.",
    ),
    ("UPDATE audit_heads SET hash = sha256('x')", "Entry 12 was replaced: the last one had another hash."),
]


def test_what_the_owner_of_the_tables_does_is_named(log: Log) -> None:
    log.tamper("CREATE TABLE kept AS TABLE audit_log")
    log.tamper("CREATE TABLE kept_heads AS TABLE audit_heads")
    for change, fault in TAMPERED:
        log.tamper(change)
        assert log.verify() == (1, [fault]), change
        log.tamper("DELETE FROM audit_log")
        log.tamper("INSERT INTO audit_log OVERRIDING SYSTEM VALUE TABLE kept")
        log.tamper("DELETE FROM audit_heads")
        log.tamper("INSERT INTO audit_heads TABLE kept_heads")
        assert log.verify() == (0, [])


def test_two_that_were_swapped_are_both_named(log: Log) -> None:
    for number, to in ((4, -1), (9, 4), (-1, 9)):
        log.tamper("UPDATE audit_log SET seq = %s WHERE seq = %s", to, number)
    status, faults = log.verify()
    assert status == 1
    edited = "was edited: what it says does not have the hash it had."
    assert [fault for fault in faults if "edited" in fault] == [f"Entry 4 {edited}", f"Entry 9 {edited}"]


def test_contents_that_were_swapped_with_their_hashes_are_named(log: Log) -> None:
    log.tamper(
        "UPDATE audit_log a SET user_email = b.user_email, previous_hash = b.previous_hash, hash = b.hash"
        " FROM audit_log b WHERE (a.seq, b.seq) IN ((4, 9), (9, 4))"
    )
    status, faults = log.verify()
    assert status == 1
    assert {"Entry 4", "Entry 9"} <= {fault[:7] for fault in faults}


def test_another_tenants_fault_is_not_ours(log: Log) -> None:
    with connect_as_owner(log.database_url) as connection:
        theirs = Owner(connection).add_tenant("Theirs")
        done = Done.by_clarion(NOW, "thing.done", "thing", None, {})
        Owner(connection).within(theirs).audit.add([done, done])
    log.tamper("UPDATE audit_log SET action = 'x' WHERE seq = 2 AND tenant_id = %s", theirs)
    assert log.verify() == (0, [])
    result = log.run("verify")
    assert result.exit_code == 1
    assert "  Entry 2 was edited" in result.stdout


def test_what_is_archived_is_verified_with_the_rest(log: Log) -> None:
    assert log.run("archive", "--days", "365", "--tenant", log.tenant).stdout.endswith("6 entries archived\n")
    assert log.seqs() == [7, 8, 9, 10, 11, 12, 13]
    archive = log.data_dir / "archive" / "audit" / log.tenant / "1-6.jsonl.gz"
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert stat.S_IMODE(archive.parent.stat().st_mode) == 0o700
    result = log.run("verify")
    assert f"Ours ({log.tenant}): 13 entries, 6 of them archived, each as it was written." in result.stdout
    assert log.run("verify", "--file", str(archive)).exit_code == 0
    with connect_as_owner(log.database_url) as connection:
        (row,) = connection.execute(
            "SELECT a.action, a.details ->> 'file', a.details ->> 'last_hash' = encode(r.last_hash, 'hex')"
            " FROM audit_log a, audit_archives r WHERE a.seq = 13"
        )
    assert row == ("audit.archived", f"{log.tenant}/1-6.jsonl.gz", True)
    assert "0 entries archived" in log.run("archive", "--days", "365").stdout
    log.add("later")
    assert log.verify() == (0, [])


def test_an_archive_that_is_edited_or_gone_is_named(log: Log) -> None:
    log.run("archive", "--days", "365")
    archive = log.data_dir / "archive" / "audit" / log.tenant / "1-6.jsonl.gz"
    packed = archive.read_bytes()
    text = gzip.decompress(packed)
    archive.write_bytes(gzip.compress(text.replace(b"A3", b"A9")))
    assert log.verify() == (1, ["Entry 3 was edited: what it says does not have the hash it had."])
    archive.write_bytes(gzip.compress(b"".join(text.splitlines(keepends=True)[:4])))
    assert log.verify() == (1, ["Entries 5 to 6 are missing: entry 6 was the last one."])
    archive.write_bytes(packed[: len(packed) // 2])
    assert log.verify()[1][0].startswith(
        f"The archive {log.tenant}/1-6.jsonl.gz of entries 1 to 6 is damaged"
    )
    archive.unlink()
    status, (fault,) = log.verify()
    assert (status, "cannot be read (No such file or directory)" in fault) == (1, True)
    assert log.verify("--no-archives") == (0, [])
    log.tamper("DELETE FROM audit_archives")
    assert log.verify()[1][0] == "Entries 1 to 6 are missing: entry 7 comes after entry 0."


def test_a_chain_with_a_fault_is_not_archived(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    log.tamper("UPDATE audit_log SET action = 'x' WHERE seq = 2")
    result = log.run("archive", "--days", "365")
    assert "Entry 2 was edited" in str(result.exception)
    assert log.seqs() == list(range(1, 13))


def test_nothing_goes_when_the_file_cannot_be_written(log: Log) -> None:
    (log.data_dir / "archive").write_text("in the way")
    result = log.run("archive", "--days", "365")
    assert "The archive cannot be written" in str(result.exception)
    assert log.seqs() == list(range(1, 13))


def test_an_export_is_verified_without_a_database(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "log.jsonl"
    assert log.run("export", "--tenant", log.tenant, "--output", str(file)).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.setenv("CLARION_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    whole = log.run("verify", "--file", str(file))
    assert (whole.exit_code, whole.stdout) == (0, f"{file}: 12 entries, each as it was written.\n")
    lines = file.read_bytes().splitlines(keepends=True)
    for damaged, fault in (
        ([*lines[:4], lines[4].replace(b"calc", b"good"), *lines[5:]], "Entry 5 was edited"),
        ([*lines[:4], *lines[5:]], "Entry 5 is missing"),
        (lines[2:], "Entries 1 to 2 are missing"),
        ([*lines[:10], lines[-1]], "Entries 11 to 12 are missing"),
        (lines[:-1], "The file ends after entry 12 without a seal"),
        ([*lines[:4], lines[7], *lines[5:7], lines[4], *lines[8:]], "Entry 6 stands after entry 8"),
    ):
        file.write_bytes(b"".join(damaged))
        found = log.run("verify", "--file", str(file))
        assert found.exit_code == 1
        assert fault in found.stdout
    file.write_bytes(b"something else\n")
    assert "is not an audit log" in str(log.run("verify", "--file", str(file)).exception)


def test_a_spreadsheet_finds_no_formula_in_an_export(log: Log, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    for sign in ("+", "-", "@", "\t", "＝"):
        log.add(f"{sign}1+1")
    assert log.run("export", "--tenant", log.tenant, "--output", str(file), "--format", "csv").exit_code == 0
    rows = list(csv.DictReader(io.StringIO(file.read_text(), newline="")))
    assert len(rows) == 17
    assert rows[0]["user_email"] == "'=cmd|'/c calc'!A1"
    assert rows[0]["ip_address"] == "192.0.2.7"
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    assert rows[1]["previous_hash"] == rows[0]["hash"]


def test_what_cannot_be_done_is_one_line(
    log: Log, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["clarion", "audit", "verify", "--tenant", "nobody"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert (ended.value.code, said.count("\n")) == (1, 1)
    assert "There is no tenant nobody" in said


def write_anew(log: Log) -> None:
    """What only an owner who means it can do: another history, every hash and the head anew."""
    log.tamper("UPDATE audit_log SET user_email = 'nobody' WHERE seq = 3")
    log.tamper(
        """DO $$ DECLARE r audit_log; head bytea := decode(repeat('00', 32), 'hex'); BEGIN
        FOR r IN SELECT * FROM audit_log ORDER BY seq LOOP
            UPDATE audit_log SET previous_hash = head,
                                 hash = sha256(head || convert_to(audit_entry(r), 'UTF8'))
             WHERE id = r.id RETURNING hash INTO head;
        END LOOP;
        UPDATE audit_heads SET hash = head; END $$"""
    )


def anchor(log: Log) -> Path:
    async def note() -> None:
        async with Database(log.database_url, pool_size=1) as database:
            await anchor_tenant(database, AuditArchives(log.data_dir), log.tenant, NOW)

    trio.run(note)
    return log.data_dir / "archive" / "audit" / log.tenant / "anchors.jsonl"


def test_a_chain_written_anew_from_end_to_end_does_not_fit_its_anchor(log: Log) -> None:
    file = anchor(log)
    assert anchor(log).read_bytes().count(b"\n") == 1, "the head was the same"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    log.add("later")
    assert log.verify() == (0, [])
    write_anew(log)
    assert log.verify() == (
        1,
        ["Entry 12 is not the one that was anchored: entries up to it were written anew."],
    )


def test_a_log_that_was_set_back_does_not_fit_its_anchor(log: Log) -> None:
    anchor(log)
    log.tamper("DELETE FROM audit_log WHERE seq > 9")
    log.tamper("UPDATE audit_heads h SET seq = 9, hash = a.hash FROM audit_log a WHERE a.seq = 9")
    assert log.verify() == (1, ["Entry 9 is not the last one: there was an entry 12, it was anchored."])
    log.tamper("DELETE FROM audit_log")
    log.tamper("DELETE FROM audit_heads")
    assert log.verify()[0] == 1


def test_an_anchor_that_was_forged_or_damaged_is_a_fault(log: Log) -> None:
    file = anchor(log)
    write_anew(log)
    with connect_as_owner(log.database_url) as connection:
        ((head,),) = connection.execute("SELECT encode(hash, 'hex') FROM audit_heads")
    kept = file.read_bytes()
    file.write_bytes(re.sub(rb'"hash":"\w+"', f'"hash":"{head}"'.encode(), kept))
    assert "is not the one that was anchored" in log.verify()[1][0]
    file.write_bytes(kept[:40])
    assert "The anchors cannot be read" in log.verify()[1][0]
