"""What must be true before `clarion up` starts: nobody else runs on the data folder, the ports are free."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.errors import StartError
from persistence.embedded_folder import make_folder


@contextmanager
def sole_run(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for one run of `clarion up`; the kernel lets go of it if this process dies.

    Raises StartError when another run holds it, or the folder cannot be used.
    """
    path = data_dir / "up.lock"
    try:
        make_folder(data_dir)
        # Closed to others: whoever can open a file can lock it.
        lock = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
    except OSError as error:
        raise StartError(
            f"The data folder {data_dir} cannot be used ({error.strerror}): set CLARION_DATA_DIR to another."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            who = lock.read().strip()
            raise StartError(
                f"Clarion already runs on {data_dir} (process {who or 'unknown'}): stop it first, or set "
                "CLARION_DATA_DIR, CLARION_PORT and CLARION_DASHBOARD_PORT for a second one."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def free_port(host: str, port: int, *, variable: str) -> int:
    """`port`, or one that the system chooses for 0, when a server can listen there.

    Raises StartError, naming `variable`, when none can.
    """
    prefix = variable.removesuffix("_PORT")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As servers do: a port whose last connections still linger is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
            return int(probe.getsockname()[1])
    except socket.gaierror as error:
        raise StartError(f"{prefix}_HOST={host} is not an address ({error.strerror}).") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(
                f"Port {port} is taken by another program: stop it, or set {variable} to a free port."
            ) from error
        if error.errno == errno.EACCES:
            raise StartError(f"Port {port} needs privileges: set {variable} to a port above 1023.") from error
        raise StartError(
            f"Nothing can listen on {host}:{port} ({error.strerror}): check {prefix}_HOST and {variable}."
        ) from error
