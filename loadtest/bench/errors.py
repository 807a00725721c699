"""What ends a benchmark with one line."""

from __future__ import annotations

from loadtest.errors import SimulationError


class BenchError(SimulationError):
    """A server did not do what it was asked, or cannot be measured."""
