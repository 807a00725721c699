"""What `clarion inspect` prints: every list by name, tables that a person reads at a glance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hub.inspect_words import lines
from protocol.inspection import (
    FailedScreen,
    HubNow,
    Inspection,
    JournalNow,
    MailboxNow,
    ServiceNow,
    SlowScreen,
    UnstableScreen,
)

AT = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
JOURNAL = JournalNow(12, 0.05, 100_000, 0, 1, {"heartbeats": 10_000, "events": 0})
SERVICES = [
    ServiceNow("journal", True, True, 1, "RuntimeError: x"),
    ServiceNow("tenants", False, False, 6, "y"),
]
HUB = HubNow(2_000, 1_990, 1_995, 1, 12, 123_456, 4, 12, 3, 3, 1, 0, JOURNAL, SERVICES)


def test_a_quiet_tenant_is_five_lists_without_a_row_and_nothing_of_the_hub() -> None:
    said = [line for line in lines(Inspection(AT, [], [], [], [])) if line]
    assert said == [
        "Kept out after faults: none",
        "Failed, served again: none",
        "Slow to read: none",
        "Longest mailboxes: none",
        "Unstable: none",
    ]


def test_the_hub_as_a_whole_comes_first_and_its_services_last() -> None:
    said = list(lines(Inspection(AT, [], [], [], [], HUB)))
    assert said[0] == "Screens    1,990 of 2,000 connected, 1,995 actors"
    assert said[1].startswith("Lanes      1 urgent and 12 normal messages wait; 123,456 turns, 12 refused")
    assert said[3].endswith("100,000 written, 0 refused, 1 stale; dropped: 10,000 heartbeats")
    assert said[-4:] == [
        "Services: 2",
        "  service              state    restarts  last fault",
        "  journal              running  1         RuntimeError: x",
        "  tenants (not vital)  resting  6         y",
    ]


def test_each_list_names_its_screens_and_says_what_is_the_matter() -> None:
    said = list(
        lines(
            Inspection(
                AT,
                [MailboxNow("m", "Lobby", 0, 256, 12, "<DeviceActor 'Lobby'>")],
                [SlowScreen("s", "Gate", "192.0.2.7", 123_456, "<DeviceActor 'Gate'>")],
                [
                    FailedScreen("f", "Ward 3", 4, "KeyError: 'x'", True, AT + timedelta(seconds=299)),
                    FailedScreen("g", "Ward 4", 1, "ValueError", False, None),
                ],
                [UnstableScreen("u", "Roof", AT, 4)],
            )
        )
    )
    text = "\n".join(said)
    assert "Kept out after faults: 1" in said and "(in 299 s)" in text
    row = next(line for line in said if "Gate" in line)
    assert row.split() == ["Gate", "123,456", "192.0.2.7", "<DeviceActor", "'Gate'>"]
    for name, what in (("Ward 3", "KeyError"), ("Ward 4", "ValueError"), ("Lobby", "256"), ("Roof", "4")):
        assert any(name in line and what in line for line in said), name
