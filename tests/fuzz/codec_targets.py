"""What bytes become when they are decoded: a frame, or one of the two errors that a session knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import msgspec

from protocol.codec import MalformedFrame, UnknownFrame, decode_operator_uplink, decode_uplink, encode
from protocol.frames import Uplink
from protocol.live import OperatorUplink
from tests.fuzz.entropy import Entropy
from tests.fuzz.json_text import payload

SCREENS_FRAMES: tuple[type[msgspec.Struct], ...] = get_args(Uplink)
OPERATORS_FRAMES: tuple[type[msgspec.Struct], ...] = (OperatorUplink,)


class CodecTarget:
    """Fulfils `Target`. A frame that was decoded encodes to bytes that mean the same frame."""

    entropy_bytes = 64

    def __init__(
        self,
        name: str,
        kinds: tuple[type[msgspec.Struct], ...],
        decode: Callable[[bytes], Uplink | OperatorUplink],
    ) -> None:
        self.name = name
        self._kinds = kinds
        self._decode = decode

    def run(self, entropy: Entropy) -> str:
        """See `Target`."""
        return self.judge(payload(entropy, self._kinds))

    def show(self, entropy: Entropy) -> str:
        """See `Target`."""
        return repr(payload(entropy, self._kinds))

    def judge(self, message: bytes) -> str:
        """Decode one message; what came of it."""
        try:
            frame = self._decode(message)
        except UnknownFrame:
            return "unknown"
        except MalformedFrame:
            return "malformed"
        assert self._decode(encode(frame)) == frame, "it reads its own writing differently"
        return type(frame).__name__


SCREENS = CodecTarget("screen-frames", SCREENS_FRAMES, decode_uplink)
OPERATORS = CodecTarget("operator-frames", OPERATORS_FRAMES, decode_operator_uplink)
