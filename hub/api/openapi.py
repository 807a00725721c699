"""The OpenAPI document, made from the routes and the types of the protocol.

Version 3.0.3: the page's Swagger UI does not read 3.1 yet, nor do many generators of clients.
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
    429: "Too many requests. Retry-After says how long to wait, RateLimit of which limit.",
    503: "The database does not answer. Try again after Retry-After.",
}
_OF_BODIES: Final = {
    400: "The body is not JSON.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not declared as JSON.",
}
_FORM: Final = "application/x-www-form-urlencoded"
_TOKEN_URL: Final = "/api/v1/auth/token"  # noqa: S105 -- an address
_SECURITY: Final[dict[str, dict[str, Any]]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token, or a key of an integration.",
    },
    "password": {
        "type": "oauth2",
        "description": "username: the e-mail address; client_id: the tenant's id, if it is needed.",
        "flows": {"password": {"tokenUrl": _TOKEN_URL, "refreshUrl": _TOKEN_URL, "scopes": {}}},
    },
    "device": {"type": "http", "scheme": "bearer", "description": "A screen's own token."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A key of an integration."},
}
_NUMBER: Final = {"type": "integer", "minimum": 1, "maximum": 999_999_999}
_TAGS: Final = {
    "sign-in": "People get an access token.",
    "pairing": "Devices ask to be let in. Needs no access token.",
    "devices": "Screens: find, read, change, let in, shut out.",
    "commands": "Orders to one screen, or to many at once.",
    "places": "Sites and groups.",
    "tenants": "Whom the hub serves, for ROOT alone.",
    "keys": "What integrations, and screens that ask to be let in, show to the hub.",
    "signature": "By which what comes from the hub can be told from what does not.",
    "audit": "Who did what: read, exported, verified.",
    "playlists": "What plays in which order: drafts, and the numbered versions that screens play.",
    "manifests": "What each screen plays: fetched by the screen, and watched by operators.",
    "schedule": "What plays where and when, and why.",
    "reports": "What was played on which screens, and how screens are.",
    "screenshots": "What screens look like: ordered by a command, sent by the screen, looked at.",
    "player settings": "How a screen is set up: which way up, how loud, when it is lit.",
    "emergencies": "Take over every screen in scope, and know which of them show it.",
    "oneself": "Whoever is signed in: name, password, second factor.",
    "people": "Who may sign in, and their roles.",
    "uploads": "Files come in, by tus 1.0.0; any client of tus does it.",
    "features": "What is offered to which groups of users.",
    "contents": "What screens show: contents, their versions, and whether those may be shown.",
}


def openapi_document(routes: Sequence[Route]) -> dict[str, Any]:
    """The whole document, ready for JSON."""
    kinds = [Problem, *(route.body for route in routes if route.body is not None)]
    kinds += [route.form for route in routes if route.form is not None]
    kinds += [kind for route in routes for kind, _ in route.answers.values() if kind is not None]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    schema_of = {id(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of)
    document: dict[str, Any] = {
        "openapi": "3.0.3",
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
            "securitySchemes": _SECURITY,
        },
    }
    return {**document, **_as_3_0({"paths": document["paths"], "components": document["components"]})}


def _operation(route: Route, schema_of: dict[int, dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": {
            str(status): {"description": text} | _content(kind, schema_of, route.media_types)
            for status, (kind, text) in sorted(route.answers.items())
        },
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": not route.body_optional,
            "content": {"application/json": {"schema": schema_of[id(route.body)]}},
        }
    if route.form is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {_FORM: {"schema": schema_of[id(route.form)]}},
        }
    if route.by_device:
        operation["security"] = [{"device": []}]
    if route.signed_in:
        operation["security"] = [
            {name: []} for name in _SECURITY if name != "device" and (name != "key" or not route.for_people)
        ]
    for status, text in sorted(_problems(route).items()):
        # A status may be both: a form is refused as RFC 6749 has it, and what is no form as a problem.
        answer = operation["responses"].setdefault(str(status), {"description": text, "content": {}})
        answer["content"][CONTENT_TYPE] = {"schema": {"$ref": _REF.format(name="Problem")}}
    return operation


def _content(kind: Any, schema_of: dict[int, dict[str, Any]], media_types: Sequence[str]) -> dict[str, Any]:
    if kind is None:
        return {}
    return {"content": {media_type: {"schema": schema_of[id(kind)]} for media_type in media_types}}


def _problems(route: Route) -> dict[int, str]:
    problems = {503: _USUAL[503]} | ({} if route.urgent and route.signed_in else {429: _USUAL[429]})
    if route.by_device:
        problems[401] = "The token is not that of a screen that was let in."
    if route.signed_in:
        problems |= {401: _USUAL[401], 403: _USUAL[403]}
    if route.body is not None or route.form is not None:
        problems |= _OF_BODIES
    if route.body is not None or route.form is not None or route.query is not None:
        problems[422] = _USUAL[422]
    return problems | dict(route.problems)


def _parameters(route: Route) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _NUMBER if name in route.numbers else msgspec.json.schema(Id),
        }
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
    if "if_match" in route.needs:
        parameters.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": False,
                "description": "The ETag of what is changed, as it was read. None: 428; an older one: 412.",
                "schema": {"type": "string", "pattern": '^"[0-9]{1,18}"$'},
            }
        )
    if "if_none_match" in route.needs:
        parameters.append(
            {
                "name": "If-None-Match",
                "in": "header",
                "required": False,
                "description": "The ETag of what is there already: 304 if it is still so.",
                "schema": {"type": "string", "maxLength": 200},
            }
        )
    return parameters


def _inlined(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """A query parameter's schema: left out rather than null, and with the enumeration it names in place."""
    (option,) = (each for each in schema.get("anyOf", [schema]) if each.get("type") != "null")
    inlined = dict(components[option["$ref"].rpartition("/")[2]] if "$ref" in option else option)
    if "enum" in inlined:
        inlined["enum"] = [value for value in inlined["enum"] if value is not None]
    if schema.get("default") is not None:
        inlined["default"] = schema["default"]
    return inlined


def _as_3_0(node: Any) -> Any:
    """JSON Schema as OpenAPI 3.0 has it: `nullable` where a type may be null, nothing beside a `$ref`."""
    if isinstance(node, list):
        return [_as_3_0(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "contentEncoding" in node:  # bytes as they are: no route has them as base64
        return {"type": "string", "format": "binary"}
    schema = {
        name: _as_3_0(value)
        for name, value in node.items()
        if name != "propertyNames" and (name, value) not in (("required", []), ("default", None))
    }
    options = schema.get("anyOf", [])
    if {"type": "null"} in options:
        rest = [option for option in options if option != {"type": "null"}]
        del schema["anyOf"]
        schema |= {"nullable": True} | ({"anyOf": rest} if len(rest) > 1 else rest[0])
    if isinstance(schema.get("enum"), list) and None in schema["enum"]:
        schema |= {"nullable": True, "enum": [value for value in schema["enum"] if value is not None]}
    for bound in ("minimum", "maximum"):
        exclusive = f"exclusive{bound.capitalize()}"
        if schema.get(exclusive, True) is not True:
            schema |= {bound: schema[exclusive], exclusive: True}
    if "$ref" in schema and len(schema) > 1:
        schema["allOf"] = [{"$ref": schema.pop("$ref")}]
    return schema
