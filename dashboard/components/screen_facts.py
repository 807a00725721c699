"""One screen: what it does now, and what it is."""

from __future__ import annotations

from dashboard.clock import Clock, to_ms
from dashboard.components.markup import Tag, set_text, tag
from dashboard.tags_typed import tag_text
from protocol.api import Device
from protocol.live import ScreenRow
from protocol.vocabulary import MISSING_SENTENCES, LedgerState

_NOW = (
    ("alert", "Alert"),
    ("seen", "Last seen"),
    ("pending", "Pending commands"),
)


class NowFacts:
    """What the live row says."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._facts: dict[str, Tag] = {}
        with tag("dl", "facts facts-three"):
            for key, text in _NOW:
                with tag("div", "fact"):
                    tag("dt", "", text)
                    self._facts[key] = tag("dd", "num", testid=f"screen-{key}")

    def show(self, row: ScreenRow, now_ms: int) -> None:
        seen = self._clock.moment(row.last_seen_ms, now_ms) if row.last_seen_ms else "never"
        set_text(self._facts["alert"], alert_sentence(row))
        set_text(self._facts["seen"], seen)
        set_text(self._facts["pending"], f"{row.pending_commands:,}")


class AboutFacts:
    """What PostgreSQL says."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._list = tag("dl", "facts", testid="screen-about")

    def show(self, device: Device, now_ms: int) -> None:
        approved = self._clock.moment(to_ms(device.approved_at), now_ms) if device.approved_at else None
        tags = (tag_text(key, value) for key, value in sorted(device.tags.items()))
        self._list.clear()
        with self._list:
            for text, value in (
                ("Site", device.site),
                ("Location", device.location),
                ("Groups", ", ".join(device.groups)),
                ("Tags", ", ".join(tags)),
                ("Model", device.model),
                ("Platform", device.platform),
                ("Player", device.player_version),
                ("IP address", device.ip_address),
                ("MAC address", device.mac_address),
                ("Hardware id", device.hardware_id),
                ("Device id", device.id),
                ("Approved", approved),
            ):
                with tag("div", "fact"):
                    tag("dt", "", text)
                    tag("dd", "num", value or "–")


def alert_sentence(row: ScreenRow) -> str:
    """How this screen stands to the gravest emergency."""
    if row.alert_id is None:
        return "none"
    if row.alert_missing is not None:
        return f"not shown: {MISSING_SENTENCES[row.alert_missing]}"
    match row.alert_state:
        case LedgerState.RENDERED:
            return "shows the alert"
        case LedgerState.HIDE_SENT:
            return "all-clear sent, still shows it"
        case LedgerState.HIDDEN:
            return "none"
        case _:
            return "on its way"
