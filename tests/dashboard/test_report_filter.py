"""What proof of play is asked for: as it stands in the address, and as the hub is asked."""

from __future__ import annotations

from datetime import date

from dashboard.report_filter import ReportWanted

TODAY = date(2026, 11, 21)
ID = "26cfc077-1721-4fa1-b918-eba433cb7913"


def test_without_days_it_is_the_last_week() -> None:
    wanted = ReportWanted.of({}, TODAY)
    assert wanted.question() == {"from": "2026-11-15", "until": "2026-11-21", "by": "day,content"}


def test_an_address_says_what_is_shown_and_is_read_again() -> None:
    wanted = ReportWanted.of({}, TODAY).but(since="2026-11-01", by="content,screen", screen=ID)
    asked = {"from": "2026-11-01", "until": "2026-11-21", "by": "screen,content", "screen": ID}
    assert wanted.address() == "/reports/proof-of-play?" + "&".join(
        f"{name}={words.replace(',', '%2C')}" for name, words in asked.items()
    )
    assert ReportWanted.of(asked, TODAY) == wanted
    assert wanted.question()["device_id"] == ID


def test_what_does_not_fit_is_left_out() -> None:
    said = {"from": "yesterday", "until": "2026-13-40", "by": "price", "screen": "'; DROP", "site": "x"}
    assert ReportWanted.of(said, TODAY) == ReportWanted.of({}, TODAY)


def test_a_filter_is_taken_away_by_saying_nothing() -> None:
    wanted = ReportWanted.of({"content": ID}, TODAY)
    assert wanted.content == ID and wanted.but(content="").content == ""
