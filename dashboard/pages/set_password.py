"""`/set-password#token`: choose a password with a one-time link, of an invitation or of a reset.

What stands behind the # is never sent by a browser, so no log has it. A script puts it into the form; when
the password is refused the token waits on this side for the next attempt.
"""

from __future__ import annotations

import time
from typing import Final

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import app, ui

from dashboard.browser import Browser
from dashboard.components.buttons import button
from dashboard.components.form_dialog import in_words
from dashboard.components.markup import tag
from dashboard.components.sign_in_card import FOREIGN, card, form_field, from_elsewhere
from dashboard.flash import said, say_next
from dashboard.hub_http import HubError
from dashboard.signed_in import doorman
from protocol.access import NewPasswordByLink

_UNEQUAL: Final = "The two are not the same. Type the new password twice."
_NO_TOKEN: Final = "This page needs the link that you were sent: open it again, whole, with all behind the #."  # noqa: S105
_RULE: Final = "At least 12 characters. Several words are easier to keep than one with signs in it."


@ui.page("/set-password", title="Choose a password · Clarion")
def set_password_page() -> None:
    """The form; the script in clarion.js fills the hidden field, and takes the token out of the address."""
    words = said()
    with (
        card("Choose a password", words.get("problem", ""), _RULE),
        tag("form", "form", method="post", action="/set-password", data_takes_fragment="token"),
    ):
        tag("input", type="hidden", name="token", testid="set-token")
        for name, label in (("password", "New password"), ("again", "The same again")):
            form_field(
                name,
                label,
                "",
                f"set-{name}",
                type_="password",
                autocomplete="new-password",
                maxlength="1000",
                autofocus=name == "password",
            )
        button("Set the password", kind="primary big", testid="set-submit").props("type=submit")


@app.post("/set-password")
async def set_password_posted(request: Request) -> RedirectResponse:
    """Ask the hub, and go on to sign in, or back with the reason."""
    form = await request.form()
    password, again = str(form.get("password", "")), str(form.get("again", ""))
    browser_id, now_s = str(request.session["id"]), time.time()
    token = str(form.get("token", "")).strip() or doorman().links.see(browser_id, now_s) or ""
    problem = ""
    if from_elsewhere(request):
        problem = FOREIGN
    elif not token:
        problem = _NO_TOKEN
    elif not password or password != again:
        problem = _UNEQUAL
    else:
        try:
            await doorman().hub.set_password(NewPasswordByLink(token, password), Browser.of(request))
        except HubError as error:
            problem = in_words(error)
        else:
            doorman().links.take(browser_id, now_s)
            return RedirectResponse("/sign-in?why=set", 303)
    if token:
        doorman().links.put(browser_id, token, now_s)
    say_next(problem=problem)
    return RedirectResponse("/set-password", 303)
