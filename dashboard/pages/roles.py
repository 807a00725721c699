"""`/people/roles`: what each role allows; a tenant's own roles are made and changed here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm
from dashboard.components.form_dialog import Unfit, form_dialog, text_field, tick_list
from dashboard.components.manage import attempt, managed
from dashboard.components.markup import tag
from dashboard.components.permission_list import permission_list, to_give
from dashboard.components.rows_page import RowsPage
from dashboard.frame import LivePage, open_session
from dashboard.people_sentences import role_words
from protocol.access import RoleRequest, RoleRow
from protocol.vocabulary import Permission


@ui.page("/people/roles")
async def roles_page() -> RedirectResponse | None:
    """Every role of the tenant."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with managed(session, "Roles", "roles", Permission.PEOPLE_MANAGE) as page:
        roles = _Roles(page) if page is not None else None
    if roles is not None:
        await roles.load()
    return None


class _Roles:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._rows = RowsPage[RoleRow](
            page,
            "Roles",
            "What people may do is what their roles allow together.",
            ("New role", self._add),
            page.hub.people.roles,
            self._row,
            "There is no role.",
        )
        self.load = self._rows.load

    def _row(self, role: RoleRow) -> None:
        with tag("li", "row", testid="role"):
            with tag("div", "row-words"):
                with tag("strong", "row-title"):
                    tag("span", "", role.name)
                    if not role.is_custom:
                        tag("span", "chip", "built in")
                if role.description:
                    tag("span", "row-note", role.description)
                with tag("details", "more row-more"):
                    tag("summary", "", role_words(role))
                    permission_list(role.permissions)
            if role.is_custom:
                with tag("div", "row-actions"):
                    button("Edit", lambda: self._edit(role), kind="small", testid="role-edit")
                    button(
                        "Delete", lambda: self._delete(role), kind="small danger-quiet", testid="role-delete"
                    )

    async def _add(self) -> None:
        people = self._page.hub.people
        if await form_dialog(
            self._page.session, "New role", "Make it", lambda: self._form(None, people.add_role)
        ):
            await self.load()

    async def _edit(self, role: RoleRow) -> None:
        async def change(request: RoleRequest) -> RoleRow:
            return await self._page.hub.people.change_role(role.id, request)

        if await form_dialog(self._page.session, "Edit role", "Save", lambda: self._form(role, change)):
            await self.load()

    async def _delete(self, role: RoleRow) -> None:
        if await confirm(
            f"Delete the role {role.name}?",
            "Whoever has it loses at once what it allows.",
            "Delete",
        ):
            await attempt(self._page.session, lambda: self._page.hub.people.remove_role(role.id), "Deleted.")
            await self.load()

    def _form(
        self, role: RoleRow | None, send_it: Callable[[RoleRequest], Awaitable[RoleRow]]
    ) -> Callable[[], Awaitable[RoleRow]]:
        has = [] if role is None else role.permissions
        # What the role has already stays as it is.
        offered = to_give(self._page.session.me)
        name = text_field("Name", "role-name", role.name if role else "", maxlength="60", autofocus=True)
        description = text_field(
            "Description", "role-description", role.description if role else "", maxlength="500"
        )
        tag("span", "field-label", "It allows to")
        ticked = tick_list(offered, [str(p) for p in has], "role-may")

        async def send() -> RoleRow:
            if not name():
                raise Unfit("A role needs a name.")
            kept = [p for p in has if str(p) not in offered]
            permissions = [*kept, *(Permission(key) for key in ticked())]
            return await send_it(RoleRequest(name(), permissions, description()))

        return send
