"""Questions about one screen, and what follows the answer: a new token, the end of its access, a reboot."""

from __future__ import annotations

from dashboard.components.buttons import button
from dashboard.components.dialogs import card_dialog, confirm, put_away, toast
from dashboard.components.markup import tag
from dashboard.hub_http import HubError
from dashboard.session import Session, explain
from protocol.api import Device, DeviceToken


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
    await _show_token(token)


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


async def _show_token(token: DeviceToken) -> None:
    dialog, card = card_dialog("New token")
    with card:
        tag(
            "p",
            "dialog-text",
            "Put this token into the player now. It is shown only once, and the old one has ended.",
        )
        tag("code", "token", token.device_token, testid="new-token", tabindex="0")
        with tag("div", "dialog-actions"):
            copied = button("Copy", kind="primary", testid="copy-token")
            copied.on(
                "click",
                js_handler="() => navigator.clipboard?.writeText("
                f"getHtmlElement({copied.id}).closest('.dialog-card').querySelector('.token').textContent)",
            )
            button("Done", lambda: dialog.submit(None))
    try:
        await dialog
    finally:
        put_away(dialog)
