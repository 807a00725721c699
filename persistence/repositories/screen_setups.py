"""How operators set screens up: a part of `devices.settings` that has a shape, under `player`."""

from __future__ import annotations

from datetime import datetime

from psycopg.types.json import Jsonb

from persistence.repositories.base import Repository


class ScreenSetups(Repository):
    """Fits `hub.use_cases.player_ports.ScreenSetups`. Who may see the screen is asked of `Devices`."""

    def get(self, device_id: str) -> str | None:
        """JSON; None: nothing was set, or there is no such screen."""
        row = self._row(
            "SELECT (d.settings -> 'player')::text AS kept FROM devices d"
            " WHERE d.tenant_id = %(tenant)s AND d.id = %(id)s",
            id=device_id,
        )
        return None if row is None else row["kept"]

    def put(self, device_id: str, settings: dict[str, object], at: datetime) -> None:
        """From now on."""
        self._run(
            "UPDATE devices SET updated_at = %(at)s,"
            " settings = settings || jsonb_build_object('player', %(settings)s::jsonb)"
            " WHERE tenant_id = %(tenant)s AND id = %(id)s",
            id=device_id,
            settings=Jsonb(settings),
            at=at,
        )
