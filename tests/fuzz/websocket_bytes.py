"""What a client may put on the wire after its handshake: RFC 6455, right and nearly right."""

from __future__ import annotations

import zlib

from tests.fuzz.entropy import Entropy
from tests.fuzz.json_text import hurt

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MAX_MESSAGE_BYTES = 4_096
"""What the hub under test lets a message be; the sizes below lie around it."""

SIZES = (0, 1, 2, 125, 126, 127, 1_000, 1_365, 2_000, 4_096, 4_097, 9_000)
CLAIMS = (0, 5, 125, 126, 65_535, 65_536, 2**31, 2**32, 2**62, 2**63, 2**64 - 1)
CODES = (
    1000,
    1001,
    1002,
    1004,
    1005,
    1006,
    1007,
    1011,
    1015,
    0,
    999,
    1016,
    2999,
    3000,
    4000,
    4409,
    4999,
    5000,
    65_535,
)
NOT_UTF_8 = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"a" * 500 + b"\x80")


def frame(
    opcode: int,
    payload: bytes,
    mask: bytes = b"\0\0\0\0",
    *,
    fin: bool = True,
    bits: int = 0,
    claim: int | None = None,
) -> bytes:
    """One frame of a client. `claim`: the size that the head says; `mask` empty: unmasked, which is
    forbidden."""
    size = len(payload) if claim is None else claim
    masked = 0x80 if mask else 0
    if size < 126:
        length = bytes((masked | size,))
    elif size < 65_536:
        length = bytes((masked | 126,)) + size.to_bytes(2, "big")
    else:
        length = bytes((masked | 127,)) + size.to_bytes(8, "big")
    return bytes(((0x80 if fin else 0) | bits | opcode,)) + length + mask + _xor(payload, mask)


def conversation(entropy: Entropy) -> bytes:
    """What one client sends from its first frame to its last."""
    data = b"".join(_item(entropy) for _ in range(1 + entropy.below(8)))
    return hurt(entropy, data) if entropy.one_in(6) else data


def _item(entropy: Entropy) -> bytes:
    mask = entropy.take(4) if entropy.one_in(3) else b"\0\0\0\0"
    match entropy.below(32) - 16:
        case which if which < -6:
            return frame(TEXT, _text(entropy), mask)
        case which if which < 4:
            return _fragments(entropy, mask)
        case 4 | 5 | 6:
            return frame(entropy.pick((PING, PONG)), b"p" * entropy.below(127), mask)
        case 7:
            return frame(PING, b"p" * 125) * (1 + entropy.below(200))
        case 8:
            reason = entropy.pick((b"", b"bye", *NOT_UTF_8))
            return frame(CLOSE, entropy.pick(CODES).to_bytes(2, "big") + reason, mask)
        case 9:
            return frame(CLOSE, entropy.pick((b"", b"\x03", b"x" * 126)), mask)
        case 10:
            return frame(BINARY, _text(entropy), mask, fin=not entropy.one_in(3))
        case 11:
            return frame(entropy.below(16), b"x" * entropy.below(8), mask, fin=not entropy.one_in(2))
        case 12:
            return frame(TEXT, _text(entropy), mask, bits=0x10 << entropy.below(3))
        case 13:
            return frame(
                entropy.pick((TEXT, BINARY, PING, CONTINUATION)), b"x", mask, claim=entropy.pick(CLAIMS)
            )
        case 14:
            return frame(TEXT, _text(entropy), b"") if entropy.one_in(2) else _bomb(entropy, mask)
        case _:
            return entropy.take(entropy.below(40))


def _text(entropy: Entropy) -> bytes:
    if entropy.one_in(32):
        return entropy.pick(NOT_UTF_8)
    return entropy.pick((b"x", "é".encode(), "😀".encode())) * entropy.pick(SIZES)


def _fragments(entropy: Entropy, mask: bytes) -> bytes:
    """One message in pieces, with something in between; often without its end."""
    text = _text(entropy)
    opcode, pieces = TEXT, []
    for _ in range(entropy.below(5)):
        at = entropy.below(max(1, len(text)))
        pieces.append(frame(opcode, text[:at], mask, fin=False))
        text, opcode = text[at:], CONTINUATION
        if entropy.one_in(3):
            pieces.append(_item(entropy))
    if entropy.one_in(16):
        pieces.append(frame(CONTINUATION, b"", mask, fin=False) * 300)
    if not entropy.one_in(4):
        pieces.append(frame(opcode, text, mask))
    return b"".join(pieces)


def _bomb(entropy: Entropy, mask: bytes) -> bytes:
    """A message that would be a thousand times its size, had compression been agreed on (RFC 7692)."""
    bomb = zlib.compress(b"\0" * entropy.pick((100_000, 1_000, 2_000_000)), wbits=-15)[:-4]
    return frame(TEXT, bomb, mask, bits=0x40)


def _xor(payload: bytes, mask: bytes) -> bytes:
    if not any(mask):
        return payload
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
