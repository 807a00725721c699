"""What `clarion inspect` says on the terminal: what asks for attention first, then the hub as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from protocol.inspection import HubNow, Inspection

Row = Sequence[object]


def lines(inspection: Inspection) -> Iterator[str]:
    """The inspection as text. A table without rows is one line."""
    at = inspection.at
    if inspection.hub is not None:
        yield from _hub(inspection.hub)
    yield from _table(
        "Kept out after faults",
        ("screen", "until", "faults", "last fault", "id"),
        (
            (row.name, _until(row.kept_out_until, at), row.faults, row.last_fault, row.device_id)
            for row in inspection.failed
            if row.quarantined
        ),
    )
    yield from _table(
        "Failed, served again",
        ("screen", "faults", "last fault", "id"),
        (
            (row.name, row.faults, row.last_fault, row.device_id)
            for row in inspection.failed
            if not row.quarantined
        ),
    )
    yield from _table(
        "Slow to read",
        ("screen", "bytes waiting", "address", "actor"),
        ((row.name, f"{row.backlog_bytes:,}", row.ip_address, row.status) for row in inspection.slow),
    )
    yield from _table(
        "Longest mailboxes",
        ("screen", "urgent", "normal", "refused", "actor"),
        ((row.name, row.urgent, row.normal, row.refused, row.status) for row in inspection.mailboxes),
    )
    yield from _table(
        "Unstable",
        ("screen", "losses", "since", "id"),
        ((row.name, row.losses, _clock(row.since), row.device_id) for row in inspection.unstable),
    )
    if inspection.hub is not None:
        yield from _table(
            "Services",
            ("service", "state", "restarts", "last fault"),
            (
                (
                    service.name + ("" if service.vital else " (not vital)"),
                    "running" if service.running else "resting",
                    service.restarts,
                    service.last_fault,
                )
                for service in inspection.hub.services
            ),
        )


def _hub(hub: HubNow) -> Iterator[str]:
    journal = hub.journal
    dropped = ", ".join(f"{number:,} {kind}" for kind, number in journal.dropped.items() if number)
    yield f"Screens    {hub.connected:,} of {hub.screens:,} connected, {hub.actors:,} actors"
    yield (
        f"Lanes      {hub.urgent:,} urgent and {hub.normal:,} normal messages wait; "
        f"{hub.turns:,} turns, {hub.refused:,} refused, {hub.dropped:,} dropped"
    )
    yield (
        f"Faults     {hub.faults:,} turns failed: {hub.restarts:,} restarts, {hub.quarantines:,} quarantines"
    )
    yield (
        f"Journal    {journal.waiting:,} records wait, {journal.lag_s:.1f} s behind; "
        f"{journal.written:,} written, {journal.refused:,} refused, {journal.stale:,} stale; "
        f"dropped: {dropped or 'none'}"
    )
    yield f"Emergency  {hub.emergency_records_waiting:,} records wait for PostgreSQL"


def _table(title: str, head: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    cells = [[str(cell) for cell in row] for row in rows]
    yield ""
    if not cells:
        yield f"{title}: none"
        return
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    yield f"{title}: {len(cells)}"
    for row in (head, *cells):
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _until(until: datetime | None, at: datetime) -> str:
    if until is None:
        return "now"
    return f"{_clock(until)} (in {(until - at).total_seconds():.0f} s)"


def _clock(at: datetime) -> str:
    return f"{at.astimezone():%H:%M:%S}"
