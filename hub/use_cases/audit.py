"""Every operator action leaves one row in the audit log, in the transaction of the action itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.tokens import Operator
from hub.use_cases.ports import Transaction


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
