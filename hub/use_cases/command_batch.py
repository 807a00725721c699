"""Many commands in one transaction: which of them are queued, and what each of those who asked is told.

Rule 1: each is judged by itself, in the order in which they came; what one may not do harms no other.
Rule 2: the same idempotency key with the same request is the same command, also within one batch; with
        another request it is a mistake.
Rule 3: of SUPERSEDED_BY_NEWER only the newest waits; those that were not sent yet end with it. For a screen
        whose commands the live side keeps, that is the live side's to decide: PostgreSQL hears a moment later
        what has been sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypeAlias

from hub.operator import Operator
from hub.use_cases.audit import Done, record_all
from hub.use_cases.command_ports import CommandQueue, Earlier, Ended, Room
from hub.use_cases.errors import NO_SUCH_DEVICE, InConflict, NotFound, Refused, TooMany
from hub.use_cases.ports import Transaction
from hub.use_cases.realtime import EndedCommand, QueuedCommand
from protocol.api import CommandAccepted
from protocol.vocabulary import SUPERSEDED_BY_NEWER, CommandName, CommandStatus, DeviceStatus

OPEN_COMMANDS_AT_MOST: Final = 1000
"""How many commands may wait for one screen."""


class Order(NamedTuple):
    """One command to one screen, as an operator asked for it. `args_json`: `args`, encoded."""

    operator: Operator
    id: str
    device_id: str
    command: CommandName
    args: dict[str, Any]
    args_json: str
    idempotency_key: str | None
    created_at: datetime
    expires_at: datetime

    @property
    def created_by(self) -> str:
        """The operator's id."""
        return self.operator.user_id

    @property
    def created_by_name(self) -> str:
        """What the operator is called."""
        return self.operator.email

    @property
    def lifetime(self) -> timedelta:
        """How long it may wait."""
        return self.expires_at - self.created_at


Answer: TypeAlias = CommandAccepted | Refused


class Committed(NamedTuple):
    """`answers`: one for each order. The rest is what the live side is to be told."""

    answers: list[Answer]
    queued: list[QueuedCommand]
    superseded: list[EndedCommand]


def commit_orders(tx: Transaction, orders: Sequence[Order], is_kept_live: Callable[[str], bool]) -> Committed:
    """Queue what may be queued, with its audit rows. Raises nothing of its own.

    `is_kept_live`: whether the live side keeps the commands of this device (Rule 3).
    """
    queue = tx.command_queue
    queue.lock({order.device_id for order in orders if order.command in SUPERSEDED_BY_NEWER})
    judged = _Judged(queue, orders)
    added = queue.add(judged.new) if judged.new else set()
    judged.used_meanwhile([order for order in judged.new if order.id not in added])
    new = [order for order in judged.new if order.id in added]
    newest = {
        (order.device_id, order.command): order.id
        for order in new
        if order.command in SUPERSEDED_BY_NEWER and not is_kept_live(order.device_id)
    }
    superseded = queue.supersede(newest, orders[-1].created_at) if newest else []
    ended = {each.id for each in superseded}
    reloading = {order.device_id for order in new if order.command is CommandName.RELOAD_PLAYLIST}
    versions = queue.raise_playlists(reloading) if reloading else {}
    for order in new:
        status = CommandStatus.SUPERSEDED if order.id in ended else CommandStatus.QUEUED
        judged.answers[order.id] = CommandAccepted(order.id, status)
    replaced = _replaced(newest, superseded)
    record_all(tx, [_done(order, replaced.get(order.id, [])) for order in new])
    tenant_id = orders[0].operator.tenant_id
    return Committed(
        [judged.answer(order) for order in orders],
        [_queued(order, versions) for order in new if order.id not in ended],
        # What was queued and replaced in the same transaction was never waiting for the live side.
        [as_ended(tenant_id, each, CommandStatus.SUPERSEDED) for each in superseded if each.id not in added],
    )


def as_ended(tenant_id: str, ended: Ended, status: CommandStatus) -> EndedCommand:
    """What the live side is told of a command that has just ended."""
    return EndedCommand(ended.id, tenant_id, ended.device_id, ended.command, status, ended.detail)


class _Judged:
    """What becomes of each order. `new`: those to be queued."""

    def __init__(self, queue: CommandQueue, orders: Sequence[Order]) -> None:
        self._queue = queue
        self._known = _earlier(queue, orders)
        self._room = queue.room({order.device_id for order in orders}, OPEN_COMMANDS_AT_MOST)
        self._more: Counter[str] = Counter()
        self._first: dict[tuple[str, str], Order] = {}
        self._same: dict[str, str] = {}
        self.new: list[Order] = []
        self.answers: dict[str, Answer] = {}
        for order in orders:
            try:
                self._judge(order)
            except Refused as refusal:
                self.answers[order.id] = refusal

    def answer(self, order: Order) -> Answer:
        """What whoever sent the order is told."""
        return self.answers[self._same.get(order.id, order.id)]

    def used_meanwhile(self, orders: Sequence[Order]) -> None:
        """The keys of these were used by somebody else after this transaction had looked."""
        known = _earlier(self._queue, orders)
        for order in orders:
            assert order.idempotency_key is not None  # nothing else is in conflict with what is there
            try:
                self._repeat(order, known[order.device_id, order.idempotency_key])
            except Refused as refusal:
                self.answers[order.id] = refusal

    def _judge(self, order: Order) -> None:
        room = self._room.get(order.device_id)
        sites = order.operator.sites
        if room is None or (sites is not None and room.site_id not in sites):
            raise NotFound(NO_SUCH_DEVICE)
        if order.idempotency_key is not None:
            key = order.device_id, order.idempotency_key
            if key in self._known:
                return self._repeat(order, self._known[key])
            if key in self._first:
                _require_same(order, self._first[key])
                self._same[order.id] = self._first[key].id
                return None
            self._may_wait(order, room)
            self._first[key] = order
        else:
            self._may_wait(order, room)
        self._more[order.device_id] += 1
        self.new.append(order)
        return None

    def _may_wait(self, order: Order, room: Room) -> None:
        if room.status is not DeviceStatus.APPROVED:
            raise InConflict(f"This screen is {room.status}; only an approved one takes commands.")
        if room.open_commands + self._more[order.device_id] >= OPEN_COMMANDS_AT_MOST:
            raise TooMany(f"{OPEN_COMMANDS_AT_MOST} commands wait for this screen already.", 60)

    def _repeat(self, order: Order, earlier: Earlier) -> None:
        _require_same(order, earlier)
        self.answers[order.id] = CommandAccepted(earlier.id, earlier.status)


def _earlier(queue: CommandQueue, orders: Iterable[Order]) -> dict[tuple[str, str], Earlier]:
    keys = [(order.device_id, order.idempotency_key) for order in orders if order.idempotency_key is not None]
    return {(each.device_id, each.idempotency_key): each for each in queue.earlier(keys)}


def _require_same(order: Order, earlier: Order | Earlier) -> None:
    lifetime = earlier.expires_at - earlier.created_at
    if (order.command, order.args, order.lifetime) != (earlier.command, earlier.args, lifetime):
        raise InConflict(
            "This Idempotency-Key was used for another command. Use a new key for a new command."
        )


def _queued(order: Order, versions: Mapping[str, int]) -> QueuedCommand:
    return QueuedCommand(
        order.id,
        order.operator.tenant_id,
        order.device_id,
        order.command,
        order.args,
        order.expires_at,
        versions.get(order.device_id) if order.command is CommandName.RELOAD_PLAYLIST else None,
    )


def _replaced(
    newest: Mapping[tuple[str, CommandName], str], superseded: Iterable[Ended]
) -> dict[str, list[str]]:
    """By the id of the newest: the ids of those that it replaced."""
    replaced: dict[str, list[str]] = {}
    for each in superseded:
        replaced.setdefault(newest[each.device_id, each.command], []).append(each.id)
    return replaced


def _done(order: Order, replaced: list[str]) -> Done:
    details: dict[str, Any] = {"command_id": order.id, "command": order.command, "args": order.args}
    if replaced:
        details["superseded"] = replaced
    return Done.by(order.operator, order.created_at, "command.queued", "device", order.device_id, details)
