"""PostgreSQL, as the hub works with it: pooled connections in worker threads, one transaction a thread hop.

Rule 1: every connection works as clarion_hub, which no row-level policy lets past its tenant; it is verified.
Rule 2: the tenant is set for one transaction only, so that a pooled connection carries none to the next.
Rule 3: whoever waits, waits for a bounded time, and then gets DatabaseUnavailable. Once PostgreSQL is known
        to be away, until it answers again, that time is `AWAY_WAIT_S`.
Rule 4: a cancelled caller abandons nothing: the thread ends its transaction, then the cancellation is
        delivered. So work must be short; `transaction_s` bounds it in the server too.

`await database.transact(tenant_id, work)` runs `work(tx)`, a plain function, in a thread:

    device = await database.transact(tenant_id, lambda tx: tx.devices.get(device_id))

What raises in `work` rolls back. `work` runs again if PostgreSQL asks for that (deadlock, serialization), or
if what it looked at came into use, or was deleted, before it wrote (a foreign key says so): then it sees
that, and says so in words. So its only effects are on the database.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import psycopg
import trio
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import DeadlockDetected, ForeignKeyViolation, SerializationFailure
from psycopg_pool import ConnectionPool, PoolTimeout

from persistence.adaptation import adapters
from persistence.errors import DatabaseUnavailable, UnsafeDatabaseRole
from persistence.transaction import Connection, Questions, Transaction

Result = TypeVar("Result")

ROLE: Final = "clarion_hub"
AWAY_WAIT_S: Final = 0.2


class Database:
    """The hub's connections. Open it with `async with Database(…) as database`.

    `pool_size` connections serve everything but the emergencies, which have one of their own (`urgent`): an
    emergency never waits behind other people's queries.

    Opening raises DatabaseUnavailable, UnsafeDatabaseRole.
    """

    def __init__(
        self,
        database_url: str,
        *,
        pool_size: int = 6,
        statement_s: float = 5.0,
        transaction_s: float = 15.0,
        wait_s: float = 2.0,
    ) -> None:
        self._conninfo = _conninfo(database_url, statement_s, transaction_s)
        self._transaction_s = transaction_s
        self._wait_s = wait_s
        self._is_away = False
        # After a restart of PostgreSQL every pooled connection may prove dead once.
        self._attempts = pool_size + 3
        self._ordinary = trio.CapacityLimiter(pool_size)
        self._urgent = trio.CapacityLimiter(1)
        self._threads = trio.CapacityLimiter(pool_size + 1)
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            self._conninfo,
            kwargs={"context": adapters},
            min_size=1,
            max_size=pool_size + 1,
            open=False,
            configure=self._configure,
            timeout=wait_s,
            # A short patience: the pool looks again when somebody asks, not minutes after PostgreSQL is back.
            reconnect_timeout=2.0,
            name="clarion",
        )

    async def __aenter__(self) -> Self:
        await trio.to_thread.run_sync(self._open, limiter=self._threads)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(self._pool.close, limiter=self._threads)

    async def transact(
        self, tenant_id: str, work: Callable[[Transaction], Result], *, urgent: bool = False
    ) -> Result:
        """`work(tx)` in one transaction of this tenant, committed at its end. Raises DatabaseUnavailable."""

        def within(connection: Connection) -> Result:
            tx = Transaction(connection, tenant_id)
            with tx.audit.held():
                return work(tx)

        return await self.run(within, tenant_id=tenant_id, urgent=urgent)

    async def ask(self, work: Callable[[Questions], Result]) -> Result:
        """One of the few questions that come before a tenant is known. Raises DatabaseUnavailable."""
        return await self.run(lambda connection: work(Questions(connection)))

    async def run(
        self, work: Callable[[Connection], Result], *, tenant_id: str | None = None, urgent: bool = False
    ) -> Result:
        """`work(connection)` in one transaction; for adapters that write SQL of their own.

        Without a tenant the policies show nothing until `connection` is told one. Raises DatabaseUnavailable.
        """
        lane = self._urgent if urgent else self._ordinary
        # One token for each call: a limiter would not let one task hold two.
        call = object()
        with trio.move_on_after(self._wait_s) as waiting:
            await lane.acquire_on_behalf_of(call)
        if waiting.cancelled_caught:
            raise DatabaseUnavailable("every connection to the database is busy")
        try:
            return await trio.to_thread.run_sync(self._attempt, work, tenant_id, limiter=self._threads)
        finally:
            lane.release_on_behalf_of(call)

    def _attempt(self, work: Callable[[Connection], Result], tenant_id: str | None) -> Result:
        for attempt in range(1, self._attempts + 1):
            begun = False
            try:
                with self._pool.connection(timeout=self._patience_s) as connection:
                    self._is_away = False
                    connection.execute("SELECT set_config('clarion.tenant_id', %s, true)", (tenant_id or "",))
                    begun = True
                    return work(connection)
            except (DeadlockDetected, SerializationFailure) as error:
                if attempt == self._attempts:
                    raise DatabaseUnavailable(_one_line(error)) from error
            except ForeignKeyViolation:
                if attempt == self._attempts:
                    raise
            except (psycopg.OperationalError, psycopg.InternalError) as error:
                # InternalError: a server that only reads, as a standby does until it takes over, or one that
                # ended a transaction which took too long.
                # Once the work has begun nobody knows what became of it, so it is not done again.
                self._is_away = isinstance(error, PoolTimeout)
                if attempt == self._attempts or begun or isinstance(error, PoolTimeout):
                    raise DatabaseUnavailable(_one_line(error)) from error
        raise AssertionError("the last attempt returns or raises")

    @property
    def _patience_s(self) -> float:
        # The pool goes on trying to connect by itself, whoever asked and gave up.
        return min(self._wait_s, AWAY_WAIT_S) if self._is_away else self._wait_s

    def _open(self) -> None:
        try:
            # The pool's own threads would log a refusal and try for ever; here it is one clear error.
            with psycopg.connect(self._conninfo, context=adapters) as connection:
                self._configure(connection)
            self._pool.open()
        except psycopg.OperationalError as error:
            line = _one_line(error)
            if f'role "{ROLE}" does not exist' in line:
                raise UnsafeDatabaseRole(
                    f"the database has no role {ROLE}: run `clarion migrate` first"
                ) from error
            if "permission denied to set role" in line:
                raise UnsafeDatabaseRole(
                    f"the database user may not work as {ROLE}: as the owner, GRANT {ROLE} TO that user"
                ) from error
            raise DatabaseUnavailable(line) from error

    def _configure(self, connection: Connection) -> None:
        row = connection.execute(
            "SELECT current_user, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        if row is None or row[0] != ROLE or row[1]:
            raise UnsafeDatabaseRole(
                f"the hub would work as a role that row-level security does not hold ({row and row[0]}); "
                f"it must be {ROLE}, without SUPERUSER and BYPASSRLS"
            )
        if connection.info.server_version >= 170_000:
            connection.execute(
                "SELECT set_config('transaction_timeout', %s, false)", (f"{self._transaction_s * 1000:.0f}",)
            )
        connection.commit()


def _conninfo(database_url: str, statement_s: float, transaction_s: float) -> str:
    given = conninfo_to_dict(database_url)
    ours = {
        "role": ROLE,
        "timezone": "UTC",
        "statement_timeout": f"{statement_s * 1000:.0f}",
        "idle_in_transaction_session_timeout": f"{transaction_s * 1000:.0f}",
    }
    options = " ".join(
        [str(given.pop("options", "") or ""), *(f"-c {name}={value}" for name, value in ours.items())]
    )
    kept: dict[str, Any] = {
        "application_name": "clarion-hub",
        "connect_timeout": 3,
        # A database that vanished without a word is noticed in seconds, not in the kernel's two hours.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }
    return make_conninfo("", **{**kept, **given, "options": options.strip()})


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
