"""Strips above every page about whoever looks: what they may do has changed; their password is a weak one."""

from __future__ import annotations

from nicegui import ui

from dashboard.components.icons import icon
from dashboard.components.markup import tag
from dashboard.session import Session


def rights_changed_strip() -> None:
    """Hidden until `draw_anew` finds somebody in the middle of something."""
    with tag("div", "away hidden", role="status", id="rights-changed", testid="rights-changed"):
        icon("shield")
        tag("span", "", "What you may do has changed. Finish what you are at, then")
        with tag("button", "btn btn-small", type="button", testid="draw-anew") as again:
            tag("span", "btn-text", "Show the page anew")
        again.on("click", js_handler="() => location.reload()")


def draw_anew() -> None:
    """Draw the page of now anew, or say that it would be another one."""
    ui.run_javascript("clarionDrawAnew()")


def weak_password_strip(session: Session) -> None:
    """For who signed in with a password that is easily guessed."""
    if session.me is None or not session.me.weak_password:
        return
    strip = tag("div", "attention", role="status", testid="weak-password")
    with strip, tag("p", "attention-line attention-warn"):
        icon("key")
        tag("span", "", "Your password is one that is easily guessed. ")
        tag("a", "attention-link", "Change it", href="/account")
