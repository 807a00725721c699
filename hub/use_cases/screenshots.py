"""What a screen looks like: it was ordered to say so, and sends a picture; operators look at the newest.

Rule 1: a picture is taken only of who was asked for one, once an order, and while the order is open: no
        screen fills the database on its own account.
Rule 2: nothing of it is decoded in the hub. It is kept once a process of its own has read it to its end.
Rule 3: so many at a time are looked into, and so many wait; whoever comes then is told to come back. The
        screens of one tenant, however slowly they send, leave room for those of another.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import trio

from hub.media.inspecting.asking import NoRoomToLook, look_into
from hub.media.inspecting.findings import FileType, Finding, Limits, Question, Unusable
from hub.media.inspecting.sniff import HEAD_BYTES, sniff
from hub.operator import Operator
from hub.permissions import require
from hub.use_cases.errors import (
    NO_SUCH_DEVICE,
    InConflict,
    Invalid,
    Locked,
    NoRoom,
    NotFound,
    Overloaded,
    TooLarge,
)
from hub.use_cases.manifests import DeviceCaller
from hub.use_cases.player_ports import AskedPicture, Picture
from hub.use_cases.ports import Database, Transaction
from protocol.api import Page
from protocol.player import Screenshot
from protocol.vocabulary import OPEN_COMMAND_STATUSES, Permission

PICTURE_BYTES: Final = 2 * 1024 * 1024
KEPT_A_SCREEN: Final = 20
AT_ONCE: Final = 2
"""Processes that look into one."""
UNDER_WAY_AT_MOST: Final = 16
"""Pictures that come in, wait or are looked into."""
OF_ONE_TENANT_AT_MOST: Final = 8
RECEIVE_S: Final = 30.0
_TYPES: Final = frozenset({FileType.JPEG, FileType.PNG, FileType.WEBP})
_LIMITS: Final = Limits(pixels=16_000_000, side_px=8_192, decoded_pixels=16_000_000)
_DEADLINE_S: Final = 30.0
_CPU_S: Final = 10
_MEMORY_BYTES: Final = 512 * 1024 * 1024
_NOT_ASKED: Final = "is not an order for a picture of this screen"
_NO_SUCH_SCREENSHOT: Final = "There is no such picture any more: of each screen the newest are kept."


class Body(Protocol):
    """A request's body, piece by piece; see `hub.api.body_stream`."""

    is_broken: bool

    async def piece(self) -> bytes: ...


class Screenshots:
    """`scratch`: where pictures are looked into."""

    def __init__(self, database: Database, scratch: Path, now: Callable[[], datetime]) -> None:
        self._database = database
        self._scratch = scratch
        self._now = now
        self._looking = trio.CapacityLimiter(AT_ONCE)
        self._under_way: dict[str, str] = {}
        """Whose they are: tenants by device."""

    async def keep(
        self, device: DeviceCaller, command_id: str, note: str, taken_ms: int | None, body: Body
    ) -> Screenshot:
        """The picture that this screen was ordered to send.

        Raises Invalid (no such order; no picture that can be read), InConflict (the order has ended), Locked
        (the same screen sends one now), TooLarge, Overloaded, NoRoom.
        """
        with self._one_of(device):
            asked, kept = await self._database.transact(
                device.tenant_id,
                lambda tx: (
                    tx.screenshots.asked(device.device_id, command_id),
                    tx.screenshots.answering(device.device_id, command_id),
                ),
            )
            if kept is not None:  # its answer was lost on the way
                return kept
            if asked is None:
                raise Invalid({"command_id": _NOT_ASKED})
            if asked.status not in OPEN_COMMAND_STATUSES:
                raise InConflict("This order has ended already: no picture is expected any more.")
            content = await _received(body)
            kind = _kind(content)
            async with self._looking:
                found = await self._look_into(kind, content)
            return await self._add(device, command_id, note, taken_ms, asked, kind, found, content)

    async def of_device(self, operator: Operator, device_id: str) -> Page[Screenshot]:
        """The newest of one screen. Raises NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)

        def read(tx: Transaction) -> list[Screenshot]:
            if tx.devices.get(device_id, operator.sites) is None:
                raise NotFound(NO_SUCH_DEVICE)
            return tx.screenshots.of_device(device_id)

        return Page(await self._database.transact(operator.tenant_id, read))

    async def picture(self, operator: Operator, screenshot_id: str) -> Picture:
        """One picture itself. Raises NotAllowed, NotFound."""
        require(operator, Permission.SCREENS_VIEW)
        picture = await self._database.transact(
            operator.tenant_id, lambda tx: tx.screenshots.picture(screenshot_id, operator.sites)
        )
        if picture is None:
            raise NotFound(_NO_SUCH_SCREENSHOT)
        return picture

    @contextmanager
    def _one_of(self, device: DeviceCaller) -> Iterator[None]:
        if device.device_id in self._under_way:
            raise Locked("This screen sends a picture already. Wait until that one is answered.")
        of_tenant = sum(tenant_id == device.tenant_id for tenant_id in self._under_way.values())
        if len(self._under_way) >= UNDER_WAY_AT_MOST or of_tenant >= OF_ONE_TENANT_AT_MOST:
            raise Overloaded("Too many screens send pictures at this moment. Send it again.", 5)
        self._under_way[device.device_id] = device.tenant_id
        try:
            yield
        finally:
            del self._under_way[device.device_id]

    async def _look_into(self, kind: FileType, content: bytes) -> Finding:
        """Raises Invalid, NoRoom, Overloaded."""
        folder = self._scratch / f"screenshot-{uuid.uuid4()}"
        path, small = folder / "picture", folder / "small"

        def write() -> None:
            small.mkdir(mode=0o700, parents=True)
            path.write_bytes(content)

        try:
            await trio.to_thread.run_sync(write)
            question = Question(str(path), kind, str(small), _LIMITS)
            return await look_into(question, deadline_s=_DEADLINE_S, cpu_s=_CPU_S, memory_bytes=_MEMORY_BYTES)
        except Unusable as error:
            raise Invalid({"body": error.reason}) from error
        except NoRoomToLook as error:
            raise NoRoom("The disk of the hub is full: no picture is taken now.") from error
        except OSError as error:
            raise Overloaded("The hub cannot look into the picture now. Send it again.", 30) from error
        finally:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(lambda: shutil.rmtree(folder, ignore_errors=True))

    async def _add(
        self,
        device: DeviceCaller,
        command_id: str,
        note: str,
        taken_ms: int | None,
        asked: AskedPicture,
        kind: FileType,
        found: Finding,
        content: bytes,
    ) -> Screenshot:
        now = self._now()
        size_px = (found.width or 1, found.height or 1)

        def write(tx: Transaction) -> Screenshot:
            if tx.screenshots.add(
                str(uuid.uuid4()),
                device.device_id,
                command_id,
                taken_at=_taken_at(taken_ms, asked.created_at, now),
                at=now,
                note=note,
                mime_type=kind.value,
                size_px=size_px,
                content=content,
            ):
                tx.screenshots.keep_newest(device.device_id, KEPT_A_SCREEN)
            kept = tx.screenshots.answering(device.device_id, command_id)
            if kept is None:
                raise InConflict("Newer pictures of this screen came in between: this one is not kept.")
            return kept

        return await self._database.transact(device.tenant_id, write)


async def _received(body: Body) -> bytes:
    """All of it. Raises TooLarge, Invalid (it broke off, or took too long)."""
    gathered = bytearray()
    with trio.move_on_after(RECEIVE_S) as patience:
        while piece := await body.piece():
            gathered += piece
            if len(gathered) > PICTURE_BYTES:
                raise TooLarge(f"The picture is larger than {PICTURE_BYTES:,} bytes. Make it smaller.")
    if patience.cancelled_caught or body.is_broken:
        raise Invalid({"body": f"did not come whole within {RECEIVE_S:.0f} seconds"})
    return bytes(gathered)


def _kind(content: bytes) -> FileType:
    """Raises Invalid."""
    try:
        kind = sniff(content[:HEAD_BYTES])
    except Unusable as error:
        raise Invalid({"body": error.reason}) from error
    if kind not in _TYPES:
        raise Invalid({"body": "must be a picture: JPEG, PNG or WebP"})
    return kind


def _taken_at(taken_ms: int | None, asked_at: datetime, now: datetime) -> datetime:
    """When it was taken, as the screen says, as far as that can be."""
    if taken_ms is None:
        return now
    low, high = asked_at.timestamp(), now.timestamp()
    return datetime.fromtimestamp(min(max(taken_ms / 1000, low), high), UTC)
