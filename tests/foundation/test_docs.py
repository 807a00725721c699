"""What the guides say is so: links lead somewhere, names are the code's, examples work."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import typer

from hub.api.app import ROUTES
from hub.command_line import app
from loadtest.bench import page as bench_page
from loadtest.bench import result_file
from loadtest.command_line import app as loadtest_app
from protocol.alert import content_hash
from protocol.close_codes import MEANINGS
from protocol.codec import decode_downlink, decode_operator_downlink, decode_operator_uplink, decode_uplink
from protocol.frames import Downlink, Uplink
from protocol.live import OperatorDownlink
from protocol.vocabulary import MISSING_SENTENCES, PRESENCE_SENTENCES
from tests.end_to_end.companions import wait_for
from tests.hub.hub_process import HubProcess, running_hub

_ROOT = Path(__file__).parents[2]
_DOCS = _ROOT / "docs"
_PAGES = sorted([*_ROOT.glob("*.md"), *_DOCS.rglob("*.md")])
_NAMES = [str(page.relative_to(_ROOT)) for page in _PAGES]
# What the hub answers beside the routes of the table.
_OTHER_ADDRESSES = (
    "/api/v1/openapi.json",
    "/api/v1/asyncapi.json",
    "/api/v1/ws/device",
    "/api/v1/ws/admin",
    "/api/v1/devices/{}/ws",
)

every_page = pytest.mark.parametrize("page", _PAGES, ids=_NAMES)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def code_of(page: Path, language: str = r"\w*") -> list[str]:
    """The fenced blocks in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)


def prose_of(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


def rows_of(page: Path) -> list[list[str]]:
    """The rows of every table, as cells without their code marks."""
    lines = [line for line in text_of(page).splitlines() if line.startswith("| ")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def anchors_of(page: Path) -> set[str]:
    """What a link can point at: headings, as they become addresses on the usual forges."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


# ---- links ----


@every_page
def test_every_link_and_picture_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors_of(file), target


def test_every_guide_is_reached_from_the_index() -> None:
    index = text_of(_DOCS / "index.md")
    for guide in _DOCS.glob("*.md"):
        assert guide.name == "index.md" or f"({guide.name})" in index


def test_every_picture_that_is_kept_is_shown() -> None:
    shown = "".join(text_of(page) for page in _PAGES)
    for picture in (_DOCS / "pictures").iterdir():
        assert f"pictures/{picture.name}" in shown, picture.name
        assert picture.stat().st_size < 200_000, picture.name


# ---- figures ----


def test_the_figures_of_the_benchmark_are_those_that_the_command_printed() -> None:
    guide = _DOCS / "performance.md"
    results = result_file.read(guide.with_suffix(".json"))
    assert bench_page.written(text_of(guide), results) == text_of(guide)
    for name, picture in bench_page.pictures(results).items():
        assert text_of(_DOCS / "pictures" / name) == picture


# ---- names ----


@every_page
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    clarion: Any = typer.main.get_command(app)
    code = "\n".join([*code_of(page, "sh"), *re.findall(r"`([^`\n]+)`", prose_of(page))])
    for name, argument in re.findall(
        r"(?:^|\.venv/bin/)clarion ([a-z][a-z-]*)(?: ([a-z-]+))?", code, re.MULTILINE
    ):
        assert name in clarion.commands, name
        if hasattr(clarion.commands[name], "commands"):
            assert argument in clarion.commands[name].commands, f"{name} {argument}"
    targets = re.findall(r"^([a-z]+):", (_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for target in re.findall(r"(?:^|[\s;])make ([a-z]+)", code, re.MULTILINE):
        assert target in targets, target


@pytest.mark.parametrize(("name", "guide"), [("simulate", "simulate.md"), ("bench", "performance.md")])
def test_the_options_that_a_guide_lists_are_those_that_the_command_has(name: str, guide: str) -> None:
    loadtest: Any = typer.main.get_command(loadtest_app)
    has = {option for parameter in loadtest.commands[name].params for option in parameter.opts}
    told = {cell for row in rows_of(_DOCS / guide) for cell in row[:1] if re.fullmatch("--[a-z-]+", cell)}
    assert told == has


@pytest.fixture(scope="module")
def known_variables() -> set[str]:
    """Every CLARION_ variable that the code, the composition or the tests read."""
    places = ("hub", "dashboard", "loadtest", "tests", "docker-compose.yml", "Dockerfile", "Makefile")
    files = [file for place in places for file in ([_ROOT / place], (_ROOT / place).rglob("*.py"))]
    known: set[str] = set()
    for file in (file for some in files for file in some):
        if file.is_file() and file != Path(__file__):
            known |= set(re.findall(r"\bCLARION_[A-Z_]*[A-Z]\b", file.read_text(encoding="utf-8")))
    return known


@every_page
def test_every_variable_that_a_page_names_is_read_somewhere(page: Path, known_variables: set[str]) -> None:
    assert set(re.findall(r"\bCLARION_[A-Z_]*[A-Z]\b", text_of(page))) <= known_variables


@every_page
def test_every_address_of_the_api_that_a_page_names_is_answered(page: Path) -> None:
    def plain(path: str) -> str:
        return re.sub(r"\{[^}]*\}|\$[A-Z]+", "{}", path).rstrip("/")

    answered = {plain(route.path) for route in ROUTES} | set(_OTHER_ADDRESSES)
    for path in re.findall(r"/api/v1/[\w/{}$.-]+", text_of(page)):
        assert plain(path).rstrip(".") in answered, path


# ---- tables ----


def test_the_close_codes_are_the_protocol_s_and_say_whether_to_come_back() -> None:
    told = {
        int(row[0]): row[2] == "yes"
        for row in rows_of(_DOCS / "protocol.md")
        if re.fullmatch(r"\d{4}", row[0])
    }
    assert told == {int(code): meaning.come_back for code, meaning in MEANINGS.items()}


def test_every_reason_stands_in_the_operator_s_guide_with_its_sentence() -> None:
    told = {row[0]: row[1] for row in rows_of(_DOCS / "operate.md")}
    for reason, sentence in PRESENCE_SENTENCES.items():
        assert told[reason] == ("online" if reason == "connected" else sentence)
    for why, sentence in MISSING_SENTENCES.items():
        assert told[why] == sentence


# ---- examples ----


def test_every_example_of_the_device_protocol_is_a_frame_and_no_frame_lacks_one() -> None:
    told: set[type] = set()
    ours, theirs = set(get_args(Uplink)), set(get_args(Downlink))
    decoders = {kind.__struct_config__.tag: decode_uplink for kind in ours}
    for block in code_of(_DOCS / "protocol.md", "json"):
        kind = json.loads(block)["type"]
        if kind == "goodbye":
            decode = decode_downlink if "code" in json.loads(block) else decode_uplink
            told.add(type(decode(block.encode())))
        else:
            told.add(type(decoders.get(kind, decode_downlink)(block.encode())))
    assert told == ours | theirs


def test_every_example_of_the_live_feed_is_a_frame() -> None:
    told: set[type] = set()
    examples = code_of(_DOCS / "live-feed.md", "json")
    examples += re.findall(r"`(\{\"type\"[^`]+\})`", text_of(_DOCS / "live-feed.md"))
    for block in examples:
        decode: Any = (
            decode_operator_uplink if json.loads(block)["type"] == "resume" else decode_operator_downlink
        )
        told.add(type(decode(block.encode())))
    assert told >= set(get_args(OperatorDownlink))


def test_the_content_hash_of_the_guide_is_the_one_that_the_hub_compares() -> None:
    assert content_hash("Fire alarm", "Leave the building now.", "extreme") in text_of(_DOCS / "protocol.md")


# ---- against a real hub ----


@pytest.fixture
def hub(database_url: str, hub_database_url: str, tmp_path: Path) -> Iterator[HubProcess]:
    with running_hub(database_url, hub_database_url, tmp_path) as running:
        yield running


def test_the_metrics_of_the_guide_are_those_that_the_hub_exports(hub: HubProcess) -> None:
    exported = set(re.findall(r"^([a-z_]+)[ {]", httpx.get(f"{hub.url}/metrics").text, re.MULTILINE))
    guide = text_of(_DOCS / "operate.md")
    told = set(re.findall(r"`(clarion_[a-z_]+)`", guide))
    assert told - {"clarion_hub", "clarion_owner"} == {
        name for name in exported if name.startswith("clarion_")
    }
    assert set(re.findall(r"`(process_[a-z_]+)`", guide)) <= exported


@contextmanager
def smallest_player(hub: HubProcess, token: str, folder: Path) -> Iterator[Path]:
    """The program that stands in the guide, as it stands there; what it prints."""
    (program,) = (block for block in code_of(_DOCS / "protocol.md", "python") if "connect(" in block)
    env = {**os.environ, "WEBSOCKET_URL": f"{hub.websocket_url}/api/v1/ws/device", "DEVICE_TOKEN": token}
    printed = folder / "player.log"
    with printed.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-c", program], env=env, stdout=output, stderr=output)
    try:
        yield printed
        assert process.poll() is None, printed.read_text()
    finally:
        process.kill()
        process.wait()


def test_the_smallest_player_proves_an_alert_and_carries_out_a_command(
    hub: HubProcess, tmp_path: Path
) -> None:
    ((device_id, token),) = hub.provision(1).items()
    with smallest_player(hub, token, tmp_path) as printed, hub.sign_in() as api:
        wait_for(lambda: "I am hw-0000" in printed.read_text(), "the player is welcome")

        command = api.post(f"/api/v1/devices/{device_id}/command", json={"command": "ping"}).json()[
            "command_id"
        ]
        wait_for(lambda: api.get(f"/api/v1/commands/{command}").json()["status"] == "succeeded", "it is done")

        alert = {"title": "Fire “alarm”", "message": "Leave.\nNow – 今", "severity": "extreme"}
        emergency = f"/api/v1/emergencies/{api.post('/api/v1/emergencies', json=alert).json()['id']}"
        wait_for(lambda: api.get(emergency).json()["rendered"] == 1, "the alert is proved")
        assert "SHOW extreme Fire “alarm”" in printed.read_text(encoding="utf-8")

        api.post(f"{emergency}/clear")
        wait_for(lambda: api.get(emergency).json()["status"] == "cleared", "all is clear")
        assert "HIDE" in printed.read_text(encoding="utf-8")
