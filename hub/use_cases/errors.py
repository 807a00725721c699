"""Why a use case refuses. `detail` is a sentence that says what to do; the API maps each to a status."""

from __future__ import annotations

from typing import Final

NO_SUCH_DEVICE: Final = "There is no such screen. It may have been removed, or the id is mistyped."


class Refused(Exception):
    """The base: the request was understood and will not be done."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotSignedIn(Refused):
    """Whoever asks is not known: wrong tenant, user, password, or token. Says no more than that. `fields`:
    what is missing still."""

    def __init__(self, detail: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.fields = fields


class NotAllowed(Refused):
    """Known, but without the permission; or a secret that opens nothing here."""


class NotFound(Refused):
    """No such thing in this tenant. What belongs to another tenant is not found either."""


class InConflict(Refused):
    """The thing is in a state, or has a name, that does not go together with this."""


class Stale(Refused):
    """It was changed since it was read: whoever changes it must have seen how it is."""


class Unseen(Refused):
    """The change does not say what it changes: a revision is missing."""


class TooLarge(Refused):
    """More than this hub takes; the sentence says how much it does."""


class NoRoom(Refused):
    """The disk, or what the tenant may use of it, is full. Nothing was lost of what was there."""


class Locked(Refused):
    """Another request is at it now."""


class Garbled(Refused):
    """What came is not what its checksum says. Nothing of it was kept."""


class Gone(Refused):
    """It was there, and its time is over."""


class Invalid(Refused):
    """Well-formed, but these fields cannot be meant. `fields` says of each why."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("Correct the fields that are named here and send the request again.")
        self.fields = fields


class TooMany(Refused):
    """A limit is reached; `retry_after_s` says when to come back."""

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Overloaded(Refused):
    """More comes than the hub can hold; nothing of this was done. `retry_after_s`: when to come back."""

    def __init__(self, detail: str, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
