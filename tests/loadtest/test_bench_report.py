"""What a benchmark found, as people read it: verdicts, tables, pictures, the page, and the command."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from loadtest.bench import page, result_file
from loadtest.bench.chart import SHOWN, chart
from loadtest.bench.command import NOT_EVERY_MUST_HOLDS, plan_of
from loadtest.bench.curve import curve
from loadtest.bench.errors import BenchError
from loadtest.bench.plan import GROWTH, QUICK, WHOLE
from loadtest.bench.results import FASTAPI, FLOOR, HUB, LINES, NODE, Growth, Machine, Results, Run
from loadtest.bench.sentences import left_out, verdict
from loadtest.bench.summary import AT_LARGE, figures, ratios, spread
from loadtest.bench.table import Cell, Table, markdown, plain
from loadtest.bench.tables import tables
from loadtest.bench.targets import TARGETS, Bound, Target, judge, musts
from loadtest.bench.words import SERVERS, figure, number, ratio, share
from loadtest.command_line import app

COSTS = st.floats(min_value=0.5, max_value=2_000.0)
HEARTBEAT = next(target for target in TARGETS if target.line == "heartbeat_cpu")


def made_up(*runs: dict[str, dict[str, float]], screens: int = 5_000, **others: object) -> Results:
    """Results with these values; on a machine of no importance."""
    results = Results(
        at="2025-11-21T06:00:00Z",
        machine=Machine(2, 24, {"Python": "3.11.7"}),
        screens=screens,
        large=10_000,
        runs=[Run(values, {"heartbeat_cpu": 4.0}) for values in runs],
    )
    return msgspec.structs.replace(results, **others)


def good_run(slower: float = 1.0) -> dict[str, dict[str, float]]:
    """Every line of every server; every must holds, on a machine up to one and a half times slower too."""
    shared = {line.key for line in LINES[: [line.key for line in LINES].index("last_receipt")]}
    values = {line.key: {HUB: 7.0 * slower} for line in LINES}
    values["commands_rate"] = {HUB: 1_234.0 / slower}
    for key in shared:
        values[key] |= {server: (11.0 + place) * slower for place, server in enumerate(list(SERVERS)[1:])}
    return values


GROWN = [
    Growth(screens, {"heartbeat_cpu": [30.0 + screens / 1_000], "last_receipt": [screens / 20.0]})
    for screens in GROWTH
]
GOOD = made_up(good_run(), good_run(1.4), good_run(1.2), growth=GROWN)


# ---- medians, spreads, ratios ----


@given(st.lists(COSTS, min_size=1, max_size=7))
def test_the_median_lies_between_the_lowest_and_the_highest(values: list[float]) -> None:
    low, median, high = spread(values)
    assert low == min(values) <= median <= max(values) == high


@given(st.lists(st.tuples(COSTS, COSTS, st.integers(-6, 6)), min_size=1, max_size=7))
def test_a_run_on_a_slower_machine_has_the_same_ratio(runs: list[tuple[float, float, int]]) -> None:
    as_fast = made_up(*({"heartbeat_cpu": {HUB: hub, FASTAPI: peer}} for hub, peer, _ in runs))
    # Powers of two: nothing is lost to rounding.
    slowed = made_up(
        *({"heartbeat_cpu": {HUB: hub * 2.0**by, FASTAPI: peer * 2.0**by}} for hub, peer, by in runs)
    )
    assert ratios(slowed, "heartbeat_cpu", FASTAPI) == ratios(as_fast, "heartbeat_cpu", FASTAPI)


def test_a_run_without_the_peer_or_with_one_that_used_nothing_has_no_ratio() -> None:
    runs = ({HUB: 1.0}, {HUB: 1.0, FLOOR: 0.0}, {HUB: 1.0, FLOOR: 2.0}, {FLOOR: 2.0})
    assert ratios(made_up(*({"memory": values} for values in runs)), "memory", FLOOR) == [0.5]


# ---- verdicts ----


@given(st.lists(st.tuples(COSTS, COSTS), min_size=1, max_size=5))
def test_a_must_that_fails_in_one_run_is_never_held(runs: list[tuple[float, float]]) -> None:
    results = made_up(*({"heartbeat_cpu": {HUB: hub, FASTAPI: peer}} for hub, peer in runs))
    assert HEARTBEAT.must is not None
    judged = judge(results, HEARTBEAT, HEARTBEAT.must)
    over = [hub / peer for hub, peer in runs if hub / peer > 0.7]
    assert judged.outcome == ("missed" if over else "held")
    assert judged.missed_by == pytest.approx(max(over, default=0.7) / 0.7 - 1.0)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: f"{target.line}-{target.screens}")
def test_each_bound_is_missed_by_one_run_and_not_held_when_one_run_has_no_value(target: Target) -> None:
    def run(value: float, bound: Bound) -> dict[str, dict[str, float]]:
        return {target.line: {HUB: value, **({bound.of: 1.0} if bound.of is not None else {})}}

    screens = 5_000 if target.line in AT_LARGE else target.screens
    for bound in (each for each in (target.must, target.aim) if each is not None):
        better = 1.1 if bound.compare == "≥" else 0.9
        fine, wrong = run(bound.limit * better, bound), run(bound.limit * (2.0 - better), bound)
        assert judge(made_up(fine, fine, screens=screens), target, bound).outcome == "held"
        missed = judge(made_up(fine, wrong, screens=screens), target, bound)
        assert missed.outcome == "missed"
        assert missed.missed_by == pytest.approx(0.1)
        assert judge(made_up(fine, {}, screens=screens), target, bound).outcome == "not measured"
        assert judge(made_up(wrong, {}, screens=screens), target, bound).outcome == "missed"


def test_what_was_not_measured_or_with_fewer_screens_is_never_held() -> None:
    few = made_up(good_run(), screens=1_000, large=2_000)
    for results in (made_up(), made_up({}), few):
        assert {judged.outcome for _, judged in musts(results)} == {"not measured"}
        assert verdict(results) == "None of the 12 musts was measured."
    assert {judged.why for _, judged in musts(few)} == {"with 1,000 screens", "with 2,000 screens"}
    assert "not measured (0.64 with 1,000 screens)" in page.whole(few)


def test_the_ledger_s_time_is_judged_with_five_thousand_screens_and_with_ten_thousand() -> None:
    slow_at_the_top = [*GROWN[:-1], Growth(10_000, {"last_receipt": [1_990.0, 2_000.0]})]
    judged = {
        target.screens: judge(made_up(good_run(), growth=slow_at_the_top), target, target.must)
        for target in TARGETS
        if target.line == "last_receipt" and target.must is not None
    }
    assert judged[5_000].outcome == "held"
    assert (judged[10_000].outcome, judged[10_000].missed_by) == ("missed", 0.0)  # less than, not at most


def test_the_verdict_names_what_is_missed_and_what_was_not_measured() -> None:
    assert verdict(GOOD) == "Every must (12) holds, in each of 3 runs."
    slow = good_run()
    slow["alert_cpu"] = {HUB: 9.0, FASTAPI: 10.0}
    del slow["storm"]
    assert verdict(made_up(good_run(), slow, growth=GROWN)) == (
        "1 of 12 musts missed: Alert and receipt, processor time a screen (5,000). "
        "1 of 12 musts not measured: Everybody back, and showing the live alert (10,000)."
    )


# ---- words ----


def test_figures_have_the_digits_that_a_noisy_machine_can_vouch_for() -> None:
    said = [number(value) for value in (0.314, 0.996, 7.26, 39.46, 99.96, 165.4, 999.4, 12_344.0)]
    assert said == ["0.31", "1.0", "7.3", "39.5", "100", "165", "999", "12,340"]
    assert (figure(39.46, "µs"), figure(1_154.0, "/s")) == ("39.5 µs", "1,150/s")
    assert (ratio(0.617), ratio(17.24)) == ("0.62", "17.2")
    assert [share(value) for value in (0.0, 0.006, 0.244, 1.9)] == [
        "less than 0.1 %",
        "0.6 %",
        "24 %",
        "190 %",
    ]


# ---- tables ----


def test_the_tables_hold_every_server_every_line_and_every_median() -> None:
    text = page.whole(GOOD)
    for line in LINES:
        assert line.title in text
        for server, title in SERVERS.items():
            if values := figures(GOOD, line.key, server):
                assert title in text
                assert number(spread(values).median) in text
    assert "1,030/s (881–1,230)" in text  # median, lowest and highest
    assert "PostgreSQL" in text


def test_a_page_and_a_terminal_are_told_the_same_rows() -> None:
    for table in tables(GOOD).values():
        on_page, on_terminal = markdown(table), plain(table)
        for cell in (cell for row in table.rows for cell in row):
            assert cell.text in on_page
            assert cell.text in on_terminal
            assert cell.aside in on_page
            assert cell.aside in on_terminal


def test_a_table_is_aligned_on_a_terminal_and_what_is_missed_is_loud_on_a_page() -> None:
    table = Table(
        "Title",
        ["", "one"],
        [[Cell("first"), Cell("1.0", "0.5–2.5")], [Cell("2nd"), Cell("–", loud=True)]],
        "Note.",
    )
    assert plain(table).splitlines() == [
        "Title",
        "",
        "           one",
        "-----  -------",
        "first      1.0",
        "       0.5–2.5",
        "2nd          –",
        "",
        "Note.",
    ]
    assert markdown(table).splitlines() == [
        "|  | one |",
        "|---|---:|",
        "| first | 1.0 (0.5–2.5) |",
        "| 2nd | **–** |",
        "",
        "Note.",
    ]


def test_what_was_left_out_is_said_with_its_reason() -> None:
    results = made_up(good_run(), left_out={NODE: "There is no node here.", "storm": "It was not asked for."})
    assert left_out(results) == [
        "Not measured: node ws. There is no node here.",
        "Not measured: Everybody back, and showing the live alert. It was not asked for.",
    ]


# ---- pictures ----


def texts_of(picture: str) -> list[str]:
    """What is written in an SVG that is one, and that needs nothing from outside."""
    root = ElementTree.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(r"href|url\(|@import|<script|<image|foreignObject", picture)
    assert re.findall(r"https?://[^\"]+", picture) == ["http://www.w3.org/2000/svg"]
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_chart_shows_each_server_with_its_figure_on_light_and_on_dark() -> None:
    picture = chart(GOOD)
    written = texts_of(picture)
    for key in SHOWN:
        unit = next(line.unit for line in LINES if line.key == key)
        for server in SERVERS:
            assert figure(spread(figures(GOOD, key, server)).median, unit) in written
    assert [written.count(title) for title in SERVERS.values()] == [len(SHOWN)] * len(SERVERS)
    assert "prefers-color-scheme: dark" in picture


def test_a_chart_leaves_out_what_was_not_measured_and_escapes_what_it_says() -> None:
    only_hub = made_up({"memory": {HUB: 7.0}})
    assert "FastAPI" not in texts_of(chart(only_hub))
    assert "7.0 KB" in texts_of(chart(only_hub))
    texts_of(chart(made_up({})))


def test_the_curve_goes_from_the_smallest_fleet_to_the_largest() -> None:
    written = texts_of(curve(GOOD))
    assert "From 500 screens to 10,000" in written
    assert {"500", "10,000", "40.0 µs", "500 ms"} <= set(written)
    texts_of(curve(made_up(good_run())))


# ---- the file and the page ----


def test_results_are_read_again_as_they_were_written(tmp_path: Path) -> None:
    results = msgspec.structs.replace(GOOD, left_out={NODE: "There is no node here."})
    result_file.write(results, tmp_path / "results.json")
    assert result_file.read(tmp_path / "results.json") == results


def test_only_what_stands_between_marks_is_written_and_twice_is_once() -> None:
    text = (
        "# P\n\n<!-- bench: verdict -->\nOutdated\n<!-- bench: end -->\n\nProse.\n\n"
        "<!-- bench: figures -->\n<!-- bench: end -->\n"
    )
    once = page.written(text, GOOD)
    assert once.startswith("# P\n\n<!-- bench: verdict -->\n\nEvery must (12) holds")
    assert "Outdated" not in once
    assert "\nProse.\n" in once
    assert markdown(tables(GOOD)["figures"]) in once
    assert page.written(once, GOOD) == once


@pytest.mark.parametrize("text", ["# Nothing\n", "<!-- bench: weather -->\n<!-- bench: end -->\n"])
def test_a_page_without_marks_or_with_a_mark_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(BenchError, match=r"has no marks|nothing is called 'weather'"):
        page.written(text, GOOD)


# ---- the command ----


def bench(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["bench", *map(str, arguments)])


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "kept.json"
    result_file.write(GOOD, path)
    return path


def test_a_report_prints_the_tables_and_keeps_everything(kept: Path, tmp_path: Path) -> None:
    done = bench("--report", kept, "--folder", tmp_path / "new" / "folder")
    assert done.exit_code == 0, done.output
    for table in tables(GOOD).values():
        assert plain(table) in done.stdout
    assert done.stdout.splitlines()[-1] == verdict(GOOD)
    made = {path.name: path.read_text() for path in (tmp_path / "new" / "folder").iterdir()}
    assert made == {"results.json": kept.read_text(), "tables.md": page.whole(GOOD), **page.pictures(GOOD)}


def test_a_report_writes_a_page_with_its_pictures_and_its_results(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    guide = tmp_path / "docs" / "speed.md"
    guide.write_text("<!-- bench: growth -->\n<!-- bench: end -->\n")
    assert bench("--report", kept, "--folder", tmp_path / "out", "--docs", guide).exit_code == 0
    assert markdown(tables(GOOD)["growth"]) in guide.read_text()
    assert (tmp_path / "docs" / "speed.json").read_text() == kept.read_text()
    assert (tmp_path / "docs" / "pictures" / "performance.svg").read_text() == chart(GOOD)


def test_a_must_that_is_missed_or_was_not_measured_ends_only_a_strict_run_with_a_status_of_its_own(
    kept: Path, tmp_path: Path
) -> None:
    assert bench("--report", kept, "--folder", tmp_path, "--strict").exit_code == 0
    result_file.write(msgspec.structs.replace(GOOD, growth=[]), kept)
    for strict, status in ((["--strict"], NOT_EVERY_MUST_HOLDS), ([], 0)):
        done = bench("--report", kept, "--folder", tmp_path, *strict)
        assert done.exit_code == status
        assert done.stdout.splitlines()[-1].startswith("1 of 12 musts not measured: ")


def test_what_cannot_be_told_is_one_line(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")
    for arguments, said in (
        (["--report", tmp_path / "none.json"], "none.json cannot be read: No such file"),
        (["--report", tmp_path / "file"], "file is not the result of a benchmark: "),
        (["--report", kept, "--folder", tmp_path / "file" / "in"], "in cannot be written: "),
        (["--report", kept, "--folder", tmp_path, "--docs", tmp_path / "none.md"], "none.md cannot be "),
        (["--only", "apache"], "--only knows no apache; there are: clarion, "),
    ):
        done = bench(*arguments)
        assert done.exit_code == 1
        assert done.stderr.startswith("clarion bench: ")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_the_options_make_the_plan() -> None:
    assert plan_of(False, None, None, None, [], without_growth=False) == WHOLE
    quick = plan_of(True, None, 300, 2, ["node-ws", "clarion", "memory"], without_growth=False)
    assert (quick.screens, quick.large, quick.runs, quick.growth) == (QUICK.screens, 300, 2, ())
    assert quick.servers == {"node-ws", "clarion"}
    assert quick.lines == {"memory"}
