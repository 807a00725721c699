"""What import-linter cannot see of the house's walls: names inside packages, and SQL in strings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_OURS = ("protocol", "actors", "persistence", "hub", "dashboard", "loadtest")
_SQL = re.compile(
    r"^\s*(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|(CREATE|ALTER|DROP)\s+"
    r"(TABLE|DATABASE|ROLE|INDEX|FUNCTION|POLICY)\s|WITH\s+\w+\s+AS\s*\()",
    re.DOTALL,
)


def _pages(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(_ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def test_no_sql_outside_persistence() -> None:
    found = [
        f"{page}:{node.lineno}"
        for page, tree in _pages(*(folder for folder in _OURS if folder != "persistence"))
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.match(node.value)
    ]
    assert found == []


def test_actors_open_no_socket_no_file_and_no_process() -> None:
    forbidden = re.compile(
        r"trio\.(socket|ssl|open_\w*(tcp|ssl|unix)\w*|serve_\w+|SocketStream|SocketListener|SSL\w+|"
        r"run_process|lowlevel\.open_process|open_file|Path)$"
    )
    found = [
        f"{page}:{node.lineno} {ast.unparse(node)}"
        for page, tree in _pages("actors")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and forbidden.match(ast.unparse(node))
    ]
    assert found == []


def test_every_page_says_what_it_is_for() -> None:
    silent = [page for page, tree in _pages(*_OURS, "player", "tests") if not ast.get_docstring(tree)]
    assert silent == []


def test_only_the_pages_of_settings_read_the_environment() -> None:
    readers = {
        page
        for page, tree in _pages("protocol", "actors", "persistence", "hub")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv")
    }
    assert readers <= {"hub/environment.py"}
