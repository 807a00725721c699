"""How many screens a command goes to, counted from the live picture."""

from __future__ import annotations

import pytest

from dashboard.scope_reach import Reached, reached
from protocol.api import Scope
from tests.dashboard.rows import offline, screen

SCREENS = (
    screen("a", site_id="s1", groups=["Doors"]),
    offline("b", site_id="s1", groups=["Doors", "Lifts"]),
    screen("c", site_id="s2"),
)


@pytest.mark.parametrize(
    ("scope", "names", "expected"),
    [
        (Scope(), [], Reached(3, 2)),
        (Scope("sites", ["s1"]), ["Main"], Reached(2, 1)),
        (Scope("groups", ["g1", "g2"]), ["Doors", "Lifts"], Reached(2, 1)),
        (Scope("devices", ["c", "gone"]), [], Reached(1, 1)),
        (Scope("sites", []), [], Reached(0, 0)),
    ],
)
def test_a_scope_reaches_whom_it_names(scope: Scope, names: list[str], expected: Reached) -> None:
    assert reached(SCREENS, scope, names) == expected
