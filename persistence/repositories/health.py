"""How a screen was: the heartbeats that are kept, as operators read them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from persistence.repositories.base import Repository
from protocol.player import HealthSample

# The last one of each step: of a week there are as many points as of a day.
_SAMPLES: Final = """
SELECT DISTINCT ON (date_bin(make_interval(mins => %(step_min)s), at, %(since)s))
       at, uptime_s, memory_bytes, memory_limit_bytes, storage_bytes, storage_limit_bytes, dropped_frames,
       files_missing
  FROM device_heartbeats
 WHERE tenant_id = %(tenant)s AND device_id = %(device)s AND at >= %(since)s
 ORDER BY date_bin(make_interval(mins => %(step_min)s), at, %(since)s), at DESC
"""


class HealthHistory(Repository):
    """Fits `hub.use_cases.report_ports.HealthHistory`."""

    def samples(self, device_id: str, *, since: datetime, step_min: int) -> list[HealthSample]:
        """One for each step of so many minutes, the oldest first."""
        rows = self._rows(_SAMPLES, device=device_id, since=since, step_min=step_min)
        return msgspec.convert(rows, list[HealthSample])
