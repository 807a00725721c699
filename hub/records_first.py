"""What the journal knows of an emergency is written after the emergency itself."""

from __future__ import annotations

from hub.journal_records import Batch
from hub.use_cases.emergency_records import EmergencyRecords
from persistence.journal import JournalWriter, Written


class RecordsFirst:
    """The journal's store: what it knows of an emergency is written after the emergency itself."""

    def __init__(self, records: EmergencyRecords, writer: JournalWriter) -> None:
        self._records = records
        self._writer = writer

    async def write(self, batch: Batch) -> Written:
        """See `JournalStore`."""
        await self._records.bring()
        return await self._writer.write(batch)
