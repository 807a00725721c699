"""An emergency on the page: its badges, the questions before it is ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm, toast
from dashboard.components.markup import Tag, tag
from dashboard.emergency_sentences import SEVERITY_WORDS, may_still_show
from dashboard.hub_http import HubError
from dashboard.sentences import count
from dashboard.session import Session, explain
from protocol.live import EmergencyProgress
from protocol.vocabulary import EmergencyStatus, Severity

_MOST_NAMED: Final = 8


def severity_badge(severity: Severity) -> Tag:
    return tag("span", f"badge sev-{severity}", SEVERITY_WORDS[severity])


def status_badge(status: EmergencyStatus, still_showing: int) -> Tag:
    """`still_showing`: how many screens may still show it; a case that was closed all the same says so."""
    if status is EmergencyStatus.CLEARED and still_showing:
        return tag("span", "pill pill-warn", "Signed off")
    words = {
        EmergencyStatus.LIVE: ("In force", "pill pill-bad"),
        EmergencyStatus.CLEARING: ("Clearing", "pill pill-warn"),
        EmergencyStatus.CLEARED: ("Cleared", "pill"),
    }
    text, classes = words[status]
    return tag("span", classes, text)


async def give_all_clear(session: Session, emergency: EmergencyProgress) -> None:
    """Ask, then end the emergency. Says what happened."""
    screens = count(emergency.targeted, "screen")
    sure = await confirm(
        "Give the all-clear?",
        f"“{emergency.title}” goes away on {screens}. Each is followed until none shows it any more.",
        "Give the all-clear",
        kind="primary",
    )
    if not sure:
        return
    try:
        await session.hub.clear(emergency.id)
    except HubError as error:
        explain(session, error)
    else:
        toast("All-clear sent.")


async def sign_off(session: Session, emergency: EmergencyProgress) -> None:
    """Say who may still show it, ask, then close the case all the same."""
    try:
        rows = await session.hub.still_showing(emergency.id)
    except HubError as error:
        explain(session, error)
        return
    if not rows:
        toast("No screen shows it any more: the case closes by itself.")
        return

    def names() -> None:
        with tag("ul", "dialog-list", testid="sign-off-names"):
            for row in rows[:_MOST_NAMED]:
                with tag("li", ""):
                    tag("strong", "", row.name)
                    tag("span", "dialog-text", f" {row.site}" if row.site else "")
            if len(rows) > _MOST_NAMED:
                tag("li", "dialog-text", f"and {len(rows) - _MOST_NAMED:,} more")

    sure = await confirm(
        f"Close the case although {may_still_show(len(rows))}?",
        "Close it when somebody has looked at each of them, or knows that nobody reads it there. "
        "The audit log keeps your name and how many there were.",
        "Close the case",
        details=names,
    )
    if not sure:
        return
    try:
        await session.hub.sign_off(emergency.id)
    except HubError as error:
        explain(session, error)
    else:
        toast("The case is closed.")


def all_clear_button(on_click: Callable[..., Any], *, testid: str, kind: str = "") -> Tag:
    return button("All clear", on_click, kind=kind, icon="check", testid=testid)
