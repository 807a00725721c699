"""One link of the player under test: what it said on it, and when. It reads all the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

from player.conformance.verdicts import Failed
from protocol.codec import MalformedFrame, UnknownFrame, decode_uplink, encode
from protocol.frames import Downlink, Uplink
from protocol.vocabulary import BEARER_SUBPROTOCOL_PREFIX

Frame = TypeVar("Frame", bound=Uplink)


@dataclass(frozen=True, slots=True)
class Asked:
    """The head of the upgrade."""

    path: str
    subprotocols: tuple[str, ...]
    authorization: str = field(repr=False)

    @property
    def token(self) -> str | None:
        """What it proves itself with, from either place."""
        if self.authorization.startswith("Bearer "):
            return self.authorization.removeprefix("Bearer ")
        offered = (s for s in self.subprotocols if s.startswith(BEARER_SUBPROTOCOL_PREFIX))
        found = next(offered, None)
        return None if found is None else found.removeprefix(BEARER_SUBPROTOCOL_PREFIX)


@dataclass(frozen=True, slots=True)
class Heard:
    """One frame, at trio's clock; `frame` is None for what is no frame, and `text` is what it was."""

    at: float
    frame: Uplink | None
    text: str


class Connection:
    """`answer` is called with each frame as it comes."""

    def __init__(self, socket: WebSocketConnection, stream: trio.abc.Stream, asked: Asked) -> None:
        self.asked = asked
        self.opened_at = trio.current_time()
        self.closed_at: float | None = None
        self.heard: list[Heard] = []
        self._socket = socket
        self._stream = stream
        self._read = self._skipped = 0
        self._changed = trio.Event()

    async def read(self, answer: Callable[[Uplink], Downlink | None]) -> None:
        """Until it is closed."""
        try:
            while True:
                message = await self._socket.get_message()
                payload = message.encode() if isinstance(message, str) else message
                try:
                    frame: Uplink | None = decode_uplink(payload)
                except (UnknownFrame, MalformedFrame) as error:
                    frame = None
                    payload = str(error).encode() + b": " + payload
                self.heard.append(Heard(trio.current_time(), frame, payload.decode(errors="replace")[:300]))
                self._tell()
                said = None if frame is None else answer(frame)
                if said is not None:
                    await self._socket.send_message(encode(said).decode())
        except (ConnectionClosed, trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            self.closed_at = trio.current_time()
            self._tell()

    # ---- saying ----

    async def say(self, frame: Downlink) -> None:
        """Raises Failed when the player is gone."""
        await self.say_text(encode(frame).decode())

    async def say_text(self, text: str) -> None:
        try:
            await self._socket.send_message(text)
        except (ConnectionClosed, trio.BrokenResourceError, trio.ClosedResourceError):
            raise Failed("the player has closed the connection") from None

    async def close(self, code: int, reason: str) -> None:
        """In good order."""
        with trio.move_on_after(1.0):
            await self._socket.aclose(code, reason)

    async def abort(self) -> None:
        """Without a word, as a network does."""
        await trio.aclose_forcefully(self._stream)
        await self.until_closed(2.0)

    # ---- hearing ----

    def skip(self) -> None:
        """What was heard so far is of no interest any more."""
        self._read = self._skipped = len(self.heard)

    def rewind(self) -> None:
        """What was heard since the last `skip` is of interest again."""
        self._read = self._skipped

    async def until(
        self,
        kind: type[Frame] | tuple[type[Frame], ...],
        within_s: float,
        what: str,
        such: Callable[[Frame], bool] = lambda _: True,
    ) -> Frame:
        """The next of this kind. Raises Failed, which says `what` did not come."""
        with trio.move_on_after(within_s):
            while True:
                while self._read < len(self.heard):
                    heard = self.heard[self._read]
                    self._read += 1
                    if heard.frame is None:
                        raise Failed(f"it said what is no frame: {heard.text}")
                    if isinstance(heard.frame, kind) and such(heard.frame):
                        return heard.frame
                if self.closed_at is not None:
                    raise Failed(f"it closed the connection, and {what} was still to come")
                self._changed = trio.Event()
                await self._changed.wait()
        raise Failed(f"{what} did not come within {within_s:g} s")

    async def never(
        self,
        kind: type[Frame] | tuple[type[Frame], ...],
        for_s: float,
        what: str,
        such: Callable[[Frame], bool] = lambda _: True,
    ) -> None:
        """Raises Failed if one of this kind comes."""
        try:
            await self.until(kind, for_s, what, such)
        except Failed:
            return
        raise Failed(f"{what} came")

    async def until_closed(self, within_s: float) -> bool:
        """Whether the player ended it in that time."""
        with trio.move_on_after(within_s):
            while self.closed_at is None:
                self._changed = trio.Event()
                await self._changed.wait()
        return self.closed_at is not None

    def _tell(self) -> None:
        self._changed.set()
