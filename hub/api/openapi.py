"""The OpenAPI 3.1 document, made from the routes and the types of the protocol.

Why not a library: docs/decisions/0009-openapi.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from hub.api.problems import CONTENT_TYPE
from hub.api.route import Route
from protocol.api import Id, Problem

_REF: Final = "#/components/schemas/{name}"
_USUAL: Final = {
    401: "Not signed in, or the token is not valid any more.",
    403: "Your roles do not allow this.",
    422: "Fields that cannot be meant; `fields` names each.",
    503: "The database does not answer. Try again after Retry-After.",
}
_OF_BODIES: Final = {
    400: "The body is not JSON.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not declared as JSON.",
}
_TAGS: Final = {
    "sign-in": "People get an access token.",
    "pairing": "Devices ask to be let in. Needs no access token.",
    "devices": "Screens: find, read, change, let in, shut out.",
    "commands": "Orders to one screen.",
    "places": "Sites and groups.",
    "emergencies": "Take over every screen in scope, and know which of them show it.",
}


def openapi_document(routes: Sequence[Route]) -> dict[str, Any]:
    """The whole document, ready for JSON."""
    kinds = [Problem, *(route.body for route in routes if route.body is not None)]
    kinds += [kind for route in routes for kind, _ in route.answers.values()]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    schema_of = {id(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Clarion",
            "version": "1",
            "description": "The HTTP API of the hub. Instants are RFC 3339 in UTC, ids are UUIDs, "
            "every error is a problem document (RFC 9457) that says what to do.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(route: Route, schema_of: dict[int, dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": {
            str(status): {
                "description": text,
                "content": {"application/json": {"schema": schema_of[id(kind)]}},
            }
            for status, (kind, text) in sorted(route.answers.items())
        },
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": not route.body_optional,
            "content": {"application/json": {"schema": schema_of[id(route.body)]}},
        }
    if route.signed_in:
        operation["security"] = [{"bearer": []}]
    for status, text in sorted(_problems(route).items()):
        operation["responses"][str(status)] = {
            "description": text,
            "content": {CONTENT_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}},
        }
    return operation


def _problems(route: Route) -> dict[int, str]:
    problems = {503: _USUAL[503]}
    if route.signed_in:
        problems |= {401: _USUAL[401], 403: _USUAL[403]}
    if route.body is not None:
        problems |= _OF_BODIES
    if route.body is not None or route.query is not None:
        problems[422] = _USUAL[422]
    return problems | dict(route.problems)


def _parameters(route: Route) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(Id)}
        for name in route.path_parameters
    ]
    if route.query is not None:
        (_, components) = msgspec.json.schema_components([route.query], ref_template=_REF)
        query = components.pop(route.query.__name__)
        parameters += [
            {"name": name, "in": "query", "required": False, "schema": _inlined(schema, components)}
            for name, schema in query["properties"].items()
        ]
    if "idempotency_key" in route.needs:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same key with the same body is the same command, sent once.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            }
        )
    return parameters


def _inlined(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """A query parameter's schema, with the enumerations it names in place, and without "or null"."""
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    if len(options) != 1:
        return schema
    option = dict(options[0])
    if "$ref" in option:
        option = dict(components[option["$ref"].rpartition("/")[2]])
    option["enum"] = [value for value in option.get("enum", []) if value is not None]
    if not option["enum"]:
        del option["enum"]
    if schema.get("default") is not None:
        option["default"] = schema["default"]
    return option
