"""`/forgotten`: ask for a link by mail. The answer is the same whether or not there is such a person."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import app, ui

from dashboard.browser import Browser
from dashboard.components.buttons import button
from dashboard.components.markup import tag
from dashboard.components.sign_in_card import FOREIGN, card, form_field, from_elsewhere
from dashboard.flash import said, say_next
from dashboard.hub_http import HubError
from dashboard.signed_in import doorman
from protocol.access import ForgottenPassword

_SENT: Final = (
    "If there is such a person and this hub can send mail, a link is on its way to them. "
    "It is good for an hour. If nothing comes, ask your administrator for a link."
)


@ui.page("/forgotten", title="Forgotten password · Clarion")
def forgotten_page() -> None:
    """The form, and what became of it."""
    words = said()
    with card("Forgotten password", words.get("problem", ""), words.get("sent", "")):
        if not words.get("sent"):
            with tag("form", "form", method="post", action="/forgotten"):
                form_field(
                    "email",
                    "E-mail",
                    words.get("email", ""),
                    "forgotten-email",
                    type_="email",
                    autocomplete="username",
                    inputmode="email",
                    autofocus=True,
                )
                button("Send me a link", kind="primary big", testid="forgotten-submit").props("type=submit")
        tag("a", "sign-in-link", "Back to sign in", href="/sign-in")


@app.post("/forgotten")
async def forgotten_posted(request: Request) -> RedirectResponse:
    """Ask the hub, and say the one sentence."""
    email = str((await request.form()).get("email", "")).strip()
    if from_elsewhere(request):
        say_next(problem=FOREIGN, email=email)
    elif not email:
        say_next(problem="Fill in your e-mail.")
    else:
        try:
            await doorman().hub.forgotten(ForgottenPassword(email), Browser.of(request))
        except HubError as error:
            say_next(problem=error.sentence, email=email)
        else:
            say_next(sent=_SENT)
    return RedirectResponse("/forgotten", 303)
