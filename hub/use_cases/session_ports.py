"""What signing in needs of PostgreSQL: sessions and their refresh tokens. Fulfilled by
`persistence.repositories.sessions`, which says what each method does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hub.operator import Operator
from hub.use_cases.access_port import Access
from hub.use_cases.access_ports import AccessPicture


class Session(Protocol):
    """One that has not ended, as its person sees it."""

    @property
    def id(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def last_used_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def ip_address(self) -> str | None: ...
    @property
    def user_agent(self) -> str: ...
    @property
    def acts_in(self) -> str | None: ...


class Family(Protocol):
    """The session of a refresh token that was shown."""

    @property
    def session_id(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def is_over(self) -> bool: ...
    @property
    def is_spent(self) -> bool: ...


class Sessions(Protocol):
    """`tx.sessions`."""

    def begin(
        self,
        session_id: str,
        user_id: str,
        acts_in: str | None,
        token_hash: bytes,
        at: datetime,
        until: datetime,
        ip: str | None,
        user_agent: str,
    ) -> None: ...

    def family(self, token_hash: bytes, at: datetime) -> Family | None: ...

    def go_on(
        self,
        session_id: str,
        spent_hash: bytes,
        token_hash: bytes,
        at: datetime,
        until: datetime,
        ip: str | None,
        user_agent: str,
    ) -> None: ...

    def of_user(self, user_id: str, at: datetime) -> Sequence[Session]: ...

    def end(
        self,
        because: str,
        at: datetime,
        *,
        user_id: str | None = None,
        only: Sequence[str] | None = None,
        but: str | None = None,
    ) -> Sequence[str]: ...

    def forget_ended(self, user_id: str, before: datetime) -> None: ...


class SessionMemory(Access, Protocol):
    """The hub's memory of who may do what, as those need it who make sessions; see `hub.access`."""

    def take(self, picture: AccessPicture) -> Operator | None: ...

    def operator_in(self, picture: AccessPicture) -> Operator | None: ...

    def note_weak_password(self, session_id: str) -> None: ...
