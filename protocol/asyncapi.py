"""The device socket as an AsyncAPI 3.0 document, made from the frames. Pure.

It is written from the player's side: what it sends, what it receives. How the frames hang together stands in
docs/protocol.md; what they say, and what is legal when, no schema can tell.
"""

from __future__ import annotations

import inspect
from typing import Any, Final, get_args

import msgspec

from protocol.close_codes import MEANINGS
from protocol.frames import Downlink, Uplink
from protocol.vocabulary import BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL

_REF: Final = "#/components/schemas/{name}"
_ADDRESSES: Final = {
    "device": "/api/v1/ws/device",
    "deviceById": "/api/v1/devices/{device_id}/ws",
}


def asyncapi_document() -> dict[str, Any]:
    """The whole document, ready for JSON."""
    sent, received = get_args(Uplink), get_args(Downlink)
    kinds = [*sent, *received]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    messages = {kind.__name__: _message(kind, schema) for kind, schema in zip(kinds, schemas, strict=True)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "A Clarion player",
            "version": "1",
            "description": f"What a player sends and receives on the socket `{SUBPROTOCOL}`: one JSON object "
            "a text frame, at most 64 KiB, no compression. The rules are in docs/protocol.md; conformance "
            "vectors in protocol/vectors; `clarion conformance` tries a player out.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "hub": {
                "host": "hub.example:8000",
                "protocol": "wss",
                "security": [
                    {"$ref": f"#/components/securitySchemes/{name}"} for name in ("header", "subprotocol")
                ],
            }
        },
        "channels": {name: _channel(address, messages) for name, address in _ADDRESSES.items()},
        "operations": {
            **{f"send{kind.__name__}": _operation("send", kind) for kind in sent},
            **{f"receive{kind.__name__}": _operation("receive", kind) for kind in received},
        },
        "components": {
            "messages": messages,
            "schemas": components,
            "securitySchemes": {
                "header": {"type": "http", "scheme": "bearer", "description": "The token of the device."},
                "subprotocol": {
                    "type": "httpApiKey",
                    "in": "header",
                    "name": "Sec-WebSocket-Protocol",
                    "description": "For a browser: the token as a second subprotocol, behind "
                    f"`{BEARER_SUBPROTOCOL_PREFIX}`. Never in the address.",
                },
            },
        },
        "x-close-codes": [
            {"code": int(code), "reason": meaning.reason, "come_back": meaning.come_back}
            for code, meaning in sorted(MEANINGS.items())
        ],
    }


def asyncapi_text() -> str:
    """The file docs/asyncapi.json, as it must be."""
    return msgspec.json.format(msgspec.json.encode(asyncapi_document()), indent=1).decode() + "\n"


def _message(kind: Any, schema: dict[str, Any]) -> dict[str, Any]:
    said = inspect.cleandoc(kind.__doc__ or "")
    return {
        "name": kind.__struct_config__.tag,
        "title": kind.__name__,
        "summary": " ".join(said.partition("\n\n")[0].split()),
        "description": said,
        "payload": schema,
    }


def _channel(address: str, messages: dict[str, Any]) -> dict[str, Any]:
    parameters = {"device_id": {"description": "The hub checks that the token is this device's."}}
    return {
        "address": address,
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in messages},
        **({"parameters": parameters} if "{" in address else {}),
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
    }


def _operation(action: str, kind: Any) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/device"},
        "messages": [{"$ref": f"#/channels/device/messages/{kind.__name__}"}],
    }
