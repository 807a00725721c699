"""Operators let devices in and shut them out: approve, reject, revoke, new token, and many at once.

Rule 1: what ends a token also ends the session that came with it, at once.
Rule 2: a device that is shut out has no open commands: they end in the same transaction. With a new token it
        keeps them.
Rule 3: said twice, it is done once: approving what is approved, or revoking what is revoked, changes nothing.
Rule 4: a screen that has no site yet is let in by somebody who is not limited to sites, as are many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from hub.operator import Operator
from hub.permissions import require, require_everywhere
from hub.use_cases.audit import record
from hub.use_cases.command_lane import CommandLane
from hub.use_cases.command_ports import Ended
from hub.use_cases.commands import IF_SENT, tell_ended
from hub.use_cases.device_secrets import as_typed, hash_token, new_token
from hub.use_cases.errors import NO_SUCH_DEVICE, InConflict, Invalid, NotFound
from hub.use_cases.ports import Database, Pairing, Transaction
from hub.use_cases.realtime import Realtime
from hub.use_cases.texts import one_line, optional_line
from persistence.errors import DatabaseUnavailable
from protocol.api import Device, DeviceToken, Provision, ProvisionedDevice, ProvisionItem
from protocol.close_codes import CloseCode
from protocol.vocabulary import CommandStatus, DeviceStatus, Permission

# A screen that was switched off in between finds its approval when it is back.
_CLAIM_TTL: Final = timedelta(hours=24)


class Admission:
    """Each method is one operator action, audited."""

    def __init__(
        self, database: Database, realtime: Realtime, lane: CommandLane, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._realtime = realtime
        self._lane = lane
        self._now = now

    async def approve(self, operator: Operator, device_id: str, pairing_code: str | None) -> Device:
        """Lets the device in. With a pairing code: only if its screen shows that one.

        Raises NotAllowed, NotFound, Invalid (other code), InConflict (nothing to approve).
        """
        require(operator, Permission.SCREENS_ENROL)
        now = self._now()

        def admit(tx: Transaction) -> tuple[Device, bool]:
            pairing = _pairing(tx, operator, device_id)
            if not _waits(pairing, now):
                if pairing.status is DeviceStatus.APPROVED:
                    return _device(tx, device_id), False
                raise InConflict(
                    "This screen does not wait for approval now. Approve it when it has registered again "
                    "and shows a new pairing code."
                )
            if pairing_code is not None and as_typed(pairing_code) != pairing.code:
                raise Invalid({"pairing_code": "is not the code that this screen shows"})
            tx.enrolment.approve(device_id, operator.user_id, now + _CLAIM_TTL, now)
            tx.devices.happened([device_id], "approved", f"let in by {operator.email}", now)
            record(tx, operator, now, "device.approved", "device", device_id, name=pairing.name)
            return _device(tx, device_id), pairing.has_token

        device, had_token = await self._database.transact(operator.tenant_id, admit)
        await self._changed(operator, device_id, cut=had_token)
        return device

    async def reject(self, operator: Operator, device_id: str) -> Device:
        """Refuses the device that waits. An approved one that pairs again keeps the access it has.

        Raises NotAllowed, NotFound, InConflict.
        """
        require(operator, Permission.SCREENS_ENROL)
        now = self._now()

        def refuse(tx: Transaction) -> tuple[Device, Sequence[Ended]]:
            tx.command_queue.lock_out()
            pairing = _pairing(tx, operator, device_id)
            if pairing.status is DeviceStatus.REJECTED:
                return _device(tx, device_id), ()
            if pairing.status is not DeviceStatus.PENDING and not _waits(pairing, now):
                raise InConflict(
                    "This screen does not wait for approval. To shut out an approved one, revoke it."
                )
            approved = pairing.status is DeviceStatus.APPROVED
            after = DeviceStatus.APPROVED if approved else DeviceStatus.REJECTED
            tx.enrolment.refuse(device_id, after, now)
            tx.devices.happened([device_id], "rejected", f"refused by {operator.email}", now)
            record(tx, operator, now, "device.rejected", "device", device_id, name=pairing.name)
            return _device(tx, device_id), () if approved else _end_commands(tx, device_id, now)

        device = await self._shut_out(operator, device_id, now, refuse)
        await self._changed(operator, device_id, cut=False)
        return device

    async def revoke(self, operator: Operator, device_id: str) -> Device:
        """Shuts the device out; a session that it has is cut off. Raises NotAllowed, NotFound, InConflict."""
        require(operator, Permission.SCREENS_ENROL)
        now = self._now()

        def shut_out(tx: Transaction) -> tuple[Device, Sequence[Ended]]:
            tx.command_queue.lock_out()
            pairing = _pairing(tx, operator, device_id)
            if pairing.status is DeviceStatus.REVOKED:
                return _device(tx, device_id), ()
            if pairing.status is not DeviceStatus.APPROVED:
                raise InConflict("This screen was never let in. To refuse it, reject it.")
            tx.enrolment.revoke(device_id, now)
            tx.devices.happened([device_id], "revoked", f"access revoked by {operator.email}", now)
            record(tx, operator, now, "device.revoked", "device", device_id, name=pairing.name)
            return _device(tx, device_id), _end_commands(tx, device_id, now)

        device = await self._shut_out(operator, device_id, now, shut_out)
        await self._changed(operator, device_id, cut=True)
        return device

    async def rotate_token(self, operator: Operator, device_id: str, websocket_url: str) -> DeviceToken:
        """A new token; the old one ends at once. Raises NotAllowed, NotFound, InConflict."""
        require(operator, Permission.SCREENS_ENROL)
        now = self._now()
        token = new_token()

        def rotate(tx: Transaction) -> None:
            pairing = _pairing(tx, operator, device_id)
            if pairing.status is not DeviceStatus.APPROVED:
                raise InConflict("Only an approved screen has a token. Approve it first.")
            tx.enrolment.issue_token(device_id, hash_token(token), now)
            tx.devices.happened([device_id], "token_rotated", f"given a new token by {operator.email}", now)
            record(tx, operator, now, "device.token_rotated", "device", device_id, name=pairing.name)

        await self._database.transact(operator.tenant_id, rotate)
        await self._changed(operator, device_id, cut=True)
        return DeviceToken(device_id=device_id, device_token=token, websocket_url=websocket_url)

    async def provision(self, operator: Operator, request: Provision) -> list[ProvisionedDevice]:
        """Approved devices with tokens, in the order asked for. Raises NotAllowed, Invalid."""
        require_everywhere(operator, Permission.SCREENS_ENROL)
        now = self._now()
        items = _checked(request)
        tokens = [new_token() for _ in items]

        def let_in(tx: Transaction) -> tuple[dict[str, str], set[str]]:
            tx.enrolment.lock()
            pairs = [(item, hash_token(token)) for item, token in zip(items, tokens, strict=True)]
            ids, known = tx.enrolment.provision(pairs, operator.user_id, now)
            tx.devices.happened(list(ids.values()), "provisioned", f"provisioned by {operator.email}", now)
            record(
                tx, operator, now, "device.provisioned", "device", None, devices=ids, renewed=sorted(known)
            )
            return ids, known

        ids, known = await self._database.transact(operator.tenant_id, let_in)
        for device_id in known:
            self._realtime.cut(device_id, CloseCode.TOKEN_REVOKED)
        await self._realtime.refresh_devices(operator.tenant_id, list(ids.values()))
        return [
            ProvisionedDevice(item.hardware_id, ids[item.hardware_id], token)
            for item, token in zip(items, tokens, strict=True)
        ]

    async def _shut_out(
        self,
        operator: Operator,
        device_id: str,
        now: datetime,
        work: Callable[[Transaction], tuple[Device, Sequence[Ended]]],
    ) -> Device:
        """In the lane of the commands, so that none is queued behind the end of the others."""

        async def tell(done: tuple[Device, Sequence[Ended]]) -> None:
            await tell_ended(self._realtime, operator.tenant_id, done[1], CommandStatus.CANCELLED)

        try:
            device, _ = await self._lane.alone(operator.tenant_id, now, work, tell)
        except DatabaseUnavailable:
            # Nobody knows whether it is shut out: the live side finds out as soon as PostgreSQL answers.
            await self._realtime.refresh_devices(operator.tenant_id, [device_id])
            raise
        return device

    async def _changed(self, operator: Operator, device_id: str, *, cut: bool) -> None:
        if cut:
            self._realtime.cut(device_id, CloseCode.TOKEN_REVOKED)
        await self._realtime.refresh_devices(operator.tenant_id, [device_id])


def _pairing(tx: Transaction, operator: Operator, device_id: str) -> Pairing:
    pairing = tx.enrolment.by_id(device_id)
    if pairing is None or (operator.sites is not None and pairing.site_id not in operator.sites):
        raise NotFound(NO_SUCH_DEVICE)
    return pairing


def _end_commands(tx: Transaction, device_id: str, now: datetime) -> Sequence[Ended]:
    return tx.commands.cancel_of_device(device_id, "the screen's access was revoked", IF_SENT, now)


def _device(tx: Transaction, device_id: str) -> Device:
    device = tx.devices.get(device_id)
    if device is None:
        raise NotFound(NO_SUCH_DEVICE)
    return device


def _waits(pairing: Pairing, now: datetime) -> bool:
    return pairing.state == "waiting" and pairing.expires_at is not None and pairing.expires_at > now


def _checked(request: Provision) -> list[ProvisionItem]:
    """The items with their texts trimmed. Raises Invalid, naming the first bad one."""
    seen: set[str] = set()
    items: list[ProvisionItem] = []
    for number, item in enumerate(request.devices):
        at = f"devices[{number}]"
        hardware_id = one_line(f"{at}.hardware_id", item.hardware_id)
        if hardware_id in seen:
            raise Invalid({f"{at}.hardware_id": "is in this request twice"})
        seen.add(hardware_id)
        items.append(
            msgspec.structs.replace(
                item,
                hardware_id=hardware_id,
                name=optional_line(f"{at}.name", item.name),
                platform=optional_line(f"{at}.platform", item.platform),
                model=optional_line(f"{at}.model", item.model),
                location=optional_line(f"{at}.location", item.location),
                site=optional_line(f"{at}.site", item.site),
                group=optional_line(f"{at}.group", item.group),
            )
        )
    return items
