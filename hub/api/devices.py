"""Devices, as operators see them: find, read, change, let in, shut out."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from hub.api.queries import DevicesQuery, PageQuery
from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.devices import Filter
from hub.use_cases.wiring import UseCases
from protocol.api import Device, DevicePatch, DeviceToken, Page, Provision, Provisioned, TimelineItem


class Approval(Struct, frozen=True):
    """With `pairing_code` the device is approved only if its screen shows that one."""

    pairing_code: Annotated[str, Meta(max_length=20)] | None = None


async def list_devices(use_cases: UseCases, operator: Operator, query: DevicesQuery) -> Page[Device]:
    wanted = Filter(query.status, query.site, query.group, query.tag, query.q)
    return await use_cases.devices.find(operator, wanted, query.cursor, query.limit)


async def get_device(use_cases: UseCases, operator: Operator, device_id: str) -> Device:
    return await use_cases.devices.get(operator, device_id)


async def change_device(use_cases: UseCases, operator: Operator, device_id: str, body: DevicePatch) -> Device:
    return await use_cases.devices.change(operator, device_id, body)


async def timeline(
    use_cases: UseCases, operator: Operator, device_id: str, query: PageQuery
) -> Page[TimelineItem]:
    return await use_cases.devices.timeline(operator, device_id, query.cursor, query.limit)


async def approve(use_cases: UseCases, operator: Operator, device_id: str, body: Approval | None) -> Device:
    return await use_cases.admission.approve(operator, device_id, body.pairing_code if body else None)


async def reject(use_cases: UseCases, operator: Operator, device_id: str) -> Device:
    return await use_cases.admission.reject(operator, device_id)


async def revoke(use_cases: UseCases, operator: Operator, device_id: str) -> Device:
    return await use_cases.admission.revoke(operator, device_id)


async def rotate_token(
    use_cases: UseCases, operator: Operator, device_id: str, websocket_url: str
) -> DeviceToken:
    return await use_cases.admission.rotate_token(operator, device_id, websocket_url)


async def provision(
    use_cases: UseCases, operator: Operator, body: Provision, websocket_url: str
) -> Provisioned:
    return Provisioned(websocket_url, await use_cases.admission.provision(operator, body))


_NONE: Final = {404: "Your tenant has no such device."}
_STATE: Final = {**_NONE, 409: "The device is not in a state for this."}

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/devices",
        list_devices,
        tag="devices",
        summary="Find devices, in the order of their names",
        answers={200: (Page[Device], "One page.")},
    ),
    route(
        "POST",
        "/api/v1/devices/provision",
        provision,
        tag="devices",
        summary="Let in up to 1,000 devices at once, each with its token",
        answers={200: (Provisioned, "The tokens; they are shown this once.")},
    ),
    route(
        "GET",
        "/api/v1/devices/{device_id}",
        get_device,
        tag="devices",
        summary="One device",
        answers={200: (Device, "The device.")},
        problems=_NONE,
    ),
    route(
        "PATCH",
        "/api/v1/devices/{device_id}",
        change_device,
        tag="devices",
        summary="Change name, location, site, groups, tags or settings; what is left out stays",
        answers={200: (Device, "The device as it is now.")},
        problems=_NONE,
    ),
    route(
        "GET",
        "/api/v1/devices/{device_id}/timeline",
        timeline,
        tag="devices",
        summary="What happened to the device, the newest first",
        answers={200: (Page[TimelineItem], "One page.")},
        problems=_NONE,
    ),
    route(
        "POST",
        "/api/v1/devices/{device_id}/approve",
        approve,
        tag="devices",
        summary="Let the device in",
        answers={200: (Device, "The device as it is now.")},
        problems=_STATE,
    ),
    route(
        "POST",
        "/api/v1/devices/{device_id}/reject",
        reject,
        tag="devices",
        summary="Refuse a device that waits for approval",
        answers={200: (Device, "The device as it is now.")},
        problems=_STATE,
    ),
    route(
        "POST",
        "/api/v1/devices/{device_id}/revoke",
        revoke,
        tag="devices",
        summary="Shut the device out, and cut off the session that it has",
        answers={200: (Device, "The device as it is now.")},
        problems=_STATE,
    ),
    route(
        "POST",
        "/api/v1/devices/{device_id}/rotate-token",
        rotate_token,
        tag="devices",
        summary="Give the device a new token; the old one ends at once",
        answers={200: (DeviceToken, "The new token; it is shown this once.")},
        problems=_STATE,
    ),
)
