"""What `clarion up` says on the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from hub.use_cases.first_run import FirstRun
from protocol.vocabulary import SYSTEM_TENANT_ID

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

    def invitation(self, dashboard_url: str, hub_url: str, first_run: FirstRun) -> None:
        """Where to go, how to sign in, and what makes a browser a screen."""
        where = typer.style(dashboard_url, bold=True, underline=True)
        self._say(f"\n  Open {where} and sign in:")
        self.people(first_run, hub_url)
        if first_run.enrolment_key is None:
            self._say(f"  To make a browser a screen, open {player_url(hub_url)} in it.\n")
        self._say("  Ctrl-C stops everything; the data stays.\n")

    def people(self, first_run: FirstRun, hub_url: str | None = None) -> None:
        """Who can sign in, with what was generated now. `hub_url`: of the hub that runs, if one does."""
        self._say("")
        self._details("Operator", first_run.operator_email, first_run.operator_password, first_run.tenant_id)
        self._details("Root", first_run.root_email, first_run.root_password, SYSTEM_TENANT_ID)
        if first_run.enrolment_key is not None:
            self._say(f"    To enrol real screens\n      key       {_secret(first_run.enrolment_key)}")
            if hub_url is not None:
                address = _secret(player_url(hub_url, first_run.enrolment_key))
                self._say(f"      browser   {address}")
            self._say("")
        if _generated(first_run):
            self._say("  These are shown only now. Change a password:")
        else:
            self._say("  The passwords were shown at the first start. Set a new one:")
        self._say(f"    {_this_command()} user set-password EMAIL\n")

    def new_people(self, first_run: FirstRun) -> None:
        """`people`, if something was generated."""
        if _generated(first_run):
            self.people(first_run)

    def _details(self, who: str, email: str, password: str | None, tenant_id: str) -> None:
        self._say(f"    {who}\n      tenant    {tenant_id}\n      email     {email}")
        if password is not None:
            self._say(f"      password  {_secret(password)}")
        self._say("")


def player_url(hub_url: str, enrolment_key: str | None = None) -> str:
    """What a browser opens to become a screen. The key is in the fragment, which no browser sends to anybody:
    it is in no log, and the player takes it out of the address as soon as it has read it."""
    page = f"{hub_url.rstrip('/')}/player/"
    return page if enrolment_key is None else f"{page}#enrol={enrolment_key}"


def _generated(first_run: FirstRun) -> bool:
    secrets = (first_run.operator_password, first_run.root_password, first_run.enrolment_key)
    return any(secret is not None for secret in secrets)


def _this_command() -> str:
    """How the reader calls this command: as they did just now, unless it is on their path."""
    called = Path(sys.argv[0])
    if called.name != "clarion" or shutil.which("clarion") == str(called):
        return "clarion"
    return os.path.relpath(called)


def _secret(text: str) -> str:
    return typer.style(text, bold=True)
