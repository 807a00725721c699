"""A headless screen: the reference with a socket, a clock and a disk, from being switched on to the end.

Rule 1: what must outlive the process is on the disk before it is said: commands, records, alerts.
Rule 2: it starts with what it had, hub or no hub; only who it is it must be told once.
Rule 3: a token that is not good any more is forgotten, and the screen asks to join again.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import trio

from player.agent import identity
from player.agent.dial import Address, Caller
from player.agent.disk_journal import DiskJournal
from player.agent.disk_log import DiskLog
from player.agent.ending import Ending
from player.agent.errors import NotKept
from player.agent.files import Broken, Files
from player.agent.identity import Identity
from player.agent.link import Link
from player.agent.memory import Memory
from player.reference import ReferenceScreen
from player.trust import Trust
from protocol.close_codes import CloseCode
from protocol.frames import Command, DeviceEvent, Downlink, Health, Uplink, Welcome
from protocol.manifest import Manifest, ManifestItem
from protocol.vocabulary import CommandName, EventName, ReceiptStatus

MODEL = "clarion agent"
GOODBYE_DEADLINE_S = 1.0
BROKEN_AGAIN_AFTER_S = 60.0
Say = Callable[[str], object]


class Agent(Link):
    """One screen that was let in. Raises JournalDamaged, OSError."""

    def __init__(self, who: Identity, folder: Path, caller: Caller, rng: Random, say: Say) -> None:
        self.trust = Trust(who.keys, who.tenant_id)
        self._who = who
        self._folder = folder
        self._say_aloud = say
        self._began = trio.current_time()
        self._memory = Memory(folder / "memory.json")
        self._log = DiskLog(folder / "records.jsonl")
        self._journal = DiskJournal(folder / "commands.jsonl")
        self._wake = trio.Event()
        self._shown: list[str] = []
        self._wanted: Manifest | None = None
        self._broken_until: dict[str, float] = {}
        self._nursery: trio.Nursery | None = None
        self.files = Files(folder / "files", caller, Address.parse(who.websocket_url).http_url)
        screen = ReferenceScreen(
            self._began,
            rng=rng,
            journal=self._journal,
            log=self._log,
            health=self._health,
            remembered=self._memory.remembered,
            hub_ms=self._memory.hub_ms(_wall_ms()),
            has=self._has,
            playlist=(),  # What nobody gave it to play is no proof of anything.
            model=MODEL,
            platform=sys.platform,
        )
        super().__init__(screen, who, caller=caller, rng=rng, trust=self.trust)
        self.token_refused = False

    async def live(self) -> None:
        """Play, and hold the session, until cancelled or sent away for good."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._move)
            nursery.start_soon(self._download)
            try:
                self.changed()
                await self.run(trio.current_time())
            finally:
                self.leaving = True
                with trio.CancelScope(shield=True), trio.move_on_after(GOODBYE_DEADLINE_S):
                    await self.say_goodbye("switched off")
                self._keep()
            nursery.cancel_scope.cancel()

    def close(self) -> None:
        """Nothing is lost if nobody calls it."""
        self._journal.close()
        self._log.close()

    # ---- what is due ----

    async def _move(self) -> None:
        while True:
            self._wake = trio.Event()
            due = self.next_due
            with trio.move_on_at(float("inf") if due is None else due):
                await self._wake.wait()
            now = trio.current_time()
            if due is not None and due <= now:
                await self.tick(now)

    def changed(self) -> None:
        self._keep()
        self._tell()
        self._wake.set()

    def fetch_soon(self) -> None:
        assert self._nursery is not None
        self._nursery.start_soon(self.fetch_manifest)

    def sent_away(self, ending: Ending, delay_s: float) -> None:
        self._say_aloud(f"Sent away: {ending.reason}. It plays on, and asks again in {delay_s / 60:.0f} min.")

    def given_up(self, ending: Ending) -> None:
        self._say_aloud(f"It does not come back: {ending.reason}.")
        self.token_refused = ending.close_code == CloseCode.TOKEN_REVOKED

    # ---- what outlives it ----

    def _keep(self) -> None:
        hub_ms = self.screen.hub_ms(trio.current_time())
        with suppress(OSError):  # A full disk must not end the screen.
            self._memory.keep(self.screen.remembered, hub_ms, _wall_ms())
        known = self.trust
        if known.tenant_id != self._who.tenant_id or len(known.keys) != len(self._who.keys):
            who = self._who
            self._who = Identity(
                who.device_id, who.device_token, who.websocket_url, known.keys, known.tenant_id
            )
            with suppress(NotKept):  # As above; until it starts again it knows.
                identity.save(self._folder, self._who)

    # ---- what it tells whoever looks at the terminal ----

    def heard(self, frame: Downlink, said: list[Uplink]) -> None:
        match frame:
            case Welcome(name=name):
                self._say_aloud(f"Connected: I am {name}.")
            case Command(command=CommandName.IDENTIFY) if self.screen.session is not None:
                self._say_aloud(f"Identify: I am {self.screen.session.name}.")
            case _:
                pass
        for answer in said:
            if getattr(answer, "status", None) is ReceiptStatus.REJECTED:
                self._say_aloud(f"Refused: {getattr(answer, 'detail', '')}")

    def _tell(self) -> None:
        shown = [f"{alert.severity.upper()} {alert.title}: {alert.message}" for alert in self.screen.alerts]
        for line in shown:
            if line not in self._shown:
                self._say_aloud(line)
        if self._shown and not shown:
            self._say_aloud("All clear.")
        self._shown = shown

    # ---- files ----

    def _has(self, item: ManifestItem) -> bool:
        if item.sha256 is None and item.files_url is None:
            return True
        return item.id not in self._broken_until and self.files.has(item)

    async def _download(self) -> None:
        while True:
            self._want(self.screen.manifest)
            now = trio.current_time()
            missing = [i for i in self.files.missing if self._broken_until.get(i.id, 0.0) <= now]
            if not missing:
                await trio.sleep(1.0)
                continue
            item = missing[0]
            try:
                await self.files.fetch(item)
            except (Broken, OSError) as error:
                first = item.id not in self._broken_until
                self._broken_until[item.id] = trio.current_time() + BROKEN_AGAIN_AFTER_S
                if first:
                    event = DeviceEvent(EventName.ITEM_SKIPPED, item.name[:200], detail=str(error)[:2000])
                    await self.say_if_open(self.screen.report([event], trio.current_time()))
            else:
                self._broken_until.pop(item.id, None)
                await self.say_if_open(self.screen.files_changed(trio.current_time()))
            self.changed()

    def _want(self, manifest: Manifest | None) -> None:
        if manifest is not self._wanted:
            self._wanted = manifest
            self._broken_until.clear()
            self.files.want(manifest)

    # ---- how it is ----

    def _health(self, now: float) -> Health:
        disk = shutil.disk_usage(self._folder)
        used = self.files.used_bytes
        return Health(
            uptime_s=int(now - self._began),
            memory_bytes=_memory_bytes(),
            storage_bytes=used,
            storage_limit_bytes=used + disk.free,
            files_missing=len(self.files.missing),
        )


def _memory_bytes() -> int | None:
    """The most that the process has held; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
