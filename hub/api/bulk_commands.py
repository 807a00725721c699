"""One command to many screens."""

from __future__ import annotations

from typing import Final

from hub.api.queries import PageQuery
from hub.api.route import Answer, route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.api import BulkCommand, BulkCommandAccepted, BulkCommandRequest, Page


async def send_bulk_command(
    use_cases: UseCases, operator: Operator, body: BulkCommandRequest, idempotency_key: str | None
) -> Answer:
    accepted = await use_cases.bulk_commands.queue(operator, body, idempotency_key)
    return Answer(accepted, 202, {"Location": f"/api/v1/bulk-commands/{accepted.bulk_id}"})


async def list_bulk_commands(use_cases: UseCases, operator: Operator, query: PageQuery) -> Page[BulkCommand]:
    return await use_cases.bulk_commands.newest(operator, query.cursor, query.limit)


async def get_bulk_command(use_cases: UseCases, operator: Operator, bulk_id: str) -> BulkCommand:
    return await use_cases.bulk_commands.get(operator, bulk_id)


async def cancel_bulk_command(use_cases: UseCases, operator: Operator, bulk_id: str) -> BulkCommand:
    return await use_cases.bulk_commands.cancel(operator, bulk_id)


_NONE: Final = {404: "Your tenant has no such bulk command."}

ROUTES: Final = (
    route(
        "POST",
        "/api/v1/commands",
        send_bulk_command,
        tag="commands",
        summary="Send a command to every approved screen in scope; it waits for each until it expires",
        answers={202: (BulkCommandAccepted, "The commands are committed and on their way.")},
        problems={409: "The Idempotency-Key belongs to another command."},
    ),
    route(
        "GET",
        "/api/v1/bulk-commands",
        list_bulk_commands,
        tag="commands",
        summary="Commands to many screens, the newest first, with how far each has come",
        answers={200: (Page[BulkCommand], "One page.")},
    ),
    route(
        "GET",
        "/api/v1/bulk-commands/{bulk_id}",
        get_bulk_command,
        tag="commands",
        summary="How far a command to many screens has come",
        answers={200: (BulkCommand, "The bulk command.")},
        problems=_NONE,
    ),
    route(
        "POST",
        "/api/v1/bulk-commands/{bulk_id}/cancel",
        cancel_bulk_command,
        tag="commands",
        summary="End those of its commands that have not ended; said again it changes nothing",
        answers={200: (BulkCommand, "The bulk command as it is now.")},
        problems=_NONE,
    ),
)
