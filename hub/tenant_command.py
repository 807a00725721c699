"""`clarion tenant …`: tenants and their enrolment keys, for whoever has the database."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.settings import Settings

tenants = typer.Typer(help="Tenants: whom the hub serves.", no_args_is_help=True)

_Tenant = Annotated[str, typer.Argument(help="Its id, or its name.")]


@tenants.command("list")
def list_them() -> None:
    """Show every tenant: id, status, people, approved screens, name."""
    from hub.database_place import DatabasePlace
    from hub.use_cases.tenant_commands import list_tenants

    with DatabasePlace(Settings.from_environment()) as place:
        for row in list_tenants(place.owner_url):
            typer.echo(f"{row.id}  {row.status:<9}  {row.users:>5}  {row.devices:>6}  {row.name}")


@tenants.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    admin_email: Annotated[str, typer.Option(help="Its first administrator, who is invited.")],
) -> None:
    """Make a tenant; print its enrolment key and the invitation of its administrator, once."""
    from hub.database_place import DatabasePlace
    from hub.use_cases.links import PAGE
    from hub.use_cases.tenant_commands import create_tenant

    settings = Settings.from_environment()
    with DatabasePlace(settings) as place:
        made = create_tenant(place.owner_url, name, admin_email)
    typer.echo(f"tenant         {made.id}")
    typer.echo(f"enrolment key  {made.enrolment_key}")
    typer.echo(f"invitation     {settings.dashboard_url.rstrip('/')}{PAGE}#{made.invitation}")
    typer.echo(f"  good once, until {made.invitation_until:%Y-%m-%d %H:%M} UTC, for {admin_email}")


@tenants.command()
def suspend(tenant: _Tenant) -> None:
    """Sign its people out and cut its screens, until it is resumed. Nothing is deleted."""
    from hub.database_place import DatabasePlace
    from hub.use_cases.tenant_commands import suspend_tenant

    with DatabasePlace(Settings.from_environment()) as place:
        typer.echo(f"{suspend_tenant(place.owner_url, tenant).name} is suspended.")


@tenants.command()
def resume(tenant: _Tenant) -> None:
    """Let its people sign in and its screens connect again."""
    from hub.database_place import DatabasePlace
    from hub.use_cases.tenant_commands import resume_tenant

    with DatabasePlace(Settings.from_environment()) as place:
        typer.echo(f"{resume_tenant(place.owner_url, tenant).name} is active.")


@tenants.command("enrolment-key")
def enrolment_key(tenant: Annotated[str, typer.Option(help="Its id, or its name.")]) -> None:
    """Make one more key by which its screens ask to be let in; print it, once."""
    from hub.database_place import DatabasePlace
    from hub.use_cases.tenant_commands import add_enrolment_key

    with DatabasePlace(Settings.from_environment()) as place:
        typer.echo(add_enrolment_key(place.owner_url, tenant))
