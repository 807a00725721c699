"""Commands to one device, and all that the tenant has sent."""

from __future__ import annotations

from typing import Final

from hub.api.queries import CommandsQuery, DeviceCommandsQuery
from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.commands import Filter
from hub.use_cases.wiring import UseCases
from protocol.api import CommandAccepted, CommandRequest, CommandRow, Page


async def send_command(
    use_cases: UseCases,
    operator: Operator,
    device_id: str,
    body: CommandRequest,
    idempotency_key: str | None,
) -> CommandAccepted:
    return await use_cases.commands.queue(operator, device_id, body, idempotency_key)


async def list_device_commands(
    use_cases: UseCases, operator: Operator, device_id: str, query: DeviceCommandsQuery
) -> Page[CommandRow]:
    return await use_cases.commands.of_device(
        operator, device_id, only_open=query.open, cursor=query.cursor, limit=query.limit
    )


async def list_commands(use_cases: UseCases, operator: Operator, query: CommandsQuery) -> Page[CommandRow]:
    wanted = Filter(query.status, query.open, query.device_id, query.bulk_id, query.command)
    return await use_cases.commands.find(operator, wanted, query.cursor, query.limit)


async def cancel_command(use_cases: UseCases, operator: Operator, command_id: str) -> CommandRow:
    return await use_cases.commands.cancel(operator, command_id)


async def get_command(use_cases: UseCases, operator: Operator, command_id: str) -> CommandRow:
    return await use_cases.commands.get(operator, command_id)


ROUTES: Final = (
    route(
        "POST",
        "/api/v1/devices/{device_id}/command",
        send_command,
        tag="commands",
        summary="Send a command; it waits for the screen until it expires",
        answers={202: (CommandAccepted, "The command is committed and on its way.")},
        problems={
            404: "Your tenant has no such device.",
            409: "The device is not approved, or the Idempotency-Key belongs to another command.",
            429: "Too many commands wait for this device.",
        },
    ),
    route(
        "GET",
        "/api/v1/devices/{device_id}/commands",
        list_device_commands,
        tag="commands",
        summary="The device's commands, the newest first",
        answers={200: (Page[CommandRow], "One page.")},
        problems={404: "Your tenant has no such device."},
    ),
    route(
        "GET",
        "/api/v1/commands",
        list_commands,
        tag="commands",
        summary="Commands to all screens, the newest first",
        answers={200: (Page[CommandRow], "One page.")},
    ),
    route(
        "GET",
        "/api/v1/commands/{command_id}",
        get_command,
        tag="commands",
        summary="What became of a command",
        answers={200: (CommandRow, "The command.")},
        problems={404: "Your tenant has no such command."},
    ),
    route(
        "POST",
        "/api/v1/commands/{command_id}/cancel",
        cancel_command,
        tag="commands",
        summary="End a command that has not ended; said again it changes nothing",
        answers={200: (CommandRow, "The command as it is now.")},
        problems={404: "Your tenant has no such command.", 409: "The command has ended already."},
    ),
)
