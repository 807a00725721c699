"""One device actor, or a fleet of them, driven by hand in a world of fakes."""

from __future__ import annotations

from collections.abc import Callable

from actors.device.actor import DeviceActor
from actors.device.fleet import SWEEP_EVERY_S, Fleet
from actors.device.messages import Connected, DeviceMessage, Disconnected, Heard, Queued
from actors.runtime import Supervisor
from protocol.frames import Heartbeat, Hello, Receipt, Uplink
from protocol.vocabulary import CommandStatus, PresenceReason, ReceiptStatus
from tests.actors.device.world import INTERVAL_S, RecordingLink, World, pending


class Stage:
    """An actor, its world, and its newest link. Each link has a higher epoch than the one before."""

    def __init__(self) -> None:
        self.world = World()
        self.actor = DeviceActor("d", "Lobby", self.world, self.world, INTERVAL_S)
        self.link = RecordingLink()

    def tell(self, message: DeviceMessage) -> None:
        self.actor.receive(message, self.world.now())

    def connect(self, hello: Hello | None = None, *, epoch: int | None = None) -> RecordingLink:
        number = self.link.epoch + 1 if epoch is None else epoch
        link = RecordingLink(f"session-{number}", number)
        self.link = link if epoch is None else self.link
        self.tell(Connected(link, hello or Hello()))
        return link

    def loses(self, reason: PresenceReason = PresenceReason.NETWORK_CLOSED) -> None:
        """The link of now is gone."""
        self.tell(Disconnected(self.link, reason))

    def hears(self, frame: Uplink, link: RecordingLink | None = None) -> None:
        self.tell(Heard(link or self.link, frame))

    def heartbeat(self, seq: int = 1, version: int = 1, *, command_seq: int | None = None) -> None:
        self.hears(Heartbeat(seq, version, command_seq=command_seq))

    def post(self, *command_ids: str) -> None:
        self.tell(Queued([pending(command_id) for command_id in command_ids]))

    def statuses(self, command_id: str) -> list[CommandStatus]:
        """What was told of the command, in order."""
        return [status for id, status in self.world.of("command") if id == command_id]

    def answers(self, command_id: str, status: ReceiptStatus = ReceiptStatus.SUCCEEDED) -> None:
        self.hears(Receipt(command_id, status))


class Hub:
    """A fleet in its world: `work` runs every turn that waits. Each hello is of a higher epoch than the one
    before."""

    def __init__(self, supervisor: Supervisor | None = None) -> None:
        self.world = World()
        self.fleet = Fleet(self.world, self.world, self.world.now, INTERVAL_S, supervisor)
        self.epoch = 0

    def hello(
        self,
        hello: Hello | None = None,
        *,
        device_id: str = "d",
        epoch: int | None = None,
        open_commands: bool = False,
        looked_up_s: float | None = None,
        work: bool = True,
    ) -> RecordingLink:
        self.epoch += 1
        number = self.epoch if epoch is None else epoch
        link = RecordingLink(f"session-{number}", number)
        self.fleet.connected(
            device_id,
            "Lobby",
            link,
            hello or Hello(),
            has_open_commands=open_commands,
            looked_up_s=self.world.mono_s if looked_up_s is None else looked_up_s,
        )
        if work:
            self.work()
        return link

    def heard(self, link: RecordingLink, frame: Uplink, device_id: str = "d") -> bool:
        return self.fleet.heard(device_id, link, frame)

    def work(self) -> None:
        while self.fleet.dispatcher.waiting:
            self.fleet.dispatcher.run_slice()

    def sweep(self, after_s: float = 0.0) -> None:
        self.world.mono_s += after_s
        self.fleet.sweep(self.world.now())

    def sweep_until(self, fact: Callable[[], bool], at_most_s: float) -> float:
        """Sweep as the running hub does until `fact`; seconds that passed."""
        start_s = self.world.mono_s
        while not fact():
            assert self.world.mono_s - start_s <= at_most_s, "it did not happen in time"
            self.sweep(SWEEP_EVERY_S)
            self.work()
        return self.world.mono_s - start_s

    def keep_beating(self, link: RecordingLink, for_s: float) -> None:
        """A heartbeat each interval, for so long."""
        until_s = self.world.mono_s + for_s
        while self.world.mono_s < until_s:
            assert self.heard(link, Heartbeat(1, 1))
            self.work()
            self.sweep(INTERVAL_S)
            self.work()
