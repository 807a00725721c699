"""Every operator action leaves one entry in the audit log, in the transaction of the action itself.

Rule: no secret is kept with it. What people write freely (a screen's settings, a command's arguments) may
      well have one, and an entry is for years: what is called like a secret is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Self

from hub.operator import Operator
from hub.use_cases.ports import Transaction
from protocol.vocabulary import ActorKind, AuditOutcome

LEFT_OUT: Final = "(left out)"
DEEP_AT_MOST: Final = 50
"""Nobody reads deeper, and no stack must bear what people nest."""
_SECRET: Final = re.compile(
    r"passw|passphrase|pwd|secret|token|credential|authorization|(api|access|private|psk|wifi|wpa)[_-]?key"
    r"|(^|[_-])(pin|psk)$",
    re.IGNORECASE,
)


class Done(NamedTuple):
    """One action, as the audit log keeps it. `action` is `<subject>.<past participle>`, such as
    `device.approved`; `details` must be JSON, and hold no secret."""

    at: datetime
    actor_kind: ActorKind
    user_id: str | None
    user_email: str
    action: str
    target_type: str
    target_id: str | None
    details: dict[str, Any]
    on_behalf_of: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    outcome: AuditOutcome = AuditOutcome.DONE

    @classmethod
    def by(
        cls,
        operator: Operator,
        at: datetime,
        action: str,
        target_type: str,
        target_id: str | None,
        details: dict[str, Any],
        outcome: AuditOutcome = AuditOutcome.DONE,
    ) -> Self:
        """What this operator did, or was denied."""
        who = (at, operator.kind, operator.user_id, operator.email)
        what = (action, target_type, target_id, without_secrets(details))
        return cls(*who, *what, operator.on_behalf_of, *operator.origin, outcome)

    @classmethod
    def by_clarion(
        cls,
        at: datetime,
        action: str,
        target_type: str,
        target_id: str | None,
        details: dict[str, Any],
    ) -> Self:
        """What Clarion itself did, or somebody by its command line."""
        what = (action, target_type, target_id, without_secrets(details))
        return cls(at, ActorKind.SYSTEM, None, "clarion", *what)


def without_secrets(details: Any, deep: int = DEEP_AT_MOST) -> Any:
    """The same, where what is called like a secret, or is deeper than `deep`, only says that it was there."""
    if deep == 0:
        return LEFT_OUT
    match details:
        case dict():
            return {
                name: LEFT_OUT
                if isinstance(value, str | int) and not isinstance(value, bool) and _SECRET.search(str(name))
                else without_secrets(value, deep - 1)
                for name, value in details.items()
            }
        case list() | tuple():
            return [without_secrets(each, deep - 1) for each in details]
        case _:
            return details


def record_all(tx: Transaction, done: Sequence[Done]) -> None:
    """One entry for each action, in this order."""
    if done:
        tx.audit.add(done)


def record(
    tx: Transaction,
    operator: Operator,
    at: datetime,
    action: str,
    target_type: str,
    target_id: str | None,
    **details: Any,
) -> None:
    """One entry; the names are as in `Done`."""
    tx.audit.add([Done.by(operator, at, action, target_type, target_id, details)])


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The details of a change: `before` and `after`, of what is not the same."""
    differing = [name for name in after if before.get(name) != after[name]]
    return {
        "before": {name: before.get(name) for name in differing},
        "after": {name: after[name] for name in differing},
    }
