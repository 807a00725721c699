"""A hub that dies between a commit of records and their answer: `python -m tests.guarantees.dying_hub hub`.

It is the hub as it is, but for this: where there is the file that DIES_ONCE names, it takes that away after
the next commit of what screens recorded, and kills itself as SIGKILL does.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from hub import bootstrap
from hub.command_line import main
from persistence.records import Kept, RecordWriter, Said
from tests.hub.hub_process import HubProcess


class DyingHub(HubProcess):
    """A hub process that dies when it is told to, at that moment."""

    MODULE = "tests.guarantees.dying_hub"

    def __init__(self, owner_url: str, hub_url: str, folder: Path) -> None:
        self._order = folder / "dies-once"
        env = {"DIES_ONCE": str(self._order), "CLARION_HEARTBEAT_INTERVAL_S": "2"}
        super().__init__(owner_url, hub_url, folder, env)

    def dies_after_next_commit(self) -> None:
        self._order.touch()

    @property
    def has_died(self) -> bool:
        """Whether it has done so."""
        return not self._order.exists()


class DyingWriter(RecordWriter):
    """Commits, and does not live to tell."""

    async def keep(self, tenant_id: str, said: Sequence[Said]) -> dict[str, Kept]:
        kept = await super().keep(tenant_id, said)
        order = Path(os.environ["DIES_ONCE"])
        if order.exists():
            order.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return kept


def run() -> None:
    """The hub's command line, with that writer."""
    bootstrap.RecordWriter = DyingWriter  # type: ignore[attr-defined]
    main()


if __name__ == "__main__":
    run()
