"""Bytes to frames and back. Encoders and decoders are built once: building one costs more than a thousand
uses."""

from __future__ import annotations

from typing import Final

import msgspec

from protocol.frames import Downlink, Uplink
from protocol.live import OperatorDownlink, OperatorUplink


class UnknownFrame(ValueError):
    """JSON, but not a frame this side knows (or knows with other fields). The session may go on."""


class MalformedFrame(ValueError):
    """Not JSON at all. The session must not go on."""


_encoder: Final = msgspec.json.Encoder()
_uplink: Final[msgspec.json.Decoder[Uplink]] = msgspec.json.Decoder(Uplink)
_downlink: Final[msgspec.json.Decoder[Downlink]] = msgspec.json.Decoder(Downlink)
_operator_uplink: Final[msgspec.json.Decoder[OperatorUplink]] = msgspec.json.Decoder(OperatorUplink)
_operator_downlink: Final[msgspec.json.Decoder[OperatorDownlink]] = msgspec.json.Decoder(OperatorDownlink)


def encode(frame: Uplink | Downlink | OperatorUplink | OperatorDownlink) -> bytes:
    """One frame as compact UTF-8 JSON."""
    return _encoder.encode(frame)


def decode_uplink(payload: bytes) -> Uplink:
    """What a screen said. Raises UnknownFrame, MalformedFrame."""
    try:
        return _uplink.decode(_utf8(payload))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _explained(error) from None


def decode_downlink(payload: bytes) -> Downlink:
    """What the hub said to a screen. Raises UnknownFrame, MalformedFrame."""
    try:
        return _downlink.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _explained(error) from None


def decode_operator_uplink(payload: bytes) -> OperatorUplink:
    """What an operator's client said. Raises UnknownFrame, MalformedFrame."""
    try:
        return _operator_uplink.decode(_utf8(payload))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _explained(error) from None


def decode_operator_downlink(payload: bytes) -> OperatorDownlink:
    """What the hub said to an operator's client. Raises UnknownFrame, MalformedFrame."""
    try:
        return _operator_downlink.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _explained(error) from None


def _utf8(payload: bytes) -> bytes:
    """The decoder skips fields it does not know without a look; RFC 6455 (8.1) wants all of it in UTF-8."""
    if not payload.isascii():
        payload.decode()
    return payload


def _explained(error: Exception) -> UnknownFrame | MalformedFrame:
    # msgspec.ValidationError is a DecodeError: valid JSON of another shape.
    if isinstance(error, msgspec.ValidationError):
        return UnknownFrame(str(error))
    return MalformedFrame(str(error))
