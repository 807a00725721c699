"""What `clarion up` says on the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from hub.use_cases.first_run import FirstRun

_NAME_WIDTH = 12


class UpWords:
    """Writes the lines of one start through `say`, which prints one line."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def title(self) -> None:
        """The first line."""
        self._say(f"\n  {typer.style('Clarion', bold=True)}\n")

    def ready(self, name: str, text: str) -> None:
        """One part is ready."""
        self._say(f"  {typer.style('✓', fg='green')} {name:<{_NAME_WIDTH}}{text}")

    def absent(self, name: str, text: str) -> None:
        """One part is not started, and why."""
        self._say(f"  {typer.style('–', fg='yellow')} {name:<{_NAME_WIDTH}}{text}")

    def invitation(self, dashboard_url: str, first_run: FirstRun) -> None:
        """Where to go and how to sign in."""
        where = typer.style(dashboard_url, bold=True, underline=True)
        self._say(f"\n  Open {where} and sign in:\n")
        self._detail("tenant", f"{first_run.tenant_id}  ({first_run.tenant_name})")
        self._detail("operator", first_run.operator_email, first_run.operator_password)
        self._detail("root", f"{first_run.root_email}  (tenant SYSTEM)", first_run.root_password)
        if first_run.operator_password is not None or first_run.root_password is not None:
            self._say("\n  These passwords are shown only now. Change one: clarion user set-password EMAIL")
        else:
            self._say(
                "\n  The passwords were shown at the first start. A new one: clarion user set-password EMAIL"
            )
        if first_run.enrolment_key is not None:
            self._detail("\n  enrolment key for real screens", first_run.enrolment_key)
        self._say("\n  Ctrl-C stops everything; the data stays.\n")

    def _detail(self, name: str, text: str, password: str | None = None) -> None:
        secret = "" if password is None else f"   password  {typer.style(password, bold=True)}"
        self._say(f"    {name:<{_NAME_WIDTH - 2}}{text}{secret}")
