"""What attackers send to every route, and what must be in no answer and in no line of the log.

No trace, no path of a file, no word of SQL, no name of a table or a constraint, and no secret, be it one that
the hub knows or one that was just sent to it. `Watch` looks at all that came out; that it sees what it is to
see is tested first.
"""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
import pytest
import structlog
from quart import Response

import hub
from hub.api.app import ROUTES
from hub.api.problems import problem
from hub.api.route import Route
from hub.operator import Operator
from persistence.owner import connect_as_owner
from protocol.vocabulary import SYSTEM_TENANT_ID, RoleName
from tests.hub.api.conftest import Api, Reply, running_api
from tests.hub.tenants import PASSWORD, Tenant, add_person
from tests.isolation.occupied import Occupied, occupy
from tests.isolation.test_routes import Ids, body_of, path_of

SENT_PASSWORD: Final = "Sent-Password-7f3a9c"  # typed by an attacker, or into the wrong field
JWT_KEY: Final = "t" * 32

_TELLTALE: Final = re.compile(
    r"Traceback|\bFile \"|\.py\b|site-packages|psycopg|sqlstate|\bSELECT\b.{0,200}\bFROM\b|\bINSERT INTO\b"
    r"|\bDELETE FROM\b|\bUPDATE \w+ SET\b|syntax error at|violates \w+|\bDETAIL:|\bCONTEXT:|relation \""
    r"|column \"|invalid input syntax|out of range for type|clarion_hub|pg_catalog|0x[0-9a-f]{8,}",
    re.DOTALL,
)

_SQL: Final = "x'); DROP TABLE students; --"
_FORMAT: Final = "%s%n%(tenant)s{0.__class__.__init__.__globals__}${jndi:ldap://x}"
_HOSTILE: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    _SQL,
    _FORMAT,
    "a\0b",
    "a\r\nSet-Cookie: x=y\x1b[2J",
    "\u202e\u2028\ufeff",
    "x" * 20_000,
    [],
    [None],
    ["x" * 300] * 300,
    {},
    {"$ne": None, "__proto__": {"a": 1}},
)
_RAW: Final = (
    (b"", "application/json"),
    (b"\0\xff\xfe", "application/json"),
    (b"[" * 100_000, "application/json"),
    (b'{"a":' * 500 + b"1" + b"}" * 500, "application/json"),
    (b'{"a":1e999}', "application/json"),
    (b'"\\ud800"', "application/json"),
    (b"<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "application/xml"),
    (b"grant_type=password&username=%00&password=%ff", "application/x-www-form-urlencoded"),
    (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1", "multipart/form-data; boundary=x"),
    (b"{}", "application/json; charset=utf-7"),
)
_IN_PATHS: Final = ("%00", "..%2f..%2fetc%2fpasswd", quote(_SQL), quote(_FORMAT), "%ff%0a", "x" * 3000)
# What is in these is kept as it is, and shown.
_FREE: Final = {"args", "settings", "tags"}
_SECRETS_BY_FIELD: Final = {"password", "old_password", "new_password", "refresh_token", "token"}


class Watch:
    """Everything that came out of the hub, and what is wrong with it."""

    def __init__(self, names: list[str]) -> None:
        self.secrets: dict[str, str] = {}
        self.slips: list[str] = []
        self._names = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in names))

    def look(self, where: str, text: str, *, is_refusal: bool) -> None:
        """`is_refusal`: then no table is named either; a success may well say "audit_log" of an entry."""
        found = [name for name, secret in self.secrets.items() if secret in text]
        found += [match[0][:80] for match in [_TELLTALE.search(text)] if match]
        if is_refusal:
            found += [match[0] for match in [self._names.search(text)] if match]
        self.slips += [f"{where}: {slip}" for slip in found]

    def answer(self, asked: str, reply: Reply) -> None:
        body = reply.body
        text = (
            body.decode("utf-8", "replace") if isinstance(body, bytes) else msgspec.json.encode(body).decode()
        )
        self.look(f"answer to {asked}", text + str(reply.headers), is_refusal=reply.status >= 400)
        if reply.status >= 500:
            self.slips.append(f"{asked}: {reply.status} {text[:200]}")


class _Lines(logging.Handler):
    """Lines of the standard library's loggers, as they would be written."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.INFO)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.look(f"log of {record.name}", self.format(record), is_refusal=True)


@pytest.fixture
def ours(database_url: str) -> Occupied:
    return occupy(database_url, "Ours")


@pytest.fixture
def watch(database_url: str) -> Iterator[Watch]:
    """Sees everything that is logged while a test runs."""
    with connect_as_owner(database_url) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " UNION SELECT conname FROM pg_constraint UNION SELECT proname FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace"
        ).fetchall()
    # A name of one word, such as "users", is a word of the API too.
    watch = Watch([name for (name,) in names if "_" in name])

    def note(_: Any, __: str, event: structlog.typing.EventDict) -> Any:
        line = structlog.processors.JSONRenderer(default=repr)(
            None, "", structlog.processors.format_exc_info(None, "", event)
        )
        watch.look("log", str(line), is_refusal=True)
        raise structlog.DropEvent

    lines, before = _Lines(watch), structlog.get_config()["processors"][:]
    processors = structlog.get_config()["processors"]
    processors[:] = [structlog.contextvars.merge_contextvars, note]
    logging.getLogger().addHandler(lines)
    yield watch
    logging.getLogger().removeHandler(lines)
    processors[:] = before


@pytest.fixture
async def api(database_url: str, tmp_path: Path, ours: Occupied) -> AsyncIterator[Api]:
    """The application, after the tenant and SYSTEM were made."""
    with connect_as_owner(database_url) as connection:
        connection.execute("INSERT INTO tenants (id, name) VALUES (%s, 'SYSTEM')", (SYSTEM_TENANT_ID,))
        connection.execute("INSERT INTO roles (tenant_id, name) VALUES (%s, 'ROOT')", (SYSTEM_TENANT_ID,))
    async with running_api(database_url, tmp_path) as api:
        yield api


async def plant(api: Api, tenant: Tenant, watch: Watch) -> None:
    """Secrets of every kind, good ones, which nothing that comes out may show from here on."""
    admin = tenant.admin
    proof = {"password": PASSWORD}
    pair = await api.post("/api/v1/auth/login", {"email": admin.email, **proof})
    key = await api.post("/api/v1/api-keys", {"name": "Planted", "permissions": ["screens:view"]}, admin)
    enrolment = await api.post("/api/v1/enrolment-keys", None, admin)
    offer = await api.post("/api/v1/users/me/second-factor", proof, admin)
    invited = await api.post("/api/v1/users", {"email": "invited@ours.example"}, admin)
    assert {each.status for each in (pair, key, enrolment, offer, invited)} <= {200, 201}
    ((password_hash,),) = api.rows("SELECT password_hash FROM users WHERE id = %s", admin.user_id)
    watch.secrets = {
        "a password": PASSWORD,
        "a password that was sent": SENT_PASSWORD,
        "a hash of a password": password_hash,
        "an access token": pair.body["access_token"],
        "a refresh token": pair.body["refresh_token"],
        "an API key": key.body["secret"],
        "an enrolment key": enrolment.body["secret"],
        "the enrolment key of the tenant": tenant.enrolment_key,
        "a second factor": offer.body["secret"],
        "the token of a link": invited.body["link"]["url"].partition("#")[2],
        "the key of access tokens": JWT_KEY,
    }
    assert all(len(secret) > 8 for secret in watch.secrets.values())


async def test_what_slips_out_is_seen_wherever_it_does(api: Api, ours: Occupied, watch: Watch) -> None:
    await plant(api, ours.tenant, watch)
    planted = dict(watch.secrets)

    async def fault(what: str) -> Response:
        raise RuntimeError(planted[what])

    async def tells(what: str) -> Response:
        return problem(409, f"It did not work: {planted[what]}")

    async def names_a_table() -> Response:
        return problem(409, 'duplicate key value violates unique constraint "users_tenant_id_email_key"')

    async def says() -> Response:
        structlog.get_logger("x").warning("signed in", given={"password": SENT_PASSWORD})
        logging.getLogger("x").warning("cannot read %s", Path(inspect.getfile(hub)).parent / "x.py")
        return problem(404, "Nothing.")

    api.app.add_url_rule("/fault/<what>", "fault", fault)
    api.app.add_url_rule("/tells/<what>", "tells", tells)
    api.app.add_url_rule("/table", "table", names_a_table)
    api.app.add_url_rule("/says", "says", says)
    for what in planted:
        for path in (f"/fault/{quote(what)}", f"/tells/{quote(what)}"):
            watch.slips.clear()
            watch.answer(path, await api.get(path))
            assert any(slip.endswith(f": {what}") for slip in watch.slips), (path, watch.slips)
    watch.slips.clear()
    watch.answer("/table", await api.get("/table"))
    assert any("users_tenant_id_email_key" in slip for slip in watch.slips)
    watch.slips.clear()
    await api.get("/says")
    assert [slip.rpartition(": ")[2] for slip in watch.slips] == ["a password that was sent", ".py"]
    watch.slips.clear()
    await api.get("/fault/nothing")  # a KeyError: nobody's secret, but a trace in the log
    assert any("Traceback" in slip for slip in watch.slips)


async def test_nothing_slips_out_of_any_route_whatever_is_sent(
    api: Api, ours: Occupied, watch: Watch
) -> None:
    await plant(api, ours.tenant, watch)
    system = Tenant(SYSTEM_TENANT_ID, "SYSTEM", ours.tenant.admin, "")
    asked = 0
    # What deletes comes last: until then everything that is asked about is there.
    for route in sorted(ROUTES, key=lambda each: each.method == "DELETE"):
        # Each has somebody of their own: some of these end the session that asks.
        is_of_root = route.path.startswith("/api/v1/tenants")
        by = add_person(
            api.database_url,
            system if is_of_root else ours.tenant,
            RoleName.ROOT if is_of_root else RoleName.TENANT_ADMIN,
        )
        asked += await attack(api, route, by, ours, watch)
    assert watch.slips == [], "\n".join(sorted(set(watch.slips))[:40])
    assert asked > 2000
    await api.use_cases.denials.write()
    logged = msgspec.json.encode(api.rows("SELECT audit_entry(a) FROM audit_log a")).decode()
    watch.look("the audit log", logged, is_refusal=False)
    assert watch.slips == []


async def attack(api: Api, route: Route, by: Operator, ours: Occupied, watch: Watch) -> int:
    """Everything hostile there is, at one route; how many requests that were."""
    ids = Ids(ours.ids | {"tenant_id": ours.tenant.id})
    path, good = path_of(route, ids), body_of(route, ids)
    bare, _, query = path.partition("?")
    asked = 0

    async def ask(path: str, body: Any = None, **headers: str) -> None:
        nonlocal asked
        asked += 1
        reply = await api.call(route.method, path, body, by, **headers)
        watch.answer(f"{route.method} {route.path} {str(body)[:80]} {path[:200]}", reply)

    for body in bodies(route, good):
        await ask(path, body)
    for raw, content_type in _RAW if route.body is not None or route.form is not None else ():
        await ask(path, raw, Content_Type=content_type)
    for form in forms(route):
        await ask(path, form.encode(), Content_Type="application/x-www-form-urlencoded")
    for name in route.path_parameters:
        for bad in _IN_PATHS:
            await ask(route.path.replace(f"{{{name}}}", bad).replace("{", "").replace("}", ""), good)
    for field in msgspec.structs.fields(route.query) if route.query is not None else ():
        for bad in _HOSTILE:
            if isinstance(bad, str | int | float):
                await ask(f"{bare}?{urlencode({field.encode_name: str(bad)[:5000]})}", good)
    await ask(f"{bare}?{query}&unknown={quote(_SQL)}", good)
    await ask(path, good, X_Request_ID=_SQL, User_Agent=_FORMAT, Idempotency_Key="\x7f\xff", Host="a b")
    for token in (SENT_PASSWORD, watch.secrets["a refresh token"], f"clk_{SENT_PASSWORD}", "e30.e30."):
        asked += 1
        reply = await api.call(route.method, path, good, Authorization=f"Bearer {token}", X_API_Key=token)
        watch.answer(f"{route.method} {route.path} with a wrong token", reply)
    return asked


def bodies(route: Route, good: Any) -> Iterator[Any]:
    """The good body with one field hostile, one after the other, and secrets in those for secrets."""
    if route.body is None:
        return
    filled = {name: SENT_PASSWORD if name in _SECRETS_BY_FIELD else value for name, value in good.items()}
    yield {**filled, "unknown": _SQL}
    for name, value in filled.items():
        yield {key: each for key, each in filled.items() if key != name}
        # A secret where another thing belongs.
        if name not in _FREE and not isinstance(value, str):
            yield {**filled, name: {"password": SENT_PASSWORD}}
    yield from (each for each in hostile(filled) if each is not None)


def hostile(value: Any) -> Iterator[Any]:
    """Everything hostile in its place, and in the place of whatever is in it."""
    yield from _HOSTILE
    if isinstance(value, dict):
        for name in value:
            yield from ({**value, name: bad} for bad in hostile(value[name]))
    if isinstance(value, list) and value:
        yield from ([bad] for bad in hostile(value[0]))


def forms(route: Route) -> Iterator[str]:
    if route.form is None:
        return
    names = [field.name for field in msgspec.structs.fields(route.form)]
    for grant in ("password", "refresh_token", _SQL):
        for name in names[1:]:
            for bad in ("", _SQL, _FORMAT, "a\0b", "x" * 2000):
                yield urlencode(
                    {
                        "grant_type": grant,
                        "username": "nobody@ours.example",
                        "password": SENT_PASSWORD,
                        "refresh_token": SENT_PASSWORD,
                        name: bad,
                    }
                )
