"""Emergencies: trigger, preview, ledger, all-clear."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from protocol.alert import content_hash
from protocol.api import Emergency
from protocol.frames import AlertText
from tests.hub.api.conftest import Api
from tests.hub.tenants import Tenant

FIRE: dict[str, Any] = {"title": "Fire", "message": "Leave\nby the stairs", "severity": "extreme"}

SPANISH = {"language": "es", "title": "Fuego", "message": "Salgan"}
MORE: dict[str, Any] = {"language": "en", "texts": [SPANISH], "pictogram": "fire", "sound": "siren"}


async def test_an_emergency_is_committed_audited_and_then_fanned_out(api: Api, tenant: Tenant) -> None:
    reply = await api.post("/api/v1/emergencies", {**FIRE, "expires_in_s": 600}, tenant.admin)
    assert reply.status == 201
    assert {key: reply.body[key] for key in ("targeted", "online", "offline")} == {
        "targeted": 3,
        "online": 2,
        "offline": 1,
    }
    assert reply.headers["Location"] == f"/api/v1/emergencies/{reply.body['id']}"
    (live,) = api.realtime.activated
    assert (live.id, live.scope_text, live.issued_by) == (reply.body["id"], "all screens", tenant.admin.email)
    assert live.content_hash == content_hash("Fire", "Leave\nby the stairs", "extreme")
    assert api.audited("emergency.created")[0][3]["title"] == "Fire"
    stored = (await api.get(f"/api/v1/emergencies/{live.id}", tenant.admin)).body
    assert (stored["status"], stored["issued_by"], stored["targeted"]) == ("live", tenant.admin.email, 0)


async def test_an_alert_in_several_languages_goes_out_and_stays_as_it_was_meant(
    api: Api, tenant: Tenant
) -> None:
    spanish = {**SPANISH, "title": " Fuego ", "message": "Salgan\n"}
    created = (await api.post("/api/v1/emergencies", {**FIRE, **MORE, "texts": [spanish]}, tenant.admin)).body
    (live,) = api.realtime.activated
    assert (live.language, live.pictogram, live.sound) == ("en", "fire", "siren")
    assert live.texts == (AlertText("es", "Fuego", "Salgan"),)
    assert live.content_hash == content_hash("Fire", "Leave\nby the stairs", "extreme", live.texts)
    for path in (f"/api/v1/emergencies/{created['id']}", "/api/v1/emergencies"):
        body = (await api.get(path, tenant.admin)).body
        stored = body["items"][0] if "items" in body else body
        assert {name: stored[name] for name in MORE} == MORE
    details = api.audited("emergency.created")[0][3]
    assert (details["language"], details["pictogram"], details["sound"]) == ("en", "fire", "siren")
    assert details["texts"] == {"es": {"title": "Fuego", "message": "Salgan"}}


@pytest.mark.parametrize(
    "change",
    [
        {"texts": []},
        {"texts": [{**SPANISH, "message": "Vengan"}]},
        {"language": "de"},
        {"pictogram": "hazard"},
        {"sound": None},
    ],
)
async def test_a_key_that_was_used_for_an_alert_that_says_something_else_is_refused(
    api: Api, tenant: Tenant, change: dict[str, Any]
) -> None:
    said = {**FIRE, **MORE}
    first = await api.post("/api/v1/emergencies", said, tenant.admin, Idempotency_Key="once")
    again = await api.post("/api/v1/emergencies", said, tenant.admin, Idempotency_Key="once")
    assert (first.status, again.status) == (201, 201) and first.body["id"] == again.body["id"]
    other = await api.post("/api/v1/emergencies", {**said, **change}, tenant.admin, Idempotency_Key="once")
    assert other.status == 409


async def test_a_scope_is_checked_put_in_words_and_handed_on(api: Api, tenant: Tenant) -> None:
    ids = await api.provision(tenant, *(f"hw-{n}" for n in range(5)), site="Main", group="Ground")
    site = (await api.get("/api/v1/sites", tenant.admin)).body["items"][0]
    group = (await api.get("/api/v1/groups", tenant.admin)).body["items"][0]
    for kind, named, words in (
        ("sites", [site["id"].upper()], "site Main"),
        ("groups", [group["id"], group["id"]], "group Ground"),
        ("devices", ids, "screens hw-0, hw-1, hw-2 and 2 more"),
    ):
        scope = {"kind": kind, "ids": named}
        assert (await api.post("/api/v1/emergencies", {**FIRE, "scope": scope}, tenant.admin)).status == 201
        live = api.realtime.activated[-1]
        assert live.scope_text == words
        assert live.scope.ids == list(dict.fromkeys(id.lower() for id in named))


async def test_a_scope_that_names_another_tenants_ids_is_refused_by_name(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    (theirs,) = await api.provision(neighbour, "hw-1")
    for path, body in (
        ("/api/v1/emergencies", {**FIRE, "scope": {"kind": "devices", "ids": [theirs]}}),
        ("/api/v1/emergencies/preview", {"scope": {"kind": "devices", "ids": [theirs]}}),
    ):
        reply = await api.post(path, body, tenant.admin)
        assert reply.status == 422
        assert theirs in reply.body["fields"]["scope.ids"]
    assert api.realtime.activated == []
    assert api.rows("SELECT count(*) FROM emergencies") == [(0,)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"severity": "awful"}, "severity"),
        ({"title": ""}, "title"),
        ({"title": "  "}, "title"),
        ({"scope": {"kind": "sites"}}, "scope.ids"),
        ({"scope": {"kind": "all", "ids": ["00000000-0000-4000-8000-000000000000"]}}, "scope.ids"),
        ({"scope": {"kind": "devices", "ids": ["nobody"]}}, "scope.ids[0]"),
        ({"expires_in_s": 1}, "expires_in_s"),
        ({"message": "a\0b"}, "message"),
        ({"language": "in English"}, "language"),
        ({"pictogram": "a lion"}, "pictogram"),
        ({"sound": "loud"}, "sound"),
        ({"texts": [{"language": "", "title": "Fuego", "message": ""}]}, "texts[0].language"),
        ({"texts": [{"language": "es", "title": " ", "message": ""}]}, "texts[0].title"),
        ({"texts": [{**SPANISH, "message": "a\0b"}]}, "texts[0].message"),
        ({"texts": [{**SPANISH, "title": "a\nb"}]}, "texts[0].title"),
        ({"texts": [SPANISH, {**SPANISH, "language": "ES"}]}, "texts[1].language"),
        ({"texts": [SPANISH], "language": "es"}, "texts[0].language"),
        ({"texts": [{**SPANISH, "language": f"a{letter}"} for letter in "bcdefg"]}, "texts"),
    ],
)
async def test_an_emergency_that_cannot_be_meant_is_refused_by_field(
    api: Api, tenant: Tenant, change: dict[str, Any], field: str
) -> None:
    reply = await api.post("/api/v1/emergencies", {**FIRE, **change}, tenant.admin)
    assert (reply.status, list(reply.body["fields"])) == (422, [field])
    assert api.realtime.activated == []


async def test_a_preview_says_how_many_screens_a_scope_reaches(api: Api, tenant: Tenant) -> None:
    reply = await api.post("/api/v1/emergencies/preview", {"scope": {}}, tenant.admin)
    assert (reply.status, reply.body) == (200, {"targeted": 3, "online": 2, "offline": 1})


async def test_the_all_clear_said_twice_is_one_all_clear(api: Api, tenant: Tenant) -> None:
    created = (await api.post("/api/v1/emergencies", FIRE, tenant.admin)).body
    first = await api.post(f"/api/v1/emergencies/{created['id']}/clear", None, tenant.admin)
    second = await api.post(f"/api/v1/emergencies/{created['id']}/clear", None, tenant.admin)
    assert (first.status, first.body["status"]) == (200, "clearing")
    assert first.body["cleared_by"] == tenant.admin.email
    assert second.body["cleared_at"] == first.body["cleared_at"]
    assert len(api.audited("emergency.cleared")) == 1
    api.rows("UPDATE emergencies SET status = 'cleared'")
    api.realtime.cleared.clear()
    third = await api.post(f"/api/v1/emergencies/{created['id']}/clear", None, tenant.admin)
    assert (third.body["status"], api.realtime.cleared) == ("cleared", [])


def keep_ledger(api: Api, emergency_id: str) -> None:
    """Three screens: one shows it after 400 ms, one has been away since yesterday, one refused."""
    api.rows(
        """
        UPDATE devices SET presence = 'offline', presence_reason = 'heartbeat_lost',
               presence_since = timestamptz '2024-05-02 14:02+00' WHERE hardware_id = 'b'
        """
    )
    api.rows(
        """
        INSERT INTO emergency_ledger (tenant_id, emergency_id, device_id, state, missing, detail, targeted_at,
                                      sent_at, received_at, rendered_at)
        SELECT d.tenant_id, e.id, d.id,
               CASE d.hardware_id WHEN 'a' THEN 'rendered' WHEN 'b' THEN 'targeted' ELSE 'received' END,
               CASE d.hardware_id WHEN 'b' THEN 'offline' WHEN 'c' THEN 'refused' END,
               CASE d.hardware_id WHEN 'c' THEN 'no room' END,
               e.issued_at,
               CASE WHEN d.hardware_id <> 'b' THEN e.issued_at + interval '50 ms' END,
               CASE WHEN d.hardware_id <> 'b' THEN e.issued_at + interval '90 ms' END,
               CASE WHEN d.hardware_id = 'a' THEN e.issued_at + interval '400 ms' END
          FROM devices d, emergencies e WHERE e.id = %s
        """,
        emergency_id,
    )


async def test_the_ledger_says_screen_by_screen_who_shows_it_and_why_not(api: Api, tenant: Tenant) -> None:
    await api.provision(tenant, "a", "b", "c", site="Main")
    created = (await api.post("/api/v1/emergencies", FIRE, tenant.admin)).body
    keep_ledger(api, created["id"])
    path = f"/api/v1/emergencies/{created['id']}"

    rows = (await api.get(f"{path}/ledger", tenant.admin)).body["items"]
    assert [(row["name"], row["site"], row["state"], row["elapsed_ms"]) for row in rows] == [
        ("a", "Main", "rendered", 400),
        ("b", "Main", "targeted", None),
        ("c", "Main", "received", None),
    ]
    assert [row["explanation"] for row in rows] == [
        None,
        "offline since 2024-05-02 14:02 UTC, heartbeat lost",
        "refused by the screen: no room",
    ]
    missing = (await api.get(f"{path}/ledger?missing=true&limit=1", tenant.admin)).body
    assert [row["name"] for row in missing["items"]] == ["b"]
    rest = (await api.get(f"{path}/ledger?missing=true&cursor={missing['next_cursor']}", tenant.admin)).body
    assert [row["name"] for row in rest["items"]] == ["c"]
    showing = (await api.get(f"{path}/ledger?state=rendered", tenant.admin)).body
    assert [row["name"] for row in showing["items"]] == ["a"]

    emergency = (await api.get(path, tenant.admin)).body
    assert (emergency["targeted"], emergency["sent"], emergency["rendered"]) == (3, 2, 1)
    assert emergency["missing"] == {"offline": 1, "refused": 1}
    assert (emergency["p50_ms"], emergency["slowest_ms"], emergency["still_showing"]) == (400, 400, 1)


async def test_while_it_is_live_the_tallies_are_those_of_the_live_side(api: Api, tenant: Tenant) -> None:
    created = (await api.post("/api/v1/emergencies", FIRE, tenant.admin)).body
    stored = (await api.get(f"/api/v1/emergencies/{created['id']}", tenant.admin)).body
    now = {"targeted": 7, "rendered": 5, "p50_ms": 120, "missing": {"silent": 2}}
    api.realtime.live[created["id"]] = msgspec.convert({**stored, **now}, Emergency)
    emergency = (await api.get("/api/v1/emergencies", tenant.admin)).body["items"][0]
    assert (emergency["targeted"], emergency["rendered"], emergency["p50_ms"]) == (7, 5, 120)
    assert emergency["missing"] == {"silent": 2}


async def test_the_list_goes_on_from_cursor_to_cursor_the_newest_first(api: Api, tenant: Tenant) -> None:
    ids = [(await api.post("/api/v1/emergencies", FIRE, tenant.admin)).body["id"] for _ in range(3)]
    api.rows("UPDATE emergencies SET status = 'cleared' WHERE id = %s", ids[1])
    first = (await api.get("/api/v1/emergencies?limit=2", tenant.admin)).body
    second = (await api.get(f"/api/v1/emergencies?limit=2&cursor={first['next_cursor']}", tenant.admin)).body
    assert [emergency["id"] for emergency in first["items"] + second["items"]] == ids[::-1]
    still_open = (await api.get("/api/v1/emergencies?open=true", tenant.admin)).body
    assert [emergency["id"] for emergency in still_open["items"]] == [ids[2], ids[0]]


async def test_an_emergency_of_another_tenant_is_not_found(
    api: Api, tenant: Tenant, neighbour: Tenant
) -> None:
    created = (await api.post("/api/v1/emergencies", FIRE, neighbour.admin)).body
    path = f"/api/v1/emergencies/{created['id']}"
    assert (await api.get(path, tenant.admin)).status == 404
    assert (await api.get(f"{path}/ledger", tenant.admin)).status == 404
    assert (await api.post(f"{path}/clear", None, tenant.admin)).status == 404
    assert (await api.get("/api/v1/emergencies", tenant.admin)).body["items"] == []
    assert api.realtime.cleared == []


async def test_a_case_is_signed_off_only_after_the_all_clear_and_the_audit_says_who_may_still_show_it(
    api: Api, tenant: Tenant
) -> None:
    created = (await api.post("/api/v1/emergencies", FIRE, tenant.admin)).body
    path = f"/api/v1/emergencies/{created['id']}"
    assert (await api.post(f"{path}/sign-off", None, tenant.admin)).status == 409
    await api.post(f"{path}/clear", None, tenant.admin)
    first = await api.post(f"{path}/sign-off", None, tenant.admin)
    assert (first.status, first.body["status"]) == (200, "cleared")
    second = await api.post(f"{path}/sign-off", None, tenant.admin)
    assert (second.status, second.body["status"]) == (200, "cleared")
    assert [details for *_, details in api.audited("emergency.signed_off")] == [{"still_showing": 0}]
    assert api.realtime.signed_off == [created["id"]]


async def test_a_double_click_with_one_idempotency_key_is_one_emergency(api: Api, tenant: Tenant) -> None:
    key = {"Idempotency-Key": "click-1"}
    first = await api.post("/api/v1/emergencies", FIRE, tenant.admin, **key)
    second = await api.post("/api/v1/emergencies", FIRE, tenant.admin, **key)
    assert (first.status, second.status) == (201, 201)
    assert second.body["id"] == first.body["id"] and first.body["recorded"] == "database"
    assert len(api.realtime.activated) == len(api.audited("emergency.created")) == 1
    other = await api.post("/api/v1/emergencies", {**FIRE, "title": "Flood"}, tenant.admin, **key)
    assert other.status == 409
    await api.post(f"/api/v1/emergencies/{first.body['id']}/clear", None, tenant.admin)
    api.rows("UPDATE emergencies SET status = 'cleared'")
    again = await api.post("/api/v1/emergencies", FIRE, tenant.admin, **key)
    assert again.body["id"] == first.body["id"] and len(api.realtime.activated) == 1, "nothing comes back"
