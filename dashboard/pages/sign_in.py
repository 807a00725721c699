"""`/sign-in`: e-mail and password, then a code where somebody has a second factor.

The forms are posted, not sent over the page's socket: only a response can give the browser a fresh id.
"""

from __future__ import annotations

import time
import uuid
from typing import Final
from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse
from msgspec.structs import replace
from nicegui import app, ui

from dashboard.browser import Browser
from dashboard.components.buttons import button
from dashboard.components.markup import tag
from dashboard.components.sign_in_card import FOREIGN, card, form_field, from_elsewhere
from dashboard.flash import said, say_next
from dashboard.hub_http import HubError
from dashboard.signed_in import doorman
from protocol.access import UserLogin

TENANT_COOKIE: Final = "clarion_tenant"
_default_tenant = ""

_WHY: Final = {
    "ended": "Your session has ended. Sign in again to go on.",
    "left": "You are signed out.",
    "set": "Your new password is set. Sign in with it.",
}
_INCOMPLETE: Final = "Fill in your e-mail and your password."
_REFUSED: Final = "E-mail and password do not belong together, or have no access. Check both."
_REFUSED_THERE: Final = "Tenant, e-mail and password do not belong together. Check all three."
_NO_CODE: Final = "Type the code."
_WRONG_CODE: Final = "That code is not good, or not any more. Type the one that is shown now."
_NO_ROLE: Final = "You have no role in this tenant yet, so there is nothing to show. Ask its administrator."
_NO_TENANT: Final = "That is not a tenant id. It looks like 6f1c2a34-77aa-4c0e-9d54-0b1f6f0f2b11."
_TOO_LATE: Final = "That took too long. Begin again."


def prefill_tenant(tenant_id: str | None) -> None:
    """The tenant to offer when neither the link nor the browser knows one; called once at start."""
    global _default_tenant
    _default_tenant = tenant_id or ""


@ui.page("/sign-in", title="Sign in · Clarion")
def sign_in_page(
    request: Request, tenant: str = "", email: str = "", next: str = "", why: str = "", again: str = ""
) -> RedirectResponse | None:
    """The form. `tenant` and `email` are filled in, `next` is where to go after, `again` begins anew."""
    if doorman().current() is not None:
        return RedirectResponse(_inside(next), 303)
    browser_id, now_s = str(app.storage.browser["id"]), time.time()
    if again:
        doorman().half_way.take(browser_id, now_s)
    words = said()
    if doorman().half_way.see(browser_id, now_s) is not None:
        _code_card(words.get("problem", ""), next)
        return None
    # Offered in this order: what was typed, the link's, what this browser used before, what is set here.
    known = words.get("tenant", tenant) or request.cookies.get(TENANT_COOKIE, "") or _default_tenant
    _credentials_card(words, known, words.get("email", email), next, _WHY.get(why, ""))
    return None


def _credentials_card(words: dict[str, str], tenant: str, email: str, after: str, note: str) -> None:
    with (
        card("Sign in", words.get("problem", ""), words.get("ended") or note),
        tag("form", "form", method="post", action="/sign-in", testid="sign-in-form"),
    ):
        tag("input", type="hidden", name="next", value=after)
        form_field(
            "email",
            "E-mail",
            email,
            "sign-in-email",
            type_="email",
            autocomplete="username",
            inputmode="email",
            autofocus=not email,
        )
        form_field(
            "password",
            "Password",
            "",
            "sign-in-password",
            type_="password",
            autocomplete="current-password",
            autofocus=bool(email),
        )
        with tag("details", "sign-in-more", open=bool(tenant)):
            tag("summary", "", "My address is in several tenants", testid="sign-in-which-tenant")
            form_field(
                "tenant_id",
                "Tenant id",
                tenant,
                "sign-in-tenant",
                required=False,
                autocomplete="organization",
                spellcheck="false",
            )
        button("Sign in", kind="primary big", testid="sign-in-submit").props("type=submit")
        tag("a", "sign-in-link", "Forgotten your password?", href="/forgotten", testid="sign-in-forgotten")


def _code_card(problem: str, after: str) -> None:
    with (
        card("Second factor", problem, "Your password is right. Now the code of your second factor."),
        tag("form", "form", method="post", action="/sign-in/code", testid="code-form"),
    ):
        tag("input", type="hidden", name="next", value=after)
        form_field(
            "code",
            "Code from your app, or a recovery code",
            "",
            "sign-in-code",
            autocomplete="one-time-code",
            spellcheck="false",
            autocapitalize="off",
            maxlength="40",
            autofocus=True,
        )
        button("Sign in", kind="primary big", testid="sign-in-submit").props("type=submit")
        tag("a", "sign-in-link", "Begin again", href="/sign-in?again=1", testid="sign-in-again")


@app.post("/sign-in")
async def credentials_posted(request: Request) -> RedirectResponse:
    """Take e-mail and password, ask the hub, and go in, on to the code, or back with the reason."""
    form = await request.form()
    tenant, email, after = (str(form.get(name, "")).strip() for name in ("tenant_id", "email", "next"))
    password = str(form.get("password", ""))

    def back(problem: str) -> RedirectResponse:
        say_next(problem=problem, tenant=tenant, email=email)
        return _to_sign_in(after)

    if from_elsewhere(request):
        return back(FOREIGN)
    if not (email and password):
        return back(_INCOMPLETE)
    login = UserLogin(email, password, tenant or None)
    try:
        return await _go_in(request, login, after)
    except HubError as error:
        if "one_time_code" in error.fields:
            doorman().half_way.put(str(request.session["id"]), login, time.time())
            return _to_sign_in(after)
        if error.signed_out:
            return back(_REFUSED_THERE if tenant else _REFUSED)
        return back(_NO_TENANT if "tenant_id" in error.fields else error.sentence)


@app.post("/sign-in/code")
async def code_posted(request: Request) -> RedirectResponse:
    """Take the code of the second factor, and go in or back with the reason."""
    form = await request.form()
    code, after = (str(form.get(name, "")).strip() for name in ("code", "next"))
    login = doorman().half_way.see(str(request.session["id"]), time.time())
    problem = FOREIGN if from_elsewhere(request) else "" if code else _NO_CODE
    if login is None:
        problem = _TOO_LATE
    if login is not None and not problem:
        try:
            return await _go_in(request, replace(login, one_time_code=code), after)
        except HubError as error:
            problem = _WRONG_CODE if error.status in (401, 422) else error.sentence
    say_next(problem=problem)
    return _to_sign_in(after)


async def _go_in(request: Request, login: UserLogin, after: str) -> RedirectResponse:
    """Exchange what was typed for tokens, and send the browser on. Raises HubError."""
    pair = await doorman().hub.login(login, Browser.of(request))
    doorman().half_way.take(str(request.session["id"]), time.time())
    if not pair.roles:
        await doorman().hub.logout(pair.refresh_token, Browser.of(request))
        say_next(problem=_NO_ROLE, email=login.email, tenant=login.tenant_id or "")
        return _to_sign_in(after)
    # A fresh id, so that an id somebody planted before the sign-in is worth nothing after it.
    request.session["id"] = str(uuid.uuid4())
    doorman().expect(request.session["id"], pair)
    response = RedirectResponse(_inside(after), 303)
    if login.tenant_id:
        response.set_cookie(
            TENANT_COOKIE, login.tenant_id, max_age=365 * 86_400, httponly=True, samesite="lax"
        )
    else:
        response.delete_cookie(TENANT_COOKIE)
    return response


def _to_sign_in(after: str) -> RedirectResponse:
    return RedirectResponse("/sign-in" + (f"?next={quote(after, safe='')}" if after else ""), 303)


def _inside(target: str) -> str:
    """`target` if it is a page of this dashboard, else the first page."""
    parts = urlsplit(target)
    local = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if local and not parts.scheme and not parts.netloc else "/"
