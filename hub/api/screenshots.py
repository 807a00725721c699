"""What screens look like: a screen sends a picture, operators look at it."""

from __future__ import annotations

from typing import Final

from hub.api.body_stream import BodyStream
from hub.api.queries import ScreenshotQuery
from hub.api.route import Whole, route
from hub.operator import Operator
from hub.use_cases.manifests import DeviceCaller
from hub.use_cases.wiring import UseCases
from protocol.api import Page
from protocol.player import Screenshot

_FOR_AN_HOUR: Final = {"Cache-Control": "private, max-age=3600"}


async def send_screenshot(
    use_cases: UseCases, device: DeviceCaller, query: ScreenshotQuery, stream: BodyStream
) -> Screenshot:
    command_id = query.command_id.lower()
    return await use_cases.screenshots.keep(device, command_id, query.note, query.taken_ms, stream)


async def list_screenshots(use_cases: UseCases, operator: Operator, device_id: str) -> Page[Screenshot]:
    return await use_cases.screenshots.of_device(operator, device_id)


async def screenshot_picture(use_cases: UseCases, operator: Operator, screenshot_id: str) -> Whole:
    picture = await use_cases.screenshots.picture(operator, screenshot_id)
    return Whole(picture.content, picture.mime_type, _FOR_AN_HOUR)


ROUTES: Final = (
    route(
        "POST",
        "/api/v1/devices/me/screenshots",
        send_screenshot,
        tag="screenshots",
        summary="The picture that this screen was ordered to send (JPEG, PNG or WebP); the body is its bytes",
        answers={201: (Screenshot, "It is kept. Sent twice for one order, it is the first one.")},
        problems={
            409: "The order has ended.",
            413: "The picture is larger than 2 MiB.",
            422: "There is no such order to this screen, or the picture cannot be read.",
            423: "The same screen sends one at this moment.",
            507: "The disk is full.",
        },
    ),
    route(
        "GET",
        "/api/v1/devices/{device_id}/screenshots",
        list_screenshots,
        tag="screenshots",
        summary="What a screen looked like: the newest pictures, the newest first",
        answers={200: (Page[Screenshot], "At most twenty, on one page.")},
        problems={404: "Your tenant has no such device."},
    ),
    route(
        "GET",
        "/api/v1/screenshots/{screenshot_id}/picture",
        screenshot_picture,
        tag="screenshots",
        summary="One picture itself",
        answers={200: (bytes, "The picture.")},
        problems={404: "There is no such picture, or it gave way to newer ones."},
        media_types=("image/jpeg", "image/png", "image/webp"),
    ),
)
