"""What reaches the log, and what must not."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULT = """
import logging, os
from hub.logs import configure
from hub.settings import Settings

configure(Settings.from_environment({{"CLARION_LOG_FORMAT": "{format}"}}))

def fail() -> None:
    token = "s3cr" + "et-token"
    raise RuntimeError("broken")

try:
    fail()
except RuntimeError:
    logging.getLogger("x").exception("a fault")
"""


@pytest.mark.parametrize("format", ["console", "json"])
def test_a_trace_shows_where_it_was_and_no_values_of_variables(format: str) -> None:
    run = subprocess.run([sys.executable, "-c", FAULT.format(format=format)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "a fault" in run.stderr and "RuntimeError: broken" in run.stderr and "in fail" in run.stderr
    assert "s3cret-token" not in run.stderr
