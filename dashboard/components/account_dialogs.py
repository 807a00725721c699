"""Dialogs in which somebody changes what the hub keeps of themselves: name, address, password."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import UNSET

from dashboard.components.dialogs import toast
from dashboard.components.form_dialog import Unfit, form_dialog, text_field
from dashboard.components.markup import tag
from dashboard.session import Session
from protocol.access import Me, MePatch, PasswordChange


async def edit_self(session: Session, me: Me) -> Me | None:
    """Ask for another name or address; how it is now, or None when nothing was changed."""

    def draw() -> Callable[[], Awaitable[Me]]:
        name = text_field("Name", "account-name", me.full_name, maxlength="200", autocomplete="name")
        email = text_field("E-mail", "account-email", me.email, type_="email", autocomplete="email")
        password = text_field(
            "Password",
            "account-password",
            type_="password",
            hint="Only for another e-mail: links to a new password go there.",
            autocomplete="current-password",
        )

        async def send() -> Me:
            moved = email() != me.email
            if moved and not password():
                raise Unfit("Type your password: links to a new password would go to the new e-mail.")
            return await session.hub.account.change(
                MePatch(
                    full_name=UNSET if name() == me.full_name else name(),
                    email=email() if moved else UNSET,
                    password=password() if moved else UNSET,
                )
            )

        return send

    changed = await form_dialog(session, "Edit your name and e-mail", "Save", draw)
    if changed is not None:
        toast("Saved.")
    return changed


async def change_password(session: Session) -> bool:
    """Ask for the old and the new one. Whether it was changed."""

    def draw() -> Callable[[], Awaitable[bool]]:
        tag("p", "dialog-text", "You stay signed in here; everywhere else you are signed out.")
        old = text_field(
            "Password now", "password-old", type_="password", autocomplete="current-password", autofocus=True
        )
        new = text_field(
            "New password",
            "password-new",
            type_="password",
            hint="At least 12 characters. Several words are easier to keep than one with signs in it.",
            autocomplete="new-password",
        )
        again = text_field("The same again", "password-again", type_="password", autocomplete="new-password")

        async def send() -> bool:
            if not (old() and new()):
                raise Unfit("Fill in all three.")
            if new() != again():
                raise Unfit("The two are not the same. Type the new password twice.")
            await session.hub.account.change_password(PasswordChange(old(), new()))
            return True

        return send

    changed = await form_dialog(session, "Change your password", "Change it", draw)
    if changed:
        toast("Your password is changed.")
    return bool(changed)
