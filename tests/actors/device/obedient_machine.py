"""A player without a socket, for the model of a fleet: it reads from its link what it likes, and obeys."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from protocol.frames import Command, Receipt, Resumed, Welcome
from protocol.vocabulary import ReceiptStatus
from tests.actors.device.world import RecordingLink


@dataclass
class Machine:
    """A player that obeys: it applies a command once per id, and answers each time."""

    epoch: int | None = None
    open_commands: bool = False
    looked_up_s: float = 0.0
    link: RecordingLink | None = None
    read: int = 0
    session_id: str | None = None
    command_seq: int = 0
    applied: Counter[str] = field(default_factory=Counter)
    unheard: dict[Receipt, None] = field(default_factory=dict)

    def take(self, number: int) -> list[Receipt]:
        """Read so many frames; what it says to them. On a new link it says again what the hub has not
        heard."""
        said: list[Receipt] = []
        assert self.link is not None
        for frame in self.link.sent[self.read : self.read + number]:
            if isinstance(frame, Welcome | Resumed):
                said.extend(self.unheard)
            if isinstance(frame, Welcome):
                self.session_id, self.command_seq = frame.session_id, 0
            elif isinstance(frame, Command) and frame.seq is not None:
                self.command_seq = max(self.command_seq, frame.seq)
                if not self.applied[frame.command_id]:
                    self.applied[frame.command_id] += 1
                    said.append(Receipt(frame.command_id, ReceiptStatus.RECEIVED))
                said.append(Receipt(frame.command_id, ReceiptStatus.SUCCEEDED))
        self.unheard.update(dict.fromkeys(said))
        self.read = min(self.read + number, len(self.link.sent))
        return said
