"""Whatever is done to a chain, it is found, and named."""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.use_cases.audit_chain import BEGINNING, FAULTS_AT_MOST, Chain, Point, hash_of
from protocol.audit import AuditFault, AuditLink, AuditSeal


def chain_of(length: int, before: Point = BEGINNING) -> list[AuditLink]:
    """As PostgreSQL makes it (audit_append)."""
    links, head = [], before.hash
    for seq in range(before.seq + 1, before.seq + length + 1):
        entry = json.dumps({"at": "2030-01-01", "seq": seq, "action": f"thing.{seq}"})
        made = hashlib.sha256(bytes.fromhex(head) + entry.encode()).hexdigest()
        links.append(AuditLink(entry, head, made))
        head = made
    return links


def head_of(links: list[AuditLink]) -> Point:
    return Point(json.loads(links[-1].entry)["seq"], links[-1].hash)


def sealed(links: list[AuditLink], *, is_whole: bool = True) -> AuditSeal:
    first = json.loads(links[0].entry)["seq"]
    last, head = head_of(links)
    return AuditSeal("t", len(links), first, last, links[0].previous_hash, head, is_whole)


def faults(links: list[AuditLink], head: Point) -> list[AuditFault]:
    chain = Chain()
    chain.follow(links)
    chain.reach(head)
    return chain.faults


def faults_of_file(links: list[AuditLink], seal: AuditSeal) -> list[AuditFault]:
    chain = Chain(None)
    chain.follow(links)
    chain.seal(seal)
    return chain.faults


class Damage(NamedTuple):
    """`named`: every entry that it touched; one of them must be named."""

    links: list[AuditLink]
    named: set[int]
    what: str


@st.composite
def damages(draw: st.DrawFn) -> tuple[list[AuditLink], Damage]:
    links = chain_of(draw(st.integers(2, 12)))
    at = draw(st.integers(0, len(links) - 1))
    other = draw(st.integers(0, len(links) - 1).filter(lambda index: index != at))
    link, seq = links[at], at + 1
    damaged = list(links)
    match what := draw(st.sampled_from(["edit", "rehash", "relink", "delete", "swap", "insert", "truncate"])):
        case "edit":
            place = draw(st.integers(0, len(link.entry) - 1))
            letter = draw(st.characters(codec="utf-8").filter(lambda char: char != link.entry[place]))
            damaged[at] = replace(link, entry=link.entry[:place] + letter + link.entry[place + 1 :])
            named = {seq}
        case "rehash":
            changed = replace(link, entry=link.entry.replace("thing", "other"))
            damaged[at] = replace(changed, hash=hash_of(changed))
            named = {seq, seq + 1}
        case "relink":
            damaged[at] = replace(link, previous_hash=draw(st.sampled_from([link.hash, "", "zz"])))
            named = {seq}
        case "delete":
            del damaged[at]
            named = {seq}
        case "swap":
            damaged[at], damaged[other] = links[other], link
            named = {seq, other + 1}
        case "insert":
            forged = replace(link, entry=link.entry.replace("thing", "forged"))
            forged = draw(st.sampled_from([link, replace(forged, hash=hash_of(forged))]))
            damaged.insert(other, forged)
            named = {seq, other, other + 1, other + 2}
        case _:
            end = draw(st.booleans())
            damaged = links[: at or 1] if end else links[at or 1 :]
            named = {(at or 1) + 1} if end else {1}
    return links, Damage(damaged, named, what)


@given(length=st.integers(1, 12), begin=st.integers(0, 3))
def test_a_chain_as_it_was_written_has_no_fault(length: int, begin: int) -> None:
    links = chain_of(length + begin)
    assert faults(links, head_of(links)) == []
    part = links[begin:]
    assert faults_of_file(part, sealed(part)) == []
    every_other = links[::2]
    assert faults_of_file(every_other, sealed(every_other, is_whole=False)) == []


@given(damages())
def test_any_single_damage_is_found_and_named(case: tuple[list[AuditLink], Damage]) -> None:
    links, damage = case
    for found in (faults(damage.links, head_of(links)), faults_of_file(damage.links, sealed(links))):
        assert found, damage.what
        assert {fault.seq for fault in found} & damage.named, (damage.what, found)
        assert all(str(fault.seq) in fault.text for fault in found)


@given(damages())
def test_a_file_that_says_it_is_filtered_hides_no_damage_of_what_is_there(
    case: tuple[list[AuditLink], Damage],
) -> None:
    links, damage = case
    assert faults_of_file(damage.links, sealed(links, is_whole=False)), damage.what


def test_the_sentences_say_what_happened() -> None:
    links = chain_of(9)
    head = head_of(links)
    edited = replace(links[3], entry=links[3].entry.replace("thing", "other"))
    assert [fault.text for fault in faults([*links[:3], edited, *links[4:]], head)] == [
        "Entry 4 was edited: what it says does not have the hash it had."
    ]
    assert [fault.text for fault in faults([*links[:2], *links[5:]], head)] == [
        "Entries 3 to 5 are missing: entry 6 comes after entry 2."
    ]
    assert [fault.text for fault in faults(links[:7], head)] == [
        "Entries 8 to 9 are missing: entry 9 was the last one."
    ]
    rehashed = replace(edited, hash=hash_of(edited))
    assert [fault.text for fault in faults([*links[:3], rehashed, *links[4:]], head)] == [
        "Entry 5 does not follow entry 4 as it is now: one was replaced."
    ]
    more = chain_of(1, head)
    assert [fault.text for fault in faults([*links, *more], head)] == [
        "Entry 10 was put there: entry 9 was the last one."
    ]


def test_a_head_that_was_removed_is_a_fault() -> None:
    chain = Chain()
    chain.follow(chain_of(3))
    chain.lost_head()
    assert [fault.seq for fault in chain.faults] == [3]


def test_a_file_without_a_seal_was_cut_off() -> None:
    chain = Chain(None)
    chain.follow(chain_of(3))
    chain.unsealed()
    assert "its end was cut off" in chain.faults[0].text


def test_after_what_cannot_be_looked_at_the_chain_goes_on() -> None:
    links = chain_of(9)
    chain = Chain()
    chain.skip(Point(5, links[4].hash), "The file of entries 1 to 5 is not there.")
    chain.follow(links[5:])
    chain.reach(head_of(links))
    assert [fault.text for fault in chain.faults] == ["The file of entries 1 to 5 is not there."]


def test_a_chain_in_ruins_is_told_in_a_hundred_sentences() -> None:
    links = chain_of(500)
    ruined = [replace(link, entry=link.entry.replace("thing", "x")) for link in links]
    found = faults(ruined, head_of(links))
    assert len(found) == FAULTS_AT_MOST + 1
    assert found[-1].text == "And 400 more faults."
