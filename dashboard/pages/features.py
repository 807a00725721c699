"""`/people/features`: which features are offered to everybody, and which only to some groups."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm
from dashboard.components.form_dialog import Unfit, form_dialog, text_field
from dashboard.components.manage import attempt, managed
from dashboard.components.markup import tag
from dashboard.components.rows_page import RowsPage
from dashboard.frame import LivePage, open_session
from protocol.access import Feature, FeatureRequest
from protocol.vocabulary import Permission


@ui.page("/people/features")
async def features_page() -> RedirectResponse | None:
    """Every feature that the tenant has decided about."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with managed(session, "Features", "features", Permission.FEATURES_MANAGE) as page:
        features = _Features(page) if page is not None else None
    if features is not None:
        await features.load()
    return None


class _Features:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._groups: dict[str, str] = {}
        self._rows = RowsPage[Feature](
            page,
            "Features",
            "What is not listed here is on for everybody.",
            ("Decide about a feature", self._add),
            self._read,
            self._row,
            "Nothing is decided yet: every feature is on for everybody.",
        )
        self.load = self._rows.load

    async def _read(self) -> list[Feature]:
        people = self._page.hub.people
        if not self._page.session.may_everywhere(Permission.PEOPLE_MANAGE):
            return await people.features()
        features, groups = await asyncio.gather(people.features(), people.groups())
        self._groups = {group.id: group.name for group in groups}
        return features

    def _row(self, feature: Feature) -> None:
        names = sorted(self._groups.get(group_id, "a group") for group_id in feature.group_ids)
        with tag("li", "row", testid="feature"):
            with tag("div", "row-words"):
                with tag("strong", "row-title"):
                    tag("code", "", feature.key)
                    if feature.for_everybody:
                        tag("span", "pill pill-ok", "For everybody")
                    elif not names:
                        tag("span", "pill pill-warn", "For nobody")
                note = feature.description or feature.known or "Only your own programs ask for it."
                tag("span", "row-note", note)
            with tag("div", "row-side"):
                for name in () if feature.for_everybody else names:
                    tag("span", "chip", name)
            with tag("div", "row-actions"):
                button("Edit", lambda: self._edit(feature), kind="small", testid="feature-edit")
                button(
                    "Delete",
                    lambda: self._delete(feature),
                    kind="small danger-quiet",
                    testid="feature-delete",
                )

    async def _add(self) -> None:
        people = self._page.hub.people
        form = lambda: self._form(None, people.add_feature)  # noqa: E731
        if await form_dialog(self._page.session, "Decide about a feature", "Decide", form):
            await self.load()

    async def _edit(self, feature: Feature) -> None:
        async def change(request: FeatureRequest) -> Feature:
            return await self._page.hub.people.change_feature(feature.id, request)

        if await form_dialog(self._page.session, "Edit feature", "Save", lambda: self._form(feature, change)):
            await self.load()

    async def _delete(self, feature: Feature) -> None:
        if await confirm(
            f"Forget the decision about {feature.key}?", "Then it is on for everybody again.", "Forget it"
        ):
            await attempt(
                self._page.session, lambda: self._page.hub.people.remove_feature(feature.id), "Forgotten."
            )
            await self.load()

    def _form(
        self, feature: Feature | None, send_it: Callable[[FeatureRequest], Awaitable[Feature]]
    ) -> Callable[[], Awaitable[Feature]]:
        key = text_field(
            "Key",
            "feature-key",
            feature.key if feature else "",
            hint="Clarion's own: commands.bulk, audit.export, places.map. Others are for your programs.",
            maxlength="60",
            spellcheck="false",
        )
        description = text_field(
            "Description", "feature-description", feature.description if feature else "", maxlength="500"
        )
        everybody = ui.checkbox("On for everybody", value=feature.for_everybody if feature else False).props(
            "dense data-testid=feature-everybody"
        )
        tag("p", "field-hint", "Otherwise only for the groups that have it: choose them under User groups.")

        async def send() -> Feature:
            if not key():
                raise Unfit("A feature needs a key.")
            return await send_it(FeatureRequest(key(), description(), bool(everybody.value)))

        return send
