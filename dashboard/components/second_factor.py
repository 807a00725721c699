"""Dialogs of the second factor: setting it up with a QR code, ending it, codes for when it is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import segno

from dashboard.components.buttons import button
from dashboard.components.dialogs import card_dialog, put_away, toast
from dashboard.components.form_dialog import Unfit, form_dialog, text_field
from dashboard.components.markup import tag
from dashboard.components.show_once import copy_button
from dashboard.session import Session
from protocol.access import RecoveryCodes, SecondFactorOffer

Answer = TypeVar("Answer")


async def set_up(session: Session) -> bool:
    """Password, QR code, first code, recovery codes. Whether it is in force now."""
    account = session.hub.account
    offer = await _with_password(session, "Set up a second factor", "Go on", account.offer_second_factor)
    if offer is None:
        return False
    codes = await form_dialog(session, "Scan, then type the code", "Switch on", lambda: _scan(session, offer))
    if codes is None:
        return False
    await show_recovery_codes(codes)
    return True


async def end(session: Session) -> bool:
    """Whether it has ended."""

    async def drop(password: str) -> bool:
        await session.hub.account.drop_second_factor(password)
        return True

    done = await _with_password(session, "Switch off the second factor", "Switch off", drop, kind="danger")
    if done:
        toast("The second factor is off.")
    return bool(done)


async def renew_codes(session: Session) -> None:
    """New recovery codes; the older ones open nothing any more."""
    codes = await _with_password(
        session, "New recovery codes", "Make new codes", session.hub.account.new_recovery_codes
    )
    if codes is not None:
        await show_recovery_codes(codes)


async def show_recovery_codes(codes: RecoveryCodes) -> None:
    """Once: the hub keeps only what they can be compared with."""
    dialog, card = card_dialog("Your recovery codes")
    with card:
        tag(
            "p",
            "dialog-text",
            "Each of them opens once, when you do not have your app. Keep them where you keep papers. "
            "They are shown only now.",
        )
        tag("code", "token recovery-codes", "\n".join(codes.codes), testid="recovery-codes", tabindex="0")
        with tag("div", "dialog-actions"):
            copy_button(testid="copy-recovery-codes")
            button("I have kept them", lambda: dialog.submit(None), kind="primary", testid="codes-kept")
    try:
        await dialog
    finally:
        put_away(dialog)


async def _with_password(
    session: Session, title: str, action: str, then: Callable[[str], Awaitable[Answer]], kind: str = "primary"
) -> Answer | None:
    """Ask for the password, which even somebody who is signed in must know for this."""

    def draw() -> Callable[[], Awaitable[Answer]]:
        tag("p", "dialog-text", "Type your password: an unlocked screen must not be enough for this.")
        password = text_field(
            "Password", "proof-password", type_="password", autocomplete="current-password", autofocus=True
        )

        async def send() -> Answer:
            if not password():
                raise Unfit("Type your password.")
            return await then(password())

        return send

    return await form_dialog(session, title, action, draw, kind=kind)


def _scan(session: Session, offer: SecondFactorOffer) -> Callable[[], Awaitable[RecoveryCodes]]:
    drawing = segno.make(offer.uri, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff")
    tag("p", "dialog-text", "Scan this with the app that shall show your codes, or type the key into it.")
    tag("img", "qr-code", src=drawing, alt="QR code for your app", testid="second-factor-qr")
    tag("code", "token", offer.secret, testid="second-factor-secret", tabindex="0")
    code = text_field(
        "Code that the app shows now",
        "second-factor-code",
        inputmode="numeric",
        autocomplete="one-time-code",
        autofocus=True,
    )

    async def send() -> RecoveryCodes:
        if not code():
            raise Unfit("Type the code that the app shows.")
        return await session.hub.account.confirm_second_factor(code())

    return send
