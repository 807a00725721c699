"""The JSON of a benchmark: every value of every run, to be read again without measuring."""

from __future__ import annotations

from pathlib import Path

import msgspec

from loadtest.bench.errors import BenchError
from loadtest.bench.results import Results


def write(results: Results, path: Path) -> None:
    """Raises BenchError when the file cannot be written."""
    text = msgspec.json.format(msgspec.json.encode(results), indent=2)
    try:
        path.write_bytes(text + b"\n")
    except OSError as error:
        raise BenchError(f"{path} cannot be written: {error.strerror}.") from None


def read(path: Path) -> Results:
    """Raises BenchError when there is no such file, or when it is not the result of a benchmark."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Results)
    except OSError as error:
        raise BenchError(f"{path} cannot be read: {error.strerror}.") from None
    except msgspec.MsgspecError as error:
        raise BenchError(f"{path} is not the result of a benchmark: {error}.") from None
