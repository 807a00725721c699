"""What screens looked like: a few pictures of each, the newest. Each answers an order, once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from persistence.repositories.at_sites import devices_at, values_of
from persistence.repositories.base import Repository
from protocol.player import Screenshot
from protocol.vocabulary import CommandStatus

_SELECT: Final = """
SELECT s.id, s.device_id, s.command_id, s.taken_at, s.note, s.mime_type, s.width, s.height,
       '/api/v1/screenshots/' || s.id || '/picture' AS url
  FROM screenshots s
 WHERE s.tenant_id = %(tenant)s AND s.device_id = %(device)s
"""


class Asked(NamedTuple):
    """An order for a picture: how far it is, and since when it is there."""

    status: CommandStatus
    created_at: datetime


class Picture(NamedTuple):
    """The bytes, and of what type."""

    mime_type: str
    content: bytes


class Screenshots(Repository):
    """Fits `hub.use_cases.player_ports.Screenshots`."""

    def asked(self, device_id: str, command_id: str) -> Asked | None:
        """The order of this id, if it is one for a picture, and of this screen."""
        row = self._row(
            "SELECT status, created_at FROM commands"
            " WHERE tenant_id = %(tenant)s AND id = %(command)s AND device_id = %(device)s"
            " AND command = 'screenshot'",
            command=command_id,
            device=device_id,
        )
        return None if row is None else Asked(CommandStatus(row["status"]), row["created_at"])

    def answering(self, device_id: str, command_id: str) -> Screenshot | None:
        """The picture that this screen sent because of this order."""
        row = self._row(_SELECT + " AND s.command_id = %(command)s", device=device_id, command=command_id)
        return None if row is None else msgspec.convert(row, Screenshot)

    def add(
        self,
        screenshot_id: str,
        device_id: str,
        command_id: str,
        *,
        taken_at: datetime,
        at: datetime,
        note: str,
        mime_type: str,
        size_px: tuple[int, int],
        content: bytes,
    ) -> bool:
        """False: another picture answers this order already."""
        width, height = size_px
        return (
            self._run(
                "INSERT INTO screenshots (id, tenant_id, device_id, command_id, taken_at, kept_at, note,"
                " mime_type, width, height, picture) VALUES (%(id)s, %(tenant)s, %(device)s, %(command)s,"
                " %(taken)s, %(at)s, %(note)s, %(type)s, %(width)s, %(height)s, %(content)s)"
                " ON CONFLICT DO NOTHING",
                id=screenshot_id,
                device=device_id,
                command=command_id,
                taken=taken_at,
                at=at,
                note=note,
                type=mime_type,
                width=width,
                height=height,
                content=content,
            )
            == 1
        )

    def keep_newest(self, device_id: str, at_most: int) -> None:
        """The older ones of this screen go."""
        self._run(
            "DELETE FROM screenshots WHERE tenant_id = %(tenant)s AND id IN ("
            "SELECT id FROM screenshots WHERE tenant_id = %(tenant)s AND device_id = %(device)s"
            " ORDER BY kept_at DESC, id DESC OFFSET %(at_most)s)",
            device=device_id,
            at_most=at_most,
        )

    def of_device(self, device_id: str) -> list[Screenshot]:
        """All that there are of this screen, the newest first."""
        rows: list[dict[str, Any]] = self._rows(
            _SELECT + " ORDER BY s.kept_at DESC, s.id DESC", device=device_id
        )
        return msgspec.convert(rows, list[Screenshot])

    def picture(self, screenshot_id: str, sites: Collection[str] | None = None) -> Picture | None:
        """The picture itself, if its screen is there (at these sites)."""
        row = self._row(
            "SELECT s.mime_type, s.picture FROM screenshots s"  # noqa: S608 -- literals
            " JOIN devices d ON d.tenant_id = s.tenant_id AND d.id = s.device_id"
            " WHERE s.tenant_id = %(tenant)s AND s.id = %(id)s" + devices_at(sites),
            id=screenshot_id,
            **values_of(sites),
        )
        return None if row is None else Picture(row["mime_type"], bytes(row["picture"]))
