"""People, their roles and their links in words, and who may change whom (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.clock import Clock, to_ms
from dashboard.sentences import count
from protocol.access import Me, OneTimeLink, RoleRow, UserRow
from protocol.vocabulary import PERMISSION_WORDS, Permission


def standing(person: UserRow) -> tuple[str, str]:
    """The word in the pill, and its tone; no word for who is simply there."""
    if not person.is_active:
        return "Switched off", "bad"
    if person.invited:
        return "Invited", "warn"
    return "", ""


def title(person: UserRow) -> str:
    """Their name; their address where they have said none."""
    return person.full_name or person.email


def last_seen(person: UserRow, clock: Clock, now_ms: int) -> str:
    if person.last_login_at is None:
        return "never signed in"
    return f"signed in {clock.moment(to_ms(person.last_login_at), now_ms)}"


def link_words(link: OneTimeLink, clock: Clock, now_ms: int) -> str:
    """What is to be done with a one-time link."""
    until = clock.moment(to_ms(link.expires_at), now_ms)
    if link.url is None:
        return f"The link is on its way to {link.mailed_to}. It is good until {until}, once."
    return (
        f"Give them this link on a way that you trust. It is good until {until}, once, "
        "and whoever has it can set the password. It is shown only now."
    )


def role_words(role: RoleRow) -> str:
    """`6 permissions · 2 people`."""
    return f"{count(len(role.permissions), 'permission')} · {count(role.people, 'person', 'people')}"


def givable(roles: Iterable[RoleRow], me: Me) -> list[RoleRow]:
    """Those that somebody may give: nobody gives what they do not have."""
    mine = frozenset(me.permissions)
    return [role for role in roles if mine.issuperset(role.permissions)]


def beyond(person: UserRow, roles: Iterable[RoleRow], me: Me) -> str:
    """Why this person is not theirs to change; empty when they are."""
    theirs: set[Permission] = set()
    for role in roles:
        if role.name in person.roles:
            theirs.update(role.permissions)
    more = theirs - set(me.permissions)
    if not more:
        return ""
    words = ", ".join(PERMISSION_WORDS[permission] for permission in sorted(more))
    return f"This person may {words}, and you may not: only somebody who may can change them."


def fits(person: UserRow, wanted: str) -> bool:
    """Whether what was typed into the search is in their name, address, roles or groups."""
    text = " ".join((person.full_name, person.email, *person.roles, *person.groups)).casefold()
    return all(word in text for word in wanted.casefold().split())
