"""The way from page to page, with a badge where something waits. What somebody may not do is not offered."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from dashboard.components.icons import icon
from dashboard.components.markup import Tag, tag
from dashboard.session import Session
from protocol.vocabulary import Permission

Section = Literal["screens", "content", "approvals", "commands", "emergency", "history", "manage", "account"]


class _Page(NamedTuple):
    """`everywhere`: it concerns the whole tenant. `looks`: who may see it too, without being offered it."""

    key: str
    text: str
    address: str
    picture: str
    needs: Permission
    everywhere: bool = False
    looks: Permission | None = None


_PAGES: Final = (
    _Page("screens", "Screens", "/", "screen", Permission.SCREENS_VIEW),
    _Page("approvals", "Approvals", "/approvals", "approve", Permission.SCREENS_ENROL),
    _Page("commands", "Commands", "/commands", "send", Permission.SCREENS_VIEW),
    _Page("emergency", "Emergency", "/emergency", "alert", Permission.EMERGENCIES_TRIGGER),
    _Page("history", "History", "/emergencies", "history", Permission.SCREENS_VIEW),
)
_MANAGED: Final = tuple(
    _Page(key, text, address, "manage", needs, everywhere=everywhere)
    for key, text, address, needs, everywhere in (
        ("people", "People", "/people", Permission.PEOPLE_MANAGE, True),
        ("roles", "Roles", "/people/roles", Permission.PEOPLE_MANAGE, True),
        ("groups", "User groups", "/people/groups", Permission.PEOPLE_MANAGE, True),
        ("features", "Features", "/people/features", Permission.FEATURES_MANAGE, True),
        ("keys", "API keys", "/keys", Permission.KEYS_MANAGE, False),
        ("enrolment", "Enrolment keys", "/keys/enrolment", Permission.SCREENS_ENROL, True),
        ("audit", "Audit log", "/audit", Permission.AUDIT_READ, True),
        ("tenants", "Tenants", "/tenants", Permission.TENANTS_MANAGE, True),
    )
) + tuple(
    _Page(key, text, address, "manage", Permission.PLACES_EDIT, looks=Permission.SCREENS_VIEW)
    for key, text, address in (
        ("places", "Sites", "/places"),
        ("screen-groups", "Screen groups", "/places/groups"),
    )
)
"""What is behind "Manage", in this order: the first that one may see is where it leads."""
_PROOF: Final = "/reports/proof-of-play"
_CONTENT: Final = tuple(
    _Page(key, text, address, "content", needs, looks=looks)
    for key, text, address, needs, looks in (
        ("contents", "Contents", "/contents", Permission.CONTENT_VIEW, None),
        ("media-approvals", "Approve media", "/media-approvals", Permission.CONTENT_APPROVE, None),
        ("playlists", "Playlists", "/playlists", Permission.CONTENT_VIEW, None),
        ("schedule", "Schedule", "/schedule", Permission.CONTENT_VIEW, None),
        ("proof-of-play", "Proof of play", _PROOF, Permission.CONTENT_VIEW, Permission.SCREENS_VIEW),
    )
)
"""What is behind "Content", the same way."""


def navigation(here: Section, session: Session) -> dict[str, Tag]:
    """Links to every page that is of use; `here` is where one is. Returns the badges, empty."""
    badges: dict[str, Tag] = {}
    pages = [page for page in _PAGES if _offered(page, session)]
    for key, text, behind in (("content", "Content", _CONTENT), ("manage", "Manage", _MANAGED)):
        offered = [page for page in behind if _offered(page, session)]
        pages += [page._replace(key=key, text=text) for page in offered[:1]]
    with tag("nav", "nav", aria_label="Pages"):
        for page in pages:
            classes = f"nav-link nav-{page.key}" + (" nav-here" if page.key == here else "")
            current = "page" if page.key == here else None
            with tag("a", classes, href=page.address, aria_current=current, testid=f"nav-{page.key}"):
                icon(page.picture)
                tag("span", "nav-text", page.text)
                badges[page.key] = tag("span", "nav-badge")
    return badges


def managed_pages(here: str, session: Session) -> None:
    """The pages behind "Manage", above each of them."""
    _tabs("Manage", _MANAGED, here, session)


def content_pages(here: str, session: Session) -> None:
    """The pages behind "Content", above each of them."""
    _tabs("Content", _CONTENT, here, session)


def _tabs(label: str, pages: tuple[_Page, ...], here: str, session: Session) -> None:
    with tag("nav", "tabs", aria_label=label):
        for page in pages:
            if not _offered(page, session) and (page.looks is None or not session.may(page.looks)):
                continue
            current = "page" if page.key == here else None
            classes = "tab tab-here" if page.key == here else "tab"
            tag("a", classes, page.text, href=page.address, aria_current=current, testid=f"tab-{page.key}")


def account_link(session: Session, here: Section) -> None:
    """Who is signed in, and where; it leads to their account."""
    pair, me = session.tokens.pair, session.me
    email, tenant = (me.email, me.tenant_name) if me is not None else (pair.email, pair.tenant_name)
    current = "page" if here == "account" else None
    with tag("a", "who", href="/account", title="Your account", aria_current=current, testid="nav-account"):
        with tag("span", "who-words"):
            tag("span", "who-tenant", tenant)
            tag("span", "who-email", email)
        icon("person", "who-icon")


def first_page(session: Session) -> str:
    """Where somebody begins: the screens, or the first page that they may see."""
    if session.me is None:
        return "/"
    offered = [page for page in (*_PAGES, *_CONTENT, *_MANAGED) if _offered(page, session)]
    return offered[0].address if offered else "/account"


def _offered(page: _Page, session: Session) -> bool:
    if session.me is None:  # the hub has not answered: the pages that everybody has
        return page.needs is Permission.SCREENS_VIEW
    return session.may_everywhere(page.needs) if page.everywhere else session.may(page.needs)
