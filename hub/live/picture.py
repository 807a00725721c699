"""What the operators' feed shows: rows of the roster, tallies of the board."""

from __future__ import annotations

from collections.abc import Mapping

from hub.live.board import Board
from hub.live.roster import Roster
from protocol.live import EmergencyProgress, ScreenRow


class LivePicture:
    """Fulfils `hub.live.feed.Picture`. `tenant_names`: by tenant id."""

    def __init__(self, roster: Roster, board: Board, tenant_names: Mapping[str, str]) -> None:
        self._roster = roster
        self._board = board
        self._tenant_names = tenant_names

    def row(self, device_id: str) -> ScreenRow | None:
        """See the port."""
        screen = self._roster.get(device_id)
        return None if screen is None else screen.row()

    def rows(self, tenant_id: str) -> list[ScreenRow]:
        """See the port."""
        return [screen.row() for screen in self._roster.of_tenant(tenant_id)]

    def progress(self, emergency_id: str) -> EmergencyProgress | None:
        """See the port."""
        return self._board.progress(emergency_id)

    def progresses(self, tenant_id: str) -> list[EmergencyProgress]:
        """See the port."""
        found = (self._board.progress(emergency_id) for emergency_id in self._board.in_force(tenant_id))
        return [progress for progress in found if progress is not None]

    def tenant_name(self, tenant_id: str) -> str:
        """See the port."""
        return self._tenant_names.get(tenant_id, "")
