"""What a running hub is busy with: the answer of GET /api/v1/inspect, and what `clarion inspect` prints."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class MailboxNow(Struct, frozen=True):
    """A screen for which messages wait, or were refused because too many did.

    `status` is the actor's own line, given in its turn; or why there is none.
    """

    device_id: str
    name: str
    urgent: int
    normal: int
    refused: int
    status: str


class SlowScreen(Struct, frozen=True):
    """A screen that does not read as fast as the hub sends; cut when `backlog_bytes` passes the limit."""

    device_id: str
    name: str
    ip_address: str
    backlog_bytes: int
    status: str


class FailedScreen(Struct, frozen=True):
    """A screen in whose service the hub's own code failed. `kept_out_until`: it is turned away until then."""

    device_id: str
    name: str
    faults: int
    last_fault: str
    quarantined: bool
    kept_out_until: datetime | None


class UnstableScreen(Struct, frozen=True):
    """A screen that loses its connection again and again."""

    device_id: str
    name: str
    since: datetime
    losses: int


class ServiceNow(Struct, frozen=True):
    """A task of the hub. `vital`: the hub ends when it fails for good."""

    name: str
    vital: bool
    running: bool
    restarts: int
    last_fault: str


class JournalNow(Struct, frozen=True):
    """What is on its way to PostgreSQL, in records; `lag_s`: how long the oldest has been waiting."""

    waiting: int
    lag_s: float
    written: int
    refused: int
    stale: int
    dropped: dict[str, int]


class HubNow(Struct, frozen=True):
    """The hub as a whole, over all tenants; counts are since its start.

    `urgent` and `normal` are messages that wait for actors, by lane. `restarts` and `quarantines` are of
    actors.
    """

    screens: int
    connected: int
    actors: int
    urgent: int
    normal: int
    turns: int
    faults: int
    refused: int
    dropped: int
    restarts: int
    quarantines: int
    emergency_records_waiting: int
    journal: JournalNow
    services: list[ServiceNow]


class Inspection(Struct, frozen=True):
    """`hub` is for whoever runs the hub; an operator is told of the own tenant's screens only.

    Longest first, at most 20 mailboxes and 100 of each other list.
    """

    at: datetime
    mailboxes: list[MailboxNow]
    slow: list[SlowScreen]
    failed: list[FailedScreen]
    unstable: list[UnstableScreen]
    hub: HubNow | None = None
