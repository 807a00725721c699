"""Every route, told ids of another tenant in its path, its query or its body, answers as if there were none.

Not 403, which would tell. The other tenant has everything afterwards that it had before, and no word of it is
in any answer.
"""

from __future__ import annotations

import json
import re
import types
import uuid
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UnsetType

from hub.api.app import ROUTES
from hub.api.route import Route
from hub.operator import Operator
from protocol.api import Id
from tests.hub.api.conftest import Api, Reply
from tests.isolation.occupied import Occupied, rows_of

_ID_PATTERN: Final = Id.__metadata__[0].pattern  # type: ignore[attr-defined]
_IDS: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# What a field, a parameter of a query or of a path is called, where that is not the thing's own name.
_CALLED: Final = {
    "ids": "device_id",
    "sites": "site_id",
    "item_ids": "item_id",
    "within": "site_id",
    "parent_id": "group_id",
    "user_ids": "user_id",
    "device_ids": "device_id",
    "group_ids": "group_id",
    "/api/v1/user-groups.group_id": "user_group_id",
    "/api/v1/enrolment-keys.key_id": "enrolment_key_id",
}
# Where only one of several fields may be said, or one must fit what there is: these are not.
_UNSAID: Final = {
    "ItemRequest": {"playlist_id", "content_tag", "position"},
    "MediaRequest": {"url"},
    "Canary": {"fraction"},
    "Target": {"group_id", "site_id", "tag_query"},
    "EntryRequest": {"dayparts"},
    "EntryPatch": {"dayparts"},
    "EmergencyRequest": {"language"},
}
_TEXTS: Final = {
    "email": "new@nobody.example",
    "admin_email": "new@nobody.example",
    "time_zone": "UTC",
    "tag_query": "floor=2",
    "url": "https://signs.example/",
    "recurrence": "FREQ=DAILY",
    "key": "some.key",
    "features": "some.key",
    "one_time_code": "123456",
    "severity": "extreme",
    "language": "es",
}


class Ids:
    """Which ids are told."""

    def __init__(self, known: dict[str, str] | None) -> None:
        self._known = known

    def of(self, name: str, path: str = "") -> str:
        if self._known is None:
            return str(uuid.uuid4())
        start = "/".join(path.split("/")[:4])
        return self._known[_CALLED.get(f"{start}.{name}") or _CALLED.get(name, name)]


def example(hint: Any, name: str, ids: Ids) -> Any:
    """The smallest value of the type that says everything that can be said, with these ids."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        meta = args[1]
        if getattr(meta, "pattern", None) == _ID_PATTERN:
            return ids.of(name)
        if args[0] is str and name not in _TEXTS and (meta.min_length or 0) > 1:
            return "x" * meta.min_length
        return example(args[0], name, ids)
    if origin in (Union, types.UnionType):
        return example(next(part for part in args if part not in (UnsetType, type(None))), name, ids)
    if origin is Literal:
        return args[0]
    if origin is list:
        return [example(args[0], name, ids)]
    if origin is tuple:
        return ["08:00", "18:00"]
    if origin is dict:
        return {}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint, include_extras=True)
        return {
            field.encode_name: example(hints[field.name], field.name, ids)
            for field in msgspec.structs.fields(hint)
            if field.name not in _UNSAID.get(hint.__name__, ())
        }
    if hint is str:
        return _TEXTS.get(name, "Some text")
    if hint is date:
        return datetime.now(UTC).date().isoformat()
    if hint is datetime:
        return (datetime.now(UTC) + timedelta(days=1)).isoformat()
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return next(iter(hint)).value
    return {bool: True, int: 60, float: 1.0}.get(hint, {})


def body_of(route: Route, ids: Ids) -> Any:
    if route.body is None:
        return None
    body = example(route.body, "", ids)
    if "scope" in body:
        # "all" would be everybody of one's own.
        body["scope"] = {"kind": "devices", "ids": [ids.of("device_id")]}
    return body


def has_ids(route: Route) -> bool:
    told = Recorder()
    path_of(route, told)
    body_of(route, told)
    return bool(told.asked)


class Recorder(Ids):
    """Remembers that it was asked."""

    def __init__(self) -> None:
        super().__init__(None)
        self.asked = 0

    def of(self, name: str, path: str = "") -> str:
        self.asked += 1
        return super().of(name, path)


def path_of(route: Route, ids: Ids) -> str:
    path = route.path
    for name in route.path_parameters:
        value = "1" if name in route.numbers else ids.of(name, route.path)
        path = path.replace(f"{{{name}}}", value)
    query = {}
    if route.query is not None:
        for field in msgspec.structs.fields(route.query):
            if field.name.endswith("_id") and field.name not in ("target_id", "request_id"):
                query[field.encode_name] = ids.of(field.name)
    return path + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")


def headers_of(route: Route) -> dict[str, str]:
    """What a route must be told before it looks at anything else."""
    if "if_match" in route.needs:
        return {"If_Match": '"1"'}
    if not route.path.startswith("/api/v1/uploads"):
        return {}
    bytes_follow = {"Content_Type": "application/offset+octet-stream", "Upload_Offset": "0"}
    return {"Tus_Resumable": "1.0.0", "Upload_Length": "9", **bytes_follow}


async def ask(api: Api, route: Route, by: Operator, ids: Ids) -> Reply:
    path, body = path_of(route, ids), body_of(route, ids)
    return await api.call(route.method, path, body, by, **headers_of(route))


def said(reply: Reply) -> tuple[int, str]:
    """What the answer says, whatever the ids in it."""
    body = dict(reply.body, instance="") if isinstance(reply.body, dict) else reply.body
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else json.dumps(body, sort_keys=True)
    return reply.status, _IDS.sub("…", text)


ASKED: Final = [route for route in ROUTES if route.signed_in and has_ids(route)]


def test_the_matrix_has_every_route_that_asks_for_an_id() -> None:
    assert len(ASKED) >= 40
    asked = {(route.method, route.path) for route in ASKED}
    assert {(r.method, r.path) for r in ROUTES if r.path_parameters and r.signed_in} <= asked


async def test_every_route_answers_about_another_tenants_things_as_about_none(
    api: Api, ours: Occupied, theirs: Occupied
) -> None:
    before = rows_of(api.database_url, theirs.tenant.id)
    wrong = []
    for route in ASKED:
        foreign = await ask(api, route, ours.tenant.admin, Ids(theirs.ids | {"tenant_id": theirs.tenant.id}))
        unknown = await ask(api, route, ours.tenant.admin, Ids(None))
        if said(foreign) != said(unknown):
            wrong.append(f"{route.method} {route.path}: {said(foreign)} instead of {said(unknown)}")
        if route.path_parameters and foreign.status != 404:
            wrong.append(f"{route.method} {route.path}: {foreign.status} {foreign.body}")
    assert wrong == [], "\n".join(wrong)
    assert rows_of(api.database_url, theirs.tenant.id) == before


async def test_no_list_has_a_word_of_another_tenant(api: Api, ours: Occupied, theirs: Occupied) -> None:
    for route in ROUTES:
        if route.method == "GET" and route.signed_in and not route.path_parameters:
            reply = await api.get(route.path, ours.tenant.admin)
            text = str(reply.body)
            assert theirs.marker not in text and theirs.tenant.id not in text, route.path
