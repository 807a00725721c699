"""Which pairing code an operator means who presses Approve: the one that can have been read (pure).

Whoever holds the enrolment key can register the same hardware again while somebody compares codes. The page
then shows another code in the same place, an instant before the press. So a code counts from when it can
have been read; until then the one before it is what is sent, and the hub refuses that one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

READ_WITHIN_MS: Final = 5_000


class _Shown(NamedTuple):
    code: str
    since_ms: int
    before: str | None


class ShownCodes:
    """The codes on one open page, by device. Times are milliseconds of one clock."""

    def __init__(self) -> None:
        self._shown: dict[str, _Shown] = {}

    def show(self, codes: Iterable[tuple[str, str | None]], now_ms: int) -> None:
        """From now on the page shows exactly these: (device id, code or None when it has expired)."""
        kept: dict[str, _Shown] = {}
        for device_id, code in codes:
            known = self._shown.get(device_id)
            if code is not None and (known is None or code != known.code):
                kept[device_id] = _Shown(code, now_ms, self.meant(device_id, now_ms) if known else None)
            elif known is not None:
                kept[device_id] = known
        self._shown = kept

    def meant(self, device_id: str, now_ms: int) -> str:
        """The code to approve; empty, which approves nothing, when none was shown."""
        shown = self._shown.get(device_id)
        if shown is None:
            return ""
        if shown.before is None or now_ms - shown.since_ms >= READ_WITHIN_MS:
            return shown.code
        return shown.before
