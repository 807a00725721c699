"""The command `clarion`, run as people run it: each piece on its own, on a real database."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg
import pytest

from persistence.embedded import EmbeddedPostgres

_ROOT = Path(__file__).parents[2]


@pytest.fixture
def data_dir(scratch_folder: Path) -> Path:
    return scratch_folder / f"command-{secrets.token_hex(3)}"


def _environment(data_dir: Path, **env: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLARION_")}
    return {**inherited, "PYTHONPATH": str(_ROOT), "CLARION_DATA_DIR": str(data_dir), "COLUMNS": "200", **env}


def _clarion(data_dir: Path, *arguments: str, said: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub", *arguments],
        cwd=data_dir.parent,
        env=_environment(data_dir, **env),
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_help_names_every_command(data_dir: Path) -> None:
    done = _clarion(data_dir, "--help")
    assert done.returncode == 0
    names = "up hub dashboard migrate first-run inspect simulate bench user tenant"
    for name in names.split():
        assert name in done.stdout


def test_help_of_the_simulated_fleet_is_its_own(data_dir: Path) -> None:
    done = _clarion(data_dir, "simulate", "--help")
    assert done.returncode == 0
    assert "--screens" in done.stdout
    assert "--approve" in done.stdout


def test_help_of_the_benchmark_is_its_own(data_dir: Path) -> None:
    done = _clarion(data_dir, "bench", "--help")
    assert done.returncode == 0
    assert "--report" in done.stdout


def test_migrate_makes_an_embedded_database_and_does_it_once(data_dir: Path) -> None:
    first, second = _clarion(data_dir, "migrate"), _clarion(data_dir, "migrate")
    assert first.returncode == second.returncode == 0, first.stderr
    assert "applied 0001-foundation" in first.stdout
    assert "up to date" in second.stdout
    with EmbeddedPostgres(data_dir, durable=False) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT count(*) FROM devices").fetchone() == (0,)


def test_first_run_prints_passwords_once(data_dir: Path, database_url: str) -> None:
    first = _clarion(data_dir, "first-run", CLARION_DATABASE_URL=database_url)
    second = _clarion(data_dir, "first-run", CLARION_DATABASE_URL=database_url)
    assert first.returncode == second.returncode == 0, first.stderr
    assert first.stdout.count("password  ") == 2
    assert second.stdout.count("password  ") == 0
    assert "operator@" in second.stdout


def test_the_hub_starts_on_its_own_serves_with_a_new_password_and_ends_with_a_signal(
    data_dir: Path, database_url: str
) -> None:
    _clarion(data_dir, "first-run", CLARION_DATABASE_URL=database_url).check_returncode()
    password = "correct horse battery staple"
    done = _clarion(
        data_dir,
        *("user", "set-password", "operator@clarion.local"),
        said=f"{password}\n",
        CLARION_DATABASE_URL=database_url,
    )
    assert done.returncode == 0, done.stderr
    assert password not in done.stdout + done.stderr
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT tenant_id FROM users WHERE email = 'operator@clarion.local'"
        ).fetchone()
    assert row is not None

    port = _free_port()
    hub = subprocess.Popen(
        [sys.executable, "-m", "hub", "hub"],
        cwd=data_dir.parent,
        env=_environment(data_dir, CLARION_DATABASE_URL=database_url, CLARION_PORT=str(port)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health/ready")
        answer = httpx.post(
            f"http://127.0.0.1:{port}/api/v1/auth/login",
            json={"tenant_id": str(row[0]), "email": "operator@clarion.local", "password": password},
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        hub.send_signal(signal.SIGTERM)
        assert hub.wait(5) == 0
    finally:
        hub.kill()
        hub.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, f"{url} does not answer"
        time.sleep(0.05)


def test_a_generated_password_is_printed_once(data_dir: Path, database_url: str) -> None:
    _clarion(data_dir, "first-run", CLARION_DATABASE_URL=database_url).check_returncode()
    done = _clarion(
        data_dir,
        *("user", "set-password", "root@cms.local", "--generate"),
        CLARION_DATABASE_URL=database_url,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert len(done.stdout.splitlines()[1]) >= 20


def test_people_of_another_system_are_imported(data_dir: Path, database_url: str) -> None:
    _clarion(data_dir, "first-run", CLARION_DATABASE_URL=database_url).check_returncode()
    bcrypt = "$2b$12$QFpyo4Aos2xYI5Tsfqsz..mEFyKAz8laRjKlGs6/Wc9QblDcVUsU6"
    table = f"tenant,email,password_hash,roles\nSYSTEM,root@cms.local,{bcrypt},ROOT\n"
    file = data_dir.parent / f"{data_dir.name}.csv"
    file.write_text(table)
    refused = _clarion(data_dir, "user", "import", str(file), CLARION_DATABASE_URL=database_url)
    assert refused.returncode == 1
    assert refused.stderr.startswith("clarion: line 2 root@cms.local is there already")
    done = _clarion(
        data_dir, "user", "import", "--replace", "-", said=table, CLARION_DATABASE_URL=database_url
    )
    assert (done.returncode, done.stdout) == (0, "0 made, 1 replaced.\n"), done.stderr


@pytest.mark.parametrize(
    ("arguments", "said", "reason"),
    [
        (("user", "set-password", "nobody@example.org"), "correct horse battery\n", "nobody@example.org"),
        (("user", "set-password", "root@cms.local"), "short\n", "password"),
    ],
)
def test_a_password_that_cannot_be_set_is_one_line(
    data_dir: Path, database_url: str, arguments: tuple[str, ...], said: str, reason: str
) -> None:
    done = _clarion(data_dir, *arguments, said=said, CLARION_DATABASE_URL=database_url)
    assert done.returncode != 0
    assert done.stderr.startswith("clarion: ")
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["up", "hub", "dashboard", "migrate", "inspect", "simulate", "bench"])
def test_a_wrong_setting_is_one_line_for_every_command(data_dir: Path, command: str) -> None:
    done = _clarion(data_dir, command, CLARION_PORT="many")
    assert done.returncode == 2
    assert done.stderr == "clarion: CLARION_PORT='many': write a whole number.\n"


def test_a_hub_on_a_database_that_is_not_migrated_or_not_there_is_one_line(
    data_dir: Path, postgres: EmbeddedPostgres
) -> None:
    postgres.create_database("empty_one")
    not_there = f"postgresql://hub@127.0.0.1:{_free_port()}/clarion"
    for url, reason in ((postgres.url("empty_one"), "clarion migrate"), (not_there, "CLARION_DATABASE_URL")):
        done = _clarion(data_dir, "hub", CLARION_DATABASE_URL=url, CLARION_PORT=str(_free_port()))
        assert done.returncode != 0
        assert done.stderr.startswith("clarion: ")
        assert reason in done.stderr
        assert len(done.stderr.splitlines()) == 1
    postgres.drop_database("empty_one")


def test_a_hub_on_a_taken_port_is_one_line(data_dir: Path, database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = _clarion(data_dir, "hub", CLARION_DATABASE_URL=database_url, CLARION_PORT=str(port))
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert str(port) in done.stderr.splitlines()[-1]


def test_a_dashboard_on_a_taken_port_is_one_line(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = _clarion(data_dir, "dashboard", CLARION_DASHBOARD_PORT=str(port))
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert str(port) in done.stderr.splitlines()[-1]
