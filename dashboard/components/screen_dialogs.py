"""Questions about one screen, and what follows the answer: a new token, the end of its access, a reboot."""

from __future__ import annotations

from dashboard.components.dialogs import confirm, toast
from dashboard.components.show_once import show_once
from dashboard.hub_http import HubError
from dashboard.session import Session, explain
from protocol.api import Device


async def rotate_token(session: Session, device: Device) -> None:
    """Ask, make a new token, and show it once."""
    if not await confirm(
        f"Give {device.name} a new token?",
        "The old one ends at once: the screen stays away until the new one is put into its player.",
        "Make a new token",
    ):
        return
    try:
        token = await session.hub.rotate_token(device.id)
    except HubError as error:
        explain(session, error)
        return
    await show_once(
        "New token",
        "Put this token into the player now. It is shown only once, and the old one has ended.",
        token.device_token,
        testid="new-token",
    )


async def revoke(session: Session, device: Device) -> None:
    """Ask, and shut the screen out."""
    if not await confirm(
        f"Revoke {device.name}?",
        "It is cut off at once and gets nothing more, no alert either. To come back it must enrol anew.",
        "Revoke",
    ):
        return
    try:
        await session.hub.revoke(device.id)
    except HubError as error:
        explain(session, error)
        return
    toast(f"{device.name} is revoked.")


async def wants_reboot(name: str) -> bool:
    """Ask whether it is meant."""
    return await confirm(
        f"Reboot {name}?", "It goes dark until it has started again, a minute or more.", "Reboot"
    )
