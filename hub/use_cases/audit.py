"""Every operator action leaves one row in the audit log, in the transaction of the action itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self

from hub.tokens import Operator
from hub.use_cases.ports import Transaction


class Done(NamedTuple):
    """One action of an operator, as the audit log keeps it."""

    at: datetime
    user_id: str | None
    user_email: str
    ip: str | None
    action: str
    target_type: str
    target_id: str | None
    details: dict[str, Any]

    @classmethod
    def by(
        cls,
        operator: Operator,
        at: datetime,
        action: str,
        target_type: str,
        target_id: str | None,
        details: dict[str, Any],
    ) -> Self:
        """What this operator did. The names are as in `record`."""
        who = (operator.user_id, operator.email, operator.ip)
        return cls(at, *who, action, target_type, target_id, details)


def record_all(tx: Transaction, done: Sequence[Done]) -> None:
    """One row for each action, in this order."""
    if done:
        tx.audit.add_all(done)


def record(
    tx: Transaction,
    operator: Operator,
    at: datetime,
    action: str,
    target_type: str,
    target_id: str | None,
    **details: Any,
) -> None:
    """`action` is `<subject>.<past participle>`, such as `device.approved`; `details` must be JSON."""
    tx.audit.add(
        at=at,
        user_id=operator.user_id,
        user_email=operator.email,
        ip=operator.ip,
        action=action,
        target_type=target_type,
        target_id=target_id,
        details=details,
    )
