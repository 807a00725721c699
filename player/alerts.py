"""The emergencies that cover the glass, the worst on top.

Rule 1: while there is an alert, alerts are all that is seen; the playlist goes on underneath.
Rule 2: an alert ends by itself at its `expires_ms`, hub or no hub.
Rule 3: the content hash is made of what is painted, never copied from what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from protocol.alert import content_hash
from protocol.frames import Alert, AlertText
from protocol.vocabulary import Severity

_RANK: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class PaintedAlert:
    """One alert as it is on the glass: what people can read, in each of its languages."""

    title: str
    message: str
    severity: Severity
    texts: tuple[AlertText, ...] = ()

    @property
    def content_hash(self) -> str:
        """What the `rendered` receipt carries: SHA-256 in hex."""
        return content_hash(self.title, self.message, self.severity, self.texts)


def paint(alert: Alert) -> PaintedAlert:
    """Put one alert on the glass. A real screen lays out text here, and hashes the text that it laid out."""
    return PaintedAlert(alert.title, alert.message, alert.severity, tuple(alert.texts))


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new whole truth changed: alerts painted anew, and the ids of those that are gone."""

    painted: list[Alert] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


class AlertBoard:
    """Which alerts are shown. Instants are milliseconds of the hub's clock."""

    __slots__ = ("_alerts", "_expires_ms")

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._expires_ms: int | None = None

    def __contains__(self, emergency_id: object) -> bool:
        return emergency_id in self._alerts

    def __bool__(self) -> bool:
        return bool(self._alerts)

    def get(self, emergency_id: str) -> Alert | None:
        """The alert as it is shown; None when it is not up."""
        return self._alerts.get(emergency_id)

    @property
    def alerts(self) -> list[Alert]:
        """What is shown, the worst first, then the newest."""
        return sorted(self._alerts.values(), key=lambda a: (_RANK[a.severity], -a.issued_ms, a.emergency_id))

    @property
    def expires_ms(self) -> int | None:
        """When the next alert ends by itself."""
        return self._expires_ms

    def show(self, alert: Alert) -> None:
        """Put it up, or over its earlier version."""
        self._alerts[alert.emergency_id] = alert
        self._find_next_expiry()

    def hide(self, emergency_id: str) -> bool:
        """Take it down. False when it was not up."""
        was_up = self._alerts.pop(emergency_id, None) is not None
        self._find_next_expiry()
        return was_up

    def replace(self, truth: Iterable[Alert], now_ms: float) -> Difference:
        """Show exactly `truth`, less what has expired already."""
        wanted = {a.emergency_id: a for a in truth if not is_over(a, now_ms)}
        painted = [a for a in wanted.values() if self._alerts.get(a.emergency_id) != a]
        gone = [emergency_id for emergency_id in self._alerts if emergency_id not in wanted]
        self._alerts = wanted
        self._find_next_expiry()
        return Difference(painted, gone)

    def expire(self, now_ms: float) -> list[str]:
        """Take down what has expired, and say which."""
        over = [a.emergency_id for a in self._alerts.values() if is_over(a, now_ms)]
        for emergency_id in over:
            self.hide(emergency_id)
        return over

    def _find_next_expiry(self) -> None:
        instants = (a.expires_ms for a in self._alerts.values() if a.expires_ms is not None)
        self._expires_ms = min(instants, default=None)


def is_over(alert: Alert, now_ms: float) -> bool:
    """Whether its time has passed."""
    return alert.expires_ms is not None and alert.expires_ms <= now_ms
