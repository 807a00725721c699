"""`/sign-in`: a plain HTML form, so that password keepers, the Enter key and a slow line all work.

It is posted, not sent over the page's socket: only a response can give the browser a fresh session id.
"""

from __future__ import annotations

import uuid
from typing import Any, Final
from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import app, ui

from dashboard.components.buttons import button
from dashboard.components.icons import icon
from dashboard.components.markup import tag
from dashboard.components.theme import dress
from dashboard.hub_http import HubError
from dashboard.signed_in import doorman

TENANT_COOKIE: Final = "clarion_tenant"
_default_tenant = ""

_WHY: Final = {
    "ended": "Your session has ended. Sign in again to go on.",
    "left": "You are signed out.",
}
_INCOMPLETE: Final = "Fill in all three fields."
_REFUSED: Final = "Tenant, e-mail and password do not belong together. Check all three."
_NO_ROLE: Final = "You have no role in this tenant yet, so there is nothing to show. Ask its administrator."
_NO_TENANT: Final = "That is not a tenant id. It looks like 6f1c2a34-77aa-4c0e-9d54-0b1f6f0f2b11."
_FOREIGN: Final = "The form was sent from another site. Send it again from here."
_FLASH: Final = "sign_in_problem"


def prefill_tenant(tenant_id: str | None) -> None:
    """The tenant to offer when neither the link nor the browser knows one; called once at start."""
    global _default_tenant
    _default_tenant = tenant_id or ""


@ui.page("/sign-in", title="Sign in · Clarion")
def sign_in_page(
    request: Request, tenant: str = "", email: str = "", next: str = "", why: str = ""
) -> RedirectResponse | None:
    """The form. `tenant` and `email` are filled in, `next` is where to go after."""
    if doorman().current() is not None:
        return RedirectResponse(_inside(next), 303)
    dress()
    # What went wrong is kept on this side: a link must not be able to put words on this page.
    failed: dict[str, str] = app.storage.user.pop(_FLASH, {})
    problem, email = failed.get("problem", ""), failed.get("email", email)
    known = failed.get("tenant", tenant) or request.cookies.get(TENANT_COOKIE, "") or _default_tenant
    with tag("main", "sign-in"), tag("div", "sign-in-card"):
        with tag("div", "sign-in-brand"):
            tag("span", "brand-mark", aria_hidden="true")
            tag("span", "brand-name", "Clarion")
        tag("h1", "sign-in-title", "Sign in")
        if problem:
            with tag("p", "note note-bad", role="alert", testid="sign-in-error"):
                icon("alert")
                tag("span", "", problem)
        elif why in _WHY:
            with tag("p", "note", role="status"):
                tag("span", "", _WHY[why])
        with tag("form", "form", method="post", action="/sign-in", testid="sign-in-form"):
            tag("input", type="hidden", name="next", value=next)
            _field(
                "tenant_id",
                "Tenant id",
                known,
                autocomplete="organization",
                spellcheck="false",
                autofocus=not known,
            )
            _field(
                "email",
                "E-mail",
                email,
                type_="email",
                autocomplete="username",
                inputmode="email",
                autofocus=bool(known) and not email,
            )
            _field(
                "password",
                "Password",
                "",
                type_="password",
                autocomplete="current-password",
                autofocus=bool(known and email),
            )
            button("Sign in", kind="primary big", testid="sign-in-submit").props("type=submit")
    return None


def _field(name: str, label: str, value: str, *, type_: str = "text", **attributes: Any) -> None:
    testid = {"tenant_id": "sign-in-tenant", "email": "sign-in-email", "password": "sign-in-password"}[name]
    with tag("label", "field"):
        tag("span", "field-label", label)
        tag("input", "input", type=type_, name=name, value=value, required=True, testid=testid, **attributes)


@app.post("/sign-in")
async def signed_in(request: Request) -> RedirectResponse:
    """Take the form, ask the hub, and go in or back with the reason."""
    form = await request.form()
    tenant, email, password, after = (
        str(form.get(name, "")).strip() if name != "password" else str(form.get(name, ""))
        for name in ("tenant_id", "email", "password", "next")
    )

    def back(problem: str) -> RedirectResponse:
        app.storage.user[_FLASH] = {"problem": problem, "tenant": tenant, "email": email}
        return RedirectResponse("/sign-in" + (f"?next={quote(after, safe='')}" if after else ""), 303)

    origin = request.headers.get("origin")
    if origin not in (None, "null") and urlsplit(origin or "").netloc != request.headers.get("host"):
        return back(_FOREIGN)
    if not (tenant and email and password):
        return back(_INCOMPLETE)
    try:
        token = await doorman().sign_in(tenant, email, password, _forwarded_for(request))
    except HubError as error:
        if error.status == 401:
            return back(_REFUSED)
        return back(_NO_TENANT if "tenant_id" in error.fields else error.sentence)
    if not token.roles:
        return back(_NO_ROLE)
    # A fresh id, so that an id somebody planted before the sign-in is worth nothing after it.
    request.session["id"] = str(uuid.uuid4())
    doorman().expect(request.session["id"], token)
    response = RedirectResponse(_inside(after), 303)
    response.set_cookie(TENANT_COOKIE, tenant, max_age=365 * 86_400, httponly=True, samesite="lax")
    return response


def _forwarded_for(request: Request) -> str | None:
    """Where the browser is, after what a proxy before us says of it: the hub knows whom to believe."""
    came = [*request.headers.getlist("x-forwarded-for"), request.client.host if request.client else ""]
    return ", ".join(part for part in came if part and part.isascii()) or None


def _inside(target: str) -> str:
    """`target` if it is a page of this dashboard, else the first page."""
    parts = urlsplit(target)
    local = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if local and not parts.scheme and not parts.netloc else "/"
