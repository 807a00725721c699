"""The session with the hub, as the screen keeps it: what it was told, what it said, whether the link works.

Rule 1: a session outlives its link. After a loss the screen names it in `hello`, with the last command it
        got; not after an end that was meant, nor when it cannot repeat all that the hub may not have heard.
Rule 2: a final answer is kept until the hub acknowledges a heartbeat that was said after it: the link keeps
        order, so then the hub has heard it. After `welcome` and `resumed` the kept ones are said again.
Rule 3: a link is given up when the last three heartbeats have no `ack`, or when commands that an `ack` said
        were sent are still not here after the next `ack`: it loses them, whatever the socket says.
"""

from __future__ import annotations

from collections import OrderedDict
from random import Random
from typing import Final

from player.reconnect import may_resume
from protocol.frames import Ack, Receipt, Resumed, Welcome

SHORTEST_INTERVAL_S: Final = 0.05
LOST_AFTER_UNANSWERED: Final = 3
UNHEARD_LIMIT: Final = 256
"""So many final answers are kept between two acknowledged heartbeats."""


class Session:
    """One screen's side of its session. Instants are seconds of the screen's clock."""

    __slots__ = (
        "_all_kept",
        "_overdue_seq",
        "_promised_seq",
        "_resumable",
        "_rng",
        "_unheard",
        "command_seq",
        "heartbeat_due",
        "heartbeat_seq",
        "unanswered",
        "welcome",
    )

    def __init__(self, rng: Random) -> None:
        self.welcome: Welcome | None = None
        """What the hub said of this session; None while there is no link with a session on it."""
        self.command_seq = 0
        """The last command that came in this session."""
        self.heartbeat_due: float | None = None
        self.heartbeat_seq = 0
        self.unanswered = 0
        """Heartbeats in a row without an `ack`."""
        self._rng = rng
        self._resumable: Welcome | None = None
        self._promised_seq = 0  # The last `ack` said that so many commands were sent,
        self._overdue_seq = 0  # and the one before it so many.
        # Final answers, each with the number of the first heartbeat after it; the oldest first.
        self._unheard: OrderedDict[str, tuple[int, Receipt]] = OrderedDict()
        self._all_kept = True

    @property
    def to_resume(self) -> str | None:
        """The session to name in `hello` (Rule 1)."""
        return self._resumable.session_id if self._resumable is not None and self._all_kept else None

    @property
    def interval_s(self) -> float:
        """Between two heartbeats. Only while there is a session."""
        assert self.welcome is not None
        return max(SHORTEST_INTERVAL_S, self.welcome.heartbeat_interval_s)

    @property
    def link_is_dead(self) -> bool:
        """Rule 3."""
        return self.unanswered >= LOST_AFTER_UNANSWERED or self._overdue_seq > self.command_seq

    # ---- beginning and end ----

    def begin(self, welcome: Welcome, now: float) -> list[Receipt]:
        """A new session. What the hub may not have heard in the last one, to be said again."""
        self.command_seq = 0
        return self._go_on(welcome, now)

    def resume(self, resumed: Resumed, now: float) -> list[Receipt] | None:
        """The session goes on. As `begin`; None when it is not the one that was named."""
        if self._resumable is None or resumed.session_id != self.to_resume:
            return None
        return self._go_on(self._resumable, now)

    def link_lost(self, close_code: int | None) -> None:
        """The link is gone, with `close_code` if the hub sent one."""
        if not may_resume(close_code):
            self._resumable = None
        self.welcome = None
        self.heartbeat_due = None
        self.unanswered = self._promised_seq = self._overdue_seq = 0

    def leave(self) -> None:
        """The screen ends it on purpose."""
        self._resumable = None

    def _go_on(self, welcome: Welcome, now: float) -> list[Receipt]:
        self.welcome = self._resumable = welcome
        # The first heartbeat falls anywhere in the interval, so that a fleet that came back together does not
        # beat together for ever after.
        self.heartbeat_due = now + self.interval_s * self._rng.random()
        unheard = [receipt for _, receipt in self._unheard.values()]
        self._all_kept = True
        for receipt in unheard:
            self.said(receipt)
        return unheard

    # ---- while it lasts ----

    def said(self, receipt: Receipt) -> None:
        """Keep a final answer until the hub has surely heard it (Rule 2)."""
        self._unheard[receipt.command_id] = (self.heartbeat_seq + 1, receipt)
        self._unheard.move_to_end(receipt.command_id)
        if len(self._unheard) > UNHEARD_LIMIT:
            self._unheard.popitem(last=False)
            self._all_kept = False

    def ordered(self, seq: int | None) -> None:
        """A command came. Orders about emergencies have no number, and repeated ones an old one."""
        if seq is not None:
            self.command_seq = max(self.command_seq, seq)

    def beat(self, now: float) -> int:
        """A heartbeat is due: its number."""
        assert self.heartbeat_due is not None
        # Keep the rhythm, but never make up for beats that were missed while the machine slept.
        following = self.heartbeat_due + self.interval_s
        self.heartbeat_due = following if following > now else now + self.interval_s
        self.heartbeat_seq += 1
        self.unanswered += 1
        return self.heartbeat_seq

    def acknowledged(self, ack: Ack) -> None:
        """The hub answered a heartbeat, and said how many commands it has sent."""
        beat = min(ack.seq, self.heartbeat_seq)
        self.unanswered = min(self.unanswered, self.heartbeat_seq - beat)
        for command_id, (first_beat_after, _) in list(self._unheard.items()):
            if first_beat_after > beat:
                break
            del self._unheard[command_id]
        self._overdue_seq, self._promised_seq = self._promised_seq, ack.command_seq
