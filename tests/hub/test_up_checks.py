"""What `clarion up` refuses before it starts anything, with real sockets and locks."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from hub.errors import StartError
from hub.up_checks import free_port, sole_run


def test_a_taken_port_is_one_line_that_names_port_and_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=rf"Port {port} is taken .* CLARION_PORT") as refusal:
            free_port("127.0.0.1", port, variable="CLARION_PORT")
    assert "\n" not in str(refusal.value)
    assert free_port("127.0.0.1", port, variable="CLARION_PORT") == port


def test_a_port_taken_on_every_address_is_taken_on_this_one() -> None:
    with socket.create_server(("0.0.0.0", 0)) as other:
        with pytest.raises(StartError, match="taken"):
            free_port("127.0.0.1", other.getsockname()[1], variable="CLARION_PORT")


def test_a_port_whose_last_connection_lingers_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = server.accept()
            accepted.close()  # the side that closes first keeps the port in TIME_WAIT
            assert client.recv(1) == b""
    assert free_port("127.0.0.1", port, variable="CLARION_PORT") == port


def test_port_zero_becomes_a_port_that_the_system_chose() -> None:
    assert 0 < free_port("127.0.0.1", 0, variable="CLARION_PORT") < 65_536


def test_an_address_that_is_not_here_is_one_line_that_names_the_variable() -> None:
    with pytest.raises(StartError, match="CLARION_DASHBOARD_HOST"):
        free_port("192.0.2.1", 0, variable="CLARION_DASHBOARD_PORT")
    with pytest.raises(StartError, match="CLARION_HOST"):
        free_port("no such host", 8000, variable="CLARION_PORT")


def test_a_second_run_on_the_same_data_folder_is_refused_with_the_first_ones_process(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with sole_run(data_dir):
        with pytest.raises(StartError, match=rf"already runs on .*\(process {os.getpid()}\)") as refusal:
            with sole_run(data_dir):
                raise AssertionError("two runs hold one folder")
        assert "\n" not in str(refusal.value)
    with sole_run(data_dir):
        pass


def test_a_data_folder_that_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="set CLARION_DATA_DIR"):
        with sole_run(tmp_path / "file" / "data"):
            raise AssertionError("a file is no folder")
