"""What the live side reads, at its start and later: tokens, screens, open commands, emergencies."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator

import pytest

from persistence.database import Database
from persistence.live_state import LiveState, TokenOwner
from tests.persistence.premises import Premises


@pytest.fixture
async def state(hub_database_url: str) -> AsyncIterator[LiveState]:
    async with Database(hub_database_url, pool_size=2) as database:
        yield LiveState(database)


def give_token(home: Premises, device_id: str, token: str) -> bytes:
    digest = hashlib.sha256(token.encode()).digest()
    home.run("UPDATE devices SET token_hash = %s WHERE id = %s", digest, device_id)
    return digest


async def test_tokens_of_all_tenants_are_looked_up_at_once_and_only_good_ones_found(
    state: LiveState, ours: Premises, theirs: Premises
) -> None:
    mine, other = give_token(ours, ours.devices[0], "a"), give_token(theirs, theirs.devices[1], "b")
    revoked = give_token(ours, ours.devices[1], "c")
    ours.run("UPDATE devices SET status = 'revoked' WHERE id = %s", ours.devices[1])
    found = await state.devices_of_tokens([mine, other, revoked, b"\0" * 32, mine])
    epochs = [found[digest].epoch for digest in (mine, other)]
    assert found == {
        mine: TokenOwner(ours.devices[0], ours.id, True, epochs[0]),
        other: TokenOwner(theirs.devices[1], theirs.id, False, epochs[1]),
    }
    assert epochs[0] != epochs[1]
    again = await state.devices_of_tokens([mine])
    assert max(epochs) < again[mine].epoch < await state.draw_epoch(), "no epoch comes twice, they only grow"
    assert await state.devices_of_tokens([]) == {}


async def test_the_devices_of_a_tenant_that_is_not_active_are_not_let_in(
    state: LiveState, ours: Premises
) -> None:
    digest = give_token(ours, ours.devices[0], "a")
    ours.run("UPDATE tenants SET status = 'SUSPENDED' WHERE id = %s", ours.id)
    assert await state.devices_of_tokens([digest]) == {}


async def test_screens_come_with_their_site_groups_and_open_commands_and_of_one_tenant_only(
    state: LiveState, ours: Premises, theirs: Premises
) -> None:
    first = ours.devices[0]
    (site_id,) = ours.rows("INSERT INTO sites (tenant_id, name) VALUES (%s, 'Main') RETURNING id", ours.id)[0]
    ours.run('UPDATE devices SET site_id = %s, tags = \'{"floor": "2"}\' WHERE id = %s', site_id, first)
    for name in ("Zoo", "Atrium"):
        ours.run(
            "WITH g AS (INSERT INTO device_groups (tenant_id, name) VALUES (%s, %s) RETURNING id) "
            "INSERT INTO device_group_members SELECT %s, id, %s FROM g",
            ours.id,
            name,
            ours.id,
            first,
        )
    screens = {screen.id: screen for screen in await state.screens(ours.id)}
    assert set(screens) == set(ours.devices)
    screen = screens[first]
    assert (screen.site, screen.tags, screen.groups) == ("Main", {"floor": "2"}, ["Atrium", "Zoo"])
    assert len(screen.group_ids) == 2 and screen.open_commands == 1
    assert screens[ours.devices[1]].groups == [] and screens[ours.devices[1]].open_commands == 0

    asked = [first, theirs.devices[0], str(uuid.uuid4())]
    assert [found.id for found in await state.screens(ours.id, asked)] == [first]
    assert await state.screens(ours.id, []) == []


async def test_open_commands_come_in_sequence_and_ended_ones_do_not(
    state: LiveState, ours: Premises, theirs: Premises
) -> None:
    device_id = ours.devices[0]
    made = [ours.command_id]
    for status in ("sent", "succeeded", "received", "expired", "queued"):
        command_id = str(uuid.uuid4())
        ours.run(
            "INSERT INTO commands (id, tenant_id, device_id, command, args, expires_at) "
            "VALUES (%s, %s, %s, 'play', '{\"item\": \"a\"}', now() + interval '1 hour')",
            command_id,
            ours.id,
            device_id,
        )
        ours.run("UPDATE commands SET status = %s WHERE id = %s", status, command_id)
        if status in ("sent", "received", "queued"):
            made.append(command_id)
    for late in (ours.devices[1], theirs.devices[0]):
        ours.run(
            "INSERT INTO commands (id, tenant_id, device_id, command, expires_at) "
            "SELECT gen_random_uuid(), tenant_id, id, 'ping', now() + interval '1 hour' FROM devices "
            "WHERE id = %s",
            late,
        )
    of_all = await state.open_commands(ours.id, [*ours.devices, *theirs.devices])
    assert {command.device_id for command in of_all} == set(ours.devices), "of one tenant only"
    found = [command for command in of_all if command.device_id == device_id]
    assert [command.id for command in found] == made
    assert [command.status for command in found] == ["queued", "sent", "received", "queued"]
    assert found[1].args == {"item": "a"}


async def test_emergencies_in_force_come_with_their_ledger_and_cleared_ones_do_not(
    state: LiveState, ours: Premises, theirs: Premises
) -> None:
    ours.run(
        "INSERT INTO emergency_ledger (tenant_id, emergency_id, device_id, state, missing, targeted_at) "
        "VALUES (%s, %s, %s, 'targeted', 'offline', now())",
        ours.id,
        ours.emergency_id,
        ours.devices[0],
    )
    (emergency,) = await state.emergencies(ours.id)
    assert (emergency.id, emergency.scope, emergency.issued_by) == (ours.emergency_id, {"kind": "all"}, "")
    (entry,) = await state.ledger(ours.id, emergency.id)
    assert (entry.device_id, entry.state, entry.missing) == (ours.devices[0], "targeted", "offline")
    assert await state.ledger(theirs.id, ours.emergency_id) == []

    ours.run(
        "UPDATE emergencies SET status = 'clearing', cleared_at = now() WHERE id = %s", ours.emergency_id
    )
    assert [found.cleared_at is not None for found in await state.emergencies(ours.id)] == [True]
    ours.run("UPDATE emergencies SET status = 'cleared' WHERE id = %s", ours.emergency_id)
    assert await state.emergencies(ours.id) == []


async def test_at_the_start_nobody_is_online_and_how_others_left_is_kept(
    state: LiveState, ours: Premises
) -> None:
    ours.run(
        "UPDATE devices SET presence = 'online', presence_reason = 'connected' WHERE id = %s", ours.devices[0]
    )
    ours.run("UPDATE devices SET presence_reason = 'too_slow' WHERE id = %s", ours.devices[1])
    await state.nobody_is_online(ours.id, 5)
    rows = dict(ours.rows("SELECT id, presence_reason FROM devices WHERE presence = 'offline'"))
    assert rows == {ours.devices[0]: "hub_restarted", ours.devices[1]: "too_slow"}


async def test_a_hub_that_starts_fences_older_sessions_and_leaves_newer_ones_alone(
    state: LiveState, ours: Premises, theirs: Premises
) -> None:
    older, newer = ours.devices
    for device_id, epoch in ((older, 4), (newer, 6)):
        ours.run(
            "UPDATE devices SET presence = 'online', presence_reason = 'connected', session_epoch = %s "
            "WHERE id = %s",
            epoch,
            device_id,
        )
    await state.nobody_is_online(ours.id, 5)
    rows = {key: rest for key, *rest in ours.rows("SELECT id, presence, session_epoch FROM devices")}
    assert (rows[older], rows[newer]) == (["offline", 5], ["online", 6])
    assert {tuple(rows[device_id]) for device_id in theirs.devices} == {("offline", 0)}


async def test_the_playlist_version_that_a_screen_must_have_is_read_with_it(
    state: LiveState, ours: Premises
) -> None:
    ours.run("UPDATE devices SET playlist_version = 3 WHERE id = %s", ours.devices[0])
    versions = {screen.id: screen.playlist_version for screen in await state.screens(ours.id)}
    assert versions == {ours.devices[0]: 3, ours.devices[1]: 0}


async def test_every_tenant_is_known(state: LiveState, ours: Premises, theirs: Premises) -> None:
    names = {tenant.name for tenant in await state.tenants()}
    assert {"ours", "theirs"} <= names
