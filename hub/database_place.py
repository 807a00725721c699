"""Where the database of this installation is: the one that the settings name, or an embedded one.

with DatabasePlace(settings) as place:
    migrate(place.owner_url)
"""

from __future__ import annotations

from types import TracebackType
from typing import Final, NoReturn, Self
from urllib.parse import urlsplit

import trio

from hub.errors import ChildDied, StartError
from hub.settings import Settings
from persistence.embedded import HUB_ROLE, EmbeddedPostgres

_LOOK_EVERY_S: Final = 0.25


class DatabasePlace:
    """The addresses of the database, good while this is open.

    Without CLARION_DATABASE_URL it is an embedded PostgreSQL in the data folder: the one that already runs
    there (started by `clarion up`, say) or, until this is closed, one of its own. `open` and `close` block;
    opening raises StartError or EmbeddedPostgresError.
    """

    def __init__(self, settings: Settings, *, attach: bool = True) -> None:
        self._settings = settings
        self._attach = attach
        self._embedded: EmbeddedPostgres | None = None
        self.owner_url = ""
        self.hub_url = ""
        self.description = ""

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Find or start the database. A named one is not contacted yet."""
        settings = self._settings
        if settings.database_url is not None:
            self.hub_url = settings.database_url
            self.owner_url = settings.migration_database_url or settings.database_url
            place = urlsplit(settings.database_url)
            self.description = f"PostgreSQL at {place.hostname or 'this machine'}"
            return
        if settings.migration_database_url is not None:
            raise StartError(
                "CLARION_MIGRATION_DATABASE_URL is set and CLARION_DATABASE_URL is not: set both, or neither."
            )
        server = EmbeddedPostgres(settings.data_dir)
        if not (self._attach and server.attach()):
            self._embedded = server
            server.start()
        self.owner_url = server.url()
        self.hub_url = server.url(role=HUB_ROLE)
        self.description = f"PostgreSQL 18, embedded, in {settings.data_dir}"

    async def until_it_ends(self) -> NoReturn:
        """Wait until the server that this started ends by itself: for ever, if all goes well. Raises
        ChildDied."""
        while True:
            end = None if self._embedded is None else self._embedded.end()
            if end is not None:
                raise ChildDied(end)
            await trio.sleep(_LOOK_EVERY_S)

    def close(self) -> None:
        """Stop the server, if this started it."""
        if self._embedded is not None:
            self._embedded.stop()
            self._embedded = None
