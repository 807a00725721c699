"""Whether a chain of audit entries is as it was written, link by link; and if not, where.

Rule 1: a link's hash is the SHA-256 of the hash before it, followed by its own entry. So nobody changes an
        entry without changing its hash, and no hash without changing all that come after.
Rule 2: entries are numbered without a gap. What is missing is told from what was changed.
Rule 3: where a chain ends is known from elsewhere (the head in PostgreSQL, the seal of a file): else what was
        cut off at the end would not be missed.
Rule 4: after a fault it goes on from what it found, so that one fault is not told as thousands.

It reads nothing and knows no clock; the links come from PostgreSQL or from a file alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from protocol.audit import AuditFault, AuditLink, AuditSeal

FAULTS_AT_MOST: Final = 100
"""So many are told one by one; the others are counted."""


class Point(NamedTuple):
    """A place in a chain: the number of an entry, and its hash in hex."""

    seq: int
    hash: str


BEGINNING: Final = Point(0, "00" * 32)
"""Before the first entry of a tenant."""


class _Numbered(msgspec.Struct, frozen=True):
    seq: int


_numbered: Final = msgspec.json.Decoder(_Numbered)


class _Dated(msgspec.Struct, frozen=True):
    at: datetime


_dated: Final = msgspec.json.Decoder(_Dated)


class Chain:
    """Follows links and collects faults. `begin`: what comes before the first link; None: what it says.
    `anchors`: hashes that entries are known to have had, by number."""

    def __init__(
        self, begin: Point | None = BEGINNING, anchors: Mapping[int, str] = MappingProxyType({})
    ) -> None:
        self._anchors = anchors
        self.at = begin
        self.first_seq = 0
        self.previous_hash = ""
        self.entries = 0
        self._first = self._last = ""
        # A gap may be meant, as the seal of a file says at its end.
        self._found, self._gaps = _Faults(), _Faults()

    @property
    def faults(self) -> list[AuditFault]:
        """What does not fit, by number of the entry."""
        told = sorted([*self._found.told, *self._gaps.told], key=lambda fault: fault.seq)
        untold = self._found.untold + self._gaps.untold
        return [*told, AuditFault(told[-1].seq, f"And {untold} more faults.")] if untold else told

    def span(self) -> tuple[datetime | None, datetime | None]:
        """When the first link and the last one say that they are of; None where it cannot be read."""
        return _at(self._first), _at(self._last)

    def follow(self, links: Iterable[AuditLink]) -> None:
        """The next links, in the order in which they stand."""
        for link in links:
            self._follow(link)

    def _follow(self, link: AuditLink) -> None:
        self.entries += 1
        seq = self._number(link)
        if self.at is None:
            self.at = Point(seq - 1, link.previous_hash)
        if self.entries == 1:
            self.first_seq, self.previous_hash, self._first = seq, link.previous_hash, link.entry
        self._last = link.entry
        if seq == self.at.seq + 1:
            if link.previous_hash != self.at.hash:
                self._fault(
                    seq, f"Entry {seq} does not follow entry {seq - 1} as it is now: one was replaced."
                )
        elif seq > self.at.seq:
            self._gap(self.at.seq + 1, seq - 1, f"entry {seq} comes after entry {self.at.seq}")
        else:
            self._fault(
                seq, f"Entry {seq} stands after entry {self.at.seq}: it was put there, or they were swapped."
            )
        self.at = Point(seq, link.hash)
        if self._anchors.get(seq, link.hash) != link.hash:
            self._fault(
                seq, f"Entry {seq} is not the one that was anchored: entries up to it were written anew."
            )

    def _number(self, link: AuditLink) -> int:
        """The number of the entry. If it was edited, even that may not be true: then its place says it."""
        expected = 1 if self.at is None else self.at.seq + 1
        fits = self.at is not None and link.previous_hash == self.at.hash
        try:
            seq = number_of(link)
        except ValueError:
            self._fault(expected, f"Entry {expected} was edited: it cannot be read any more.")
            return expected
        if hash_of(link) != link.hash:
            seq = expected if fits else seq
            self._fault(seq, f"Entry {seq} was edited: what it says does not have the hash it had.")
        return seq

    def reach(self, head: Point) -> None:
        """The chain ends here, or a part of it that was said to end at `head`."""
        seq = 0 if self.at is None else self.at.seq
        if seq < head.seq:
            self._gap(seq + 1, head.seq, f"entry {head.seq} was the last one")
        elif seq > head.seq:
            self._fault(
                head.seq + 1, f"Entry {head.seq + 1} was put there: entry {head.seq} was the last one."
            )
        elif self.at != head:
            self._fault(seq, f"Entry {seq} was replaced: the last one had another hash.")
        self.at = head

    def end(self, head: Point) -> None:
        """All of the chain ends here."""
        self.reach(head)
        anchored = max(self._anchors, default=0)
        if anchored > head.seq:
            self._fault(
                head.seq,
                f"Entry {head.seq} is not the last one: there was an entry {anchored}, it was anchored.",
            )

    def intruder(self, head: int, last: int) -> None:
        """There are entries after the last one that was appended, up to `last`."""
        what = f"Entry {last} was" if last == head + 1 else f"Entries up to {last} were"
        self._fault(last, f"{what} put there: entry {head} was the last one.")

    @property
    def is_anchored(self) -> bool:
        """Whether there is any anchor."""
        return bool(self._anchors)

    def unanchored(self, why: str) -> None:
        """The anchors cannot be read."""
        self._fault(
            0, f"The anchors cannot be read ({why}): that the chain was written anew would not be found."
        )

    def skip(self, to: Point, why: str) -> None:
        """What comes up to `to` cannot be looked at; `why` is a sentence."""
        self._fault(1 if self.at is None else self.at.seq + 1, why)
        self.at = to

    def lost_head(self) -> None:
        """Nobody knows where the chain ends."""
        seq = 0 if self.at is None else self.at.seq
        self._fault(
            seq, f"The record of the last entry was removed: entries after {seq} may have been removed too."
        )

    def seal(self, seal: AuditSeal) -> None:
        """The end of a file, with what it says of all that stands before it."""
        if not seal.is_whole:
            # Only what fitted a filter: that numbers are left out is meant, and the seal counts the rest.
            self._gaps = _Faults()
            if self.entries != seal.entries:
                self._fault(
                    seal.first_seq, f"The file has {self.entries} entries and was sealed with {seal.entries}."
                )
        if seal.entries == 0:
            return
        if self.first_seq > seal.first_seq:
            self._gap(seal.first_seq, self.first_seq - 1, f"entry {seal.first_seq} was the first one")
        elif (self.first_seq, self.previous_hash) != (seal.first_seq, seal.previous_hash):
            self._fault(self.first_seq, f"Entry {self.first_seq} is not the one that was the first.")
        self.reach(Point(seal.last_seq, seal.head))

    def unsealed(self) -> None:
        """The end of a file that has no seal."""
        seq = 0 if self.at is None else self.at.seq
        self._fault(seq, f"The file ends after entry {seq} without a seal: its end was cut off.")

    def _gap(self, first: int, last: int, why: str) -> None:
        what = f"Entry {first} is" if first == last else f"Entries {first} to {last} are"
        self._gaps.tell(first, f"{what} missing: {why}.")

    def _fault(self, seq: int, text: str) -> None:
        self._found.tell(seq, text)


class _Faults:
    """The first of them; the others are counted."""

    def __init__(self) -> None:
        self.told: list[AuditFault] = []
        self.untold = 0

    def tell(self, seq: int, text: str) -> None:
        if len(self.told) < FAULTS_AT_MOST:
            self.told.append(AuditFault(seq, text))
        else:
            self.untold += 1


def number_of(link: AuditLink) -> int:
    """Which entry it is, by its own word. Raises ValueError."""
    return _numbered.decode(link.entry).seq


def _at(entry: str) -> datetime | None:
    try:
        return _dated.decode(entry).at
    except ValueError:
        return None


def hash_of(link: AuditLink) -> str:
    """What the link's hash must be, in hex; empty when `previous_hash` is no hash."""
    try:
        before = bytes.fromhex(link.previous_hash)
    except ValueError:
        return ""
    return hashlib.sha256(before + link.entry.encode("utf-8", "surrogatepass")).hexdigest()
