"""What the ids in the audit log are called now: whatever the one who looks may see."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from dashboard.audit_names import Names
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from protocol.vocabulary import Permission


async def read_names(page: LivePage) -> Names:
    """What the hub does not say stays without a name: the entries are there all the same."""
    hub, session = page.hub, page.session

    async def people() -> dict[str, str]:
        return {person.id: person.email for person in await hub.people.everybody()}

    async def sites() -> dict[str, str]:
        return {site.id: site.name for site in await hub.places.sites()}

    async def groups() -> dict[str, str]:
        return {group.id: group.name for group in await hub.places.groups()}

    async def emergencies() -> dict[str, str]:
        return {emergency.id: emergency.title for emergency in await hub.emergencies()}

    async def tenants() -> dict[str, str]:
        return {tenant.id: tenant.name for tenant in await hub.tenants.all()}

    async def those(ask: Callable[[], Awaitable[dict[str, str]]]) -> dict[str, str]:
        try:
            return await ask()
        except HubError:
            return {}

    sees = session.may(Permission.SCREENS_VIEW)
    kinds = {
        "user": (session.may_everywhere(Permission.PEOPLE_MANAGE), people),
        "site": (sees, sites),
        "group": (sees, groups),
        "emergency": (sees, emergencies),
        "tenant": (session.may_everywhere(Permission.TENANTS_MANAGE), tenants),
    }
    asked = {kind: ask for kind, (may, ask) in kinds.items() if may}
    answers = await asyncio.gather(*map(those, asked.values()))
    screens = {row.id: row.name for row in page.store.screens.values()}
    return Names({"device": screens, **dict(zip(asked, answers, strict=True))})
