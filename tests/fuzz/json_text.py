"""Frames as JSON text, right and nearly right: made from the types of the protocol, so that a new field is
fuzzed on the day it is added."""

from __future__ import annotations

import json
from functools import lru_cache

import msgspec

from tests.fuzz.entropy import Entropy

TEXTS = (
    "", "a", "e1", "c1", "Lobby", " ", "null", "é", "\x00", "\u2028", "😀", "\ud800", "../../etc/passwd",
    "' OR 1=1 --", "<script>", "{{7*7}}", "%s%n", "\x7f", "x" * 200, "x" * 201, "é" * 2_000, "x" * 2_001,
)  # fmt: skip
COUNTS = (0, 1, 2, 7, 255, 2**31, 2**32, 2**53 - 1, 2**53)
ODD_VALUES = (
    "null", "true", "-1", "-0", "9007199254740993", "18446744073709551616", "1" * 400, "1" * 5_000, "0.5",
    "-1.5", "1e5", "1e999", "-1e999", "1E400000", "NaN", "Infinity", "01", "+1", ".5", "1.", "0x10", '"x"',
    '""', '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"\\x"', '"\x01"', '"unfinished', "[]", "{}",
    "[null]", '{"type":"hello"}', "", "[" * 100 + "]" * 100, "[" * 2_000, '{"a":' * 500 + "1" + "}" * 500,
    '{"a":' * 2_000,
)  # fmt: skip
ODD_KEYS = ("type", "", "seq", "\u0000", "__class__", "x" * 300, "Type", "é")
ODD_TYPES = ("", "welcome", "ack", "command", "resume", "hello ", "HELLO", "heartbeat\u0000", "x" * 5_000)
MANY = 200
"""Items of a list that may be as long as it likes."""
BLANKS = ("", " ", "\n", "\t", "\r\n", "\x0b", "\u00a0", "\ufeff", "," * 3, "x")


def frame_text(entropy: Entropy, kinds: tuple[type[msgspec.Struct], ...]) -> str:
    """One of these frames, in most cases one that the protocol allows."""
    members = frame_members(entropy, entropy.pick(kinds))
    if entropy.one_in(3):
        _spoil(entropy, members)
    return "{" + ",".join(f"{key}:{value}" for key, value in members) + "}"


def payload(entropy: Entropy, kinds: tuple[type[msgspec.Struct], ...]) -> bytes:
    """The bytes of one message: a frame, one that is hurt, or something else altogether."""
    if entropy.one_in(20):
        return entropy.take(entropy.below(64))
    text = frame_text(entropy, kinds)
    if entropy.one_in(10):
        text = entropy.pick(BLANKS) + text + entropy.pick(BLANKS)
    data = text.encode("utf-8", "surrogatepass")
    return hurt(entropy, data) if entropy.one_in(4) else data


def hurt(entropy: Entropy, data: bytes) -> bytes:
    """The same bytes with a few changed, lost, doubled or moved."""
    for _ in range(1 + entropy.below(3)):
        at = entropy.below(max(1, len(data)))
        end = at + entropy.below(8)
        match entropy.below(6):
            case 0:
                data = data[:at]
            case 1:
                data = data[:at] + data[end:]
            case 2:
                data = data[:at] + entropy.take(1 + entropy.below(3)) + data[at + 1 :]
            case 3:
                data = data[:end] + data[at:]
            case 4:
                data = (
                    data[:at]
                    + entropy.pick((b"\xff", b"\x00", b"\xc0\x80", b"\xed\xa0\x80", b'"', b"\\"))
                    + data[at:]
                )
            case _:
                data = data[at:] + data[:at]
    return data


def frame_members(entropy: Entropy, kind: type[msgspec.Struct]) -> list[tuple[str, str]]:
    """Keys and values as JSON text; what has a default is often left out."""
    info = _fields_of(kind)
    members = [] if info.tag is None else [('"type"', json.dumps(info.tag))]
    for member in info.fields:
        if member.required or entropy.one_in(3):
            members.append((json.dumps(member.encode_name), value_text(entropy, member.type)))
    return members


def value_text(entropy: Entropy, kind: msgspec.inspect.Type) -> str:
    """A value that the type allows."""
    match kind:
        case msgspec.inspect.IntType(ge=least, le=most):
            count = max(entropy.pick(COUNTS), least or 0)
            return str(count if most is None else min(count, most))
        case msgspec.inspect.FloatType():
            return entropy.pick(("0", "1.5", "-0.0", "1e308", "5e-324", "7"))
        case msgspec.inspect.StrType(min_length=least, max_length=limit):
            text = entropy.pick(TEXTS).ljust(least or 0, "_")
            return json.dumps(text if limit is None else text[:limit], ensure_ascii=entropy.one_in(2))
        case msgspec.inspect.ListType(item_type=item, min_length=least, max_length=limit):
            number = (least or 0) + (entropy.below(3) if not entropy.one_in(20) else limit or MANY)
            number = number if limit is None else min(number, limit)
            return "[" + ",".join(value_text(entropy, item) for _ in range(number)) + "]"
        case msgspec.inspect.EnumType(cls=members):
            return json.dumps(entropy.pick(tuple(members)).value)
        case msgspec.inspect.StructType(cls=struct):
            return "{" + ",".join(f"{key}:{value}" for key, value in frame_members(entropy, struct)) + "}"
        case msgspec.inspect.UnionType(types=types):
            return value_text(entropy, entropy.pick(types))
        case msgspec.inspect.NoneType():
            return "null"
        case _:
            raise AssertionError(f"the fuzzer does not know how to make {kind}: teach it")


def _spoil(entropy: Entropy, members: list[tuple[str, str]]) -> None:
    """Change one thing about the members that nobody asked for."""
    at = entropy.below(len(members))
    key, value = members[at]
    match entropy.below(6):
        case 0:
            members[at] = (key, entropy.pick(ODD_VALUES))
        case 1:
            members.append((json.dumps(entropy.pick(ODD_KEYS)), entropy.pick(ODD_VALUES)))
        case 2:
            del members[at]
        case 3:
            members.append((key, value))
        case 4:
            members[0] = ('"type"', json.dumps(entropy.pick(ODD_TYPES)))
        case _:
            members.reverse()


@lru_cache
def _fields_of(kind: type[msgspec.Struct]) -> msgspec.inspect.StructType:
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    return info
