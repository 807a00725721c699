"""Dialogs about one person: inviting, changing, and the one-time link."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import UNSET

from dashboard.clock import Clock
from dashboard.components.form_dialog import Unfit, choice_of_many, form_dialog, text_field
from dashboard.components.markup import tag
from dashboard.components.show_once import show_once
from dashboard.people_sentences import givable, link_words
from dashboard.session import Session
from protocol.access import OneTimeLink, RoleRow, UserCreate, UserCreated, UserPatch, UserRow

_ALL_SITES = "All, if none is chosen. Otherwise they see, count and change only what is there."


async def add_person(session: Session, roles: list[RoleRow], sites: dict[str, str]) -> UserCreated | None:
    """Ask for a new person; who it is, or None when the operator let it be."""

    def draw() -> Callable[[], Awaitable[UserCreated]]:
        tag("p", "dialog-text", "They get a link with which they choose their password.")
        email = text_field("E-mail", "person-email", type_="email", autocomplete="off", autofocus=True)
        name = text_field("Name", "person-name", maxlength="200", autocomplete="off")
        chosen_roles, chosen_sites = _roles_and_sites(session, roles, sites, [], None)

        async def send() -> UserCreated:
            if not email():
                raise Unfit("Fill in the e-mail.")
            if not chosen_roles():
                raise Unfit("Choose a role: without one they could do nothing.")
            return await session.hub.people.add(
                UserCreate(email(), name(), roles=chosen_roles(), sites=chosen_sites() or None)
            )

        return send

    return await form_dialog(session, "Add a person", "Invite", draw)


async def edit_person(
    session: Session, person: UserRow, roles: list[RoleRow], sites: dict[str, str]
) -> UserRow | None:
    """Ask for what shall be otherwise; how they are now, or None when the operator let it be."""

    def draw() -> Callable[[], Awaitable[UserRow]]:
        name = text_field("Name", "person-name", person.full_name, maxlength="200", autocomplete="off")
        email = text_field("E-mail", "person-email", person.email, type_="email", autocomplete="off")
        chosen_roles, chosen_sites = _roles_and_sites(session, roles, sites, person.roles, person.sites)

        async def send() -> UserRow:
            now_sites = chosen_sites() or None
            same_sites = sorted(now_sites or []) == sorted(person.sites or [])
            patch = UserPatch(
                email=UNSET if email() == person.email else email(),
                full_name=UNSET if name() == person.full_name else name(),
                sites=UNSET if same_sites and (now_sites is None) == (person.sites is None) else now_sites,
            )
            changed = person
            if patch != UserPatch():
                changed = await session.hub.people.change(person.id, patch)
            # What is not offered here, because the operator may not give it, stays as it is.
            offered = {role.name for role in _offered(session, roles)}
            kept = [role for role in person.roles if role not in offered]
            wanted = sorted([*kept, *chosen_roles()])
            if wanted != sorted(person.roles):
                changed = await session.hub.people.give_roles(person.id, wanted)
            return changed

        return send

    return await form_dialog(session, "Edit person", "Save", draw)


async def show_link(link: OneTimeLink, clock: Clock, now_ms: int) -> None:
    """What is to be done with it; the link itself where it did not go by mail."""
    await show_once("One-time link", link_words(link, clock, now_ms), link.url, testid="one-time-link")


def _offered(session: Session, roles: list[RoleRow]) -> list[RoleRow]:
    return givable(roles, session.me) if session.me is not None else []


def _roles_and_sites(
    session: Session,
    roles: list[RoleRow],
    sites: dict[str, str],
    has_roles: list[str],
    has_sites: list[str] | None,
) -> tuple[Callable[[], list[str]], Callable[[], list[str]]]:
    names = {role.name: role.name for role in _offered(session, roles)}
    chosen_roles = choice_of_many("Roles", "person-roles", names, has_roles)
    chosen_sites = choice_of_many("Only these sites", "person-sites", sites, has_sites or [], hint=_ALL_SITES)
    return chosen_roles, chosen_sites
