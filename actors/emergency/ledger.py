"""The ledger of one emergency. Pure: no trio, no clock, no wire.

Rule 1: everything that changes an entry lives here.
Rule 2: shown + missing (by reason) + waiting = targeted, always. `waiting` is only those that were sent
        the alert less than `VERDICT_AFTER_MS` ago.
Rule 3: `rendered` needs the screen's own receipt with the hash of what it shows.
Rule 4: after the all-clear an entry is `still_showing` from the moment the alert was sent to it until the
        screen says, or by agreeing on the version proves, that it is gone.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable

from protocol.vocabulary import LedgerState, MissingReason

VERDICT_AFTER_MS = 2_000
"""G4: two seconds after it was sent, a screen shows the alert or is listed with the reason why not."""

MAY_SHOW = frozenset({LedgerState.SENT, LedgerState.RECEIVED, LedgerState.RENDERED, LedgerState.HIDE_SENT})


class Entry:
    """One screen in the ledger. Instants are the hub's clock, milliseconds; `missing` says why it does not
    show."""

    __slots__ = (
        "content_hash",
        "detail",
        "device_id",
        "hidden_ms",
        "missing",
        "received_ms",
        "rendered_ms",
        "sent_ms",
        "state",
        "targeted_ms",
    )

    def __init__(self, device_id: str, targeted_ms: int) -> None:
        self.device_id = device_id
        self.state = LedgerState.TARGETED
        self.missing: MissingReason | None = MissingReason.OFFLINE
        self.detail: str | None = None
        self.targeted_ms = targeted_ms
        self.sent_ms: int | None = None
        self.received_ms: int | None = None
        self.rendered_ms: int | None = None
        self.hidden_ms: int | None = None
        self.content_hash: str | None = None

    @property
    def waiting(self) -> bool:
        """Whether its two seconds run: it was sent the alert, has not proved to show it, and no reason why
        not is known yet."""
        return self.missing is None and self.rendered_ms is None

    def __repr__(self) -> str:
        return f"<Entry {self.device_id} {self.state}{f', {self.missing}' if self.missing else ''}>"


class Ledger:
    """All screens of one emergency. `changed` collects the ids to be recorded; whoever records them clears
    it."""

    def __init__(self, content_hash: str, issued_ms: int) -> None:
        self.content_hash = content_hash
        self.issued_ms = issued_ms
        self.clearing = False
        self.entries: dict[str, Entry] = {}
        self.changed: set[str] = set()
        self._verdicts: deque[tuple[int, str]] = deque()
        self._may_show = 0

    def __repr__(self) -> str:
        return f"<Ledger {'clearing' if self.clearing else 'live'}, {len(self.entries)} screens>"

    def restore(self, entry: Entry) -> None:
        """Put an entry back that was recorded before. A screen that shows the alert keeps its proof; of
        the others
        nothing is known until they are back."""
        if entry.state is not LedgerState.RENDERED and not self.clearing:
            entry.missing = entry.missing or MissingReason.OFFLINE
        self.entries[entry.device_id] = entry
        self._may_show += self.clearing and entry.state in MAY_SHOW

    # ---- the alert goes out ----

    def target(self, device_id: str, now_ms: int) -> None:
        """The screen is in scope. Until it is sent anything it is missing because it is offline."""
        if device_id not in self.entries:
            self.entries[device_id] = Entry(device_id, now_ms)
            self.changed.add(device_id)

    def sent(self, device_id: str, now_ms: int) -> None:
        """The alert was written to the screen's link. A screen that proved to show it keeps its proof; one
        that is told again on the same link keeps its two seconds, or the reason why it is listed."""
        entry = self.entries[device_id]
        if entry.missing is not MissingReason.OFFLINE:
            return
        entry.state, entry.missing, entry.detail = LedgerState.SENT, None, None
        entry.sent_ms = now_ms
        self._verdicts.append((now_ms + VERDICT_AFTER_MS, device_id))
        self.changed.add(device_id)

    def received(self, device_id: str, now_ms: int) -> None:
        """The screen has it."""
        entry = self.entries.get(device_id)
        if entry is None or self.clearing or entry.state not in (LedgerState.TARGETED, LedgerState.SENT):
            return
        entry.state = LedgerState.RECEIVED
        entry.received_ms = now_ms
        if entry.missing is MissingReason.STALLED:
            entry.missing = MissingReason.SILENT
        self.changed.add(device_id)

    def rendered(self, device_id: str, content_hash: str | None, now_ms: int) -> None:
        """The screen painted something and says what."""
        entry = self.entries.get(device_id)
        if entry is None or self.clearing:
            return
        entry.content_hash = content_hash
        self.changed.add(device_id)
        if content_hash != self.content_hash:
            entry.state, entry.missing, entry.rendered_ms = (
                LedgerState.RECEIVED,
                MissingReason.WRONG_CONTENT,
                None,
            )
            return
        if entry.state is not LedgerState.RENDERED:
            entry.state = LedgerState.RENDERED
            entry.received_ms = entry.received_ms or now_ms
            entry.rendered_ms = now_ms
        entry.missing = entry.detail = None

    def refused(self, device_id: str, detail: str | None) -> None:
        """The screen says that it cannot or will not show it."""
        entry = self.entries.get(device_id)
        if entry is not None and not self.clearing:
            entry.state, entry.missing, entry.detail = LedgerState.RECEIVED, MissingReason.REFUSED, detail
            entry.rendered_ms = None
            self.changed.add(device_id)

    def went_offline(self, device_id: str) -> None:
        """The screen's link is gone. What it is known to show it goes on showing."""
        entry = self.entries.get(device_id)
        if entry is None or self.clearing or entry.state is LedgerState.RENDERED:
            return
        if entry.missing is not MissingReason.REFUSED and entry.missing is not MissingReason.OFFLINE:
            entry.missing = MissingReason.OFFLINE
            self.changed.add(device_id)

    def verdicts_due(self, now_ms: int) -> list[str]:
        """The screens whose two seconds are over and which have not shown it; each is given once per
        sending."""
        due: list[str] = []
        while self._verdicts and self._verdicts[0][0] <= now_ms:
            at_ms, device_id = self._verdicts.popleft()
            entry = self.entries[device_id]
            was_sent_again = entry.sent_ms is not None and entry.sent_ms + VERDICT_AFTER_MS > at_ms
            unproven = entry.state in (LedgerState.SENT, LedgerState.RECEIVED)
            if entry.missing is None and unproven and not was_sent_again:
                due.append(device_id)
        return due

    def judge(self, device_id: str, *, stalled: bool) -> None:
        """The verdict on a screen from `verdicts_due`; `stalled`: it does not read what the hub sends."""
        entry = self.entries[device_id]
        entry.missing = MissingReason.STALLED if stalled else MissingReason.SILENT
        self.changed.add(device_id)

    # ---- the all-clear ----

    def clear(self) -> list[str]:
        """From now on the alert must go. Returns the screens that may show it. There is no proof any more for
        those whose verdict was open."""
        self.clearing = True
        for entry in self.entries.values():
            if entry.waiting:
                entry.missing = MissingReason.SILENT
                self.changed.add(entry.device_id)
        showing = [entry.device_id for entry in self.entries.values() if entry.state in MAY_SHOW]
        self._may_show = len(showing)
        return showing

    def hide_sent(self, device_id: str) -> None:
        """The all-clear was written to the screen's link."""
        entry = self.entries[device_id]
        if entry.state in MAY_SHOW:
            entry.state = LedgerState.HIDE_SENT
            self.changed.add(device_id)

    def hidden(self, device_id: str, now_ms: int) -> None:
        """The screen says, or proved, that the alert is gone. Means nothing while the alert is live."""
        entry = self.entries.get(device_id)
        if entry is not None and self.clearing and entry.state in MAY_SHOW:
            entry.state, entry.hidden_ms = LedgerState.HIDDEN, now_ms
            self._may_show -= 1
            self.changed.add(device_id)

    def agreed(self, device_id: str, now_ms: int) -> None:
        """The screen has applied everything that was written to its link: the all-clear too, if that was."""
        entry = self.entries.get(device_id)
        if entry is not None and entry.state is LedgerState.HIDE_SENT:
            self.hidden(device_id, now_ms)

    # ---- tallies ----

    def still_showing(self) -> int:
        """Screens that show it, or may. While it is live: those that proved to."""
        if self.clearing:
            # Asked ten times a second until the last one is back. After the all-clear none is added.
            return self._may_show
        return sum(entry.state is LedgerState.RENDERED for entry in self.entries.values())

    def tally(self, among: Iterable[Entry] | None = None) -> Tally:
        """Everything that is counted, in one pass: over all screens, or over these entries of the ledger."""
        entries: Collection[Entry] = self.entries.values() if among is None else tuple(among)
        missing: Counter[MissingReason] = Counter()
        sent = received = rendered = still = waiting = 0
        delays: list[tuple[int, str]] = []
        for entry in entries:
            sent += entry.sent_ms is not None
            received += entry.received_ms is not None
            still += entry.state in MAY_SHOW if self.clearing else entry.state is LedgerState.RENDERED
            if entry.rendered_ms is not None:
                rendered += 1
                # A screen that was offline when it began says nothing of how fast the hub is.
                if entry.sent_ms is not None and entry.sent_ms - self.issued_ms <= VERDICT_AFTER_MS:
                    delays.append((entry.rendered_ms - self.issued_ms, entry.device_id))
            elif entry.missing is not None:
                missing[entry.missing] += 1
            else:
                waiting += 1
        delays.sort()
        return Tally(len(entries), sent, received, rendered, waiting, still, dict(missing), delays)


class Tally:
    """The counts of a ledger at one moment. `delays`: (ms from activation to rendered, device id),
    ascending."""

    __slots__ = ("delays", "missing", "received", "rendered", "sent", "still_showing", "targeted", "waiting")

    def __init__(
        self,
        targeted: int,
        sent: int,
        received: int,
        rendered: int,
        waiting: int,
        still_showing: int,
        missing: dict[MissingReason, int],
        delays: list[tuple[int, str]],
    ) -> None:
        self.targeted = targeted
        self.sent = sent
        self.received = received
        self.rendered = rendered
        self.waiting = waiting
        self.still_showing = still_showing
        self.missing = missing
        self.delays = delays

    def percentile_ms(self, fraction: float) -> int | None:
        """The delay that `fraction` of the screens did not exceed; None while nobody has rendered."""
        if not self.delays:
            return None
        return self.delays[min(len(self.delays) - 1, int(fraction * len(self.delays)))][0]
