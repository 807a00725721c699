"""What the operators' feed shows: rows of the roster, tallies of the board."""

from __future__ import annotations

from collections.abc import Mapping

from hub.live.board import Board
from hub.live.incident_view import IncidentView
from hub.live.roster import Roster
from hub.use_cases.site_limits import Sites
from protocol.live import ScreenRow


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

    def rows(self, tenant_id: str, sites: Sites) -> list[ScreenRow]:
        """See the port."""
        return [screen.row() for screen in self._roster.of_tenant(tenant_id, sites)]

    def site_of(self, device_id: str) -> str | None:
        """See the port."""
        return self._roster.site_of(device_id)

    def emergency(self, tenant_id: str, emergency_id: str) -> IncidentView | None:
        """See the port."""
        return self._board.view(tenant_id, emergency_id)

    def emergencies(self, tenant_id: str) -> list[IncidentView]:
        """See the port."""
        return self._board.in_force(tenant_id)

    def tenant_name(self, tenant_id: str) -> str:
        """See the port."""
        return self._tenant_names.get(tenant_id, "")
