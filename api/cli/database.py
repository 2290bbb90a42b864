"""`scheduler db`: migrate the database, open psql, stop the embedded server."""

from typing import Annotated

import typer

from api.cli.failures import UnavailableError, UsageError
from api.cli.output import out
from api.cli.session import settings

group = typer.Typer(help="Migrate, inspect and stop the database.", no_args_is_help=True)


@group.command(epilog="Example: scheduler db migrate")
def migrate() -> None:
    """Apply all migrations; safe to run again and concurrently.

    Every start does this too, except for post halves on DATABASE_URL: see docs/how-to/schema.md.
    """
    from api.bootstrap.database_server import open_server

    with open_server(settings(), stays_up=True, with_post=True) as server:
        out.print("The database is up to date.")
        for name in server.outdated:
            out.print(f"The read model {name} has an old form; `scheduler project` rebuilds it when it starts.")


@group.command(
    epilog='Example: scheduler db psql -- -c "select count(*) from log.event"',
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def psql(
    arguments: Annotated[list[str] | None, typer.Argument(help="Arguments of psql.")] = None,
) -> None:
    """Open psql on the embedded database, as its superuser.

    It shows all practices; personal data stays encrypted.
    """
    from api.bootstrap.database_server import open_server

    with open_server(settings(), stays_up=True) as server:
        if server.embedded is None:
            raise UsageError("psql opens only the embedded database; with DATABASE_URL, run psql yourself")
        code = server.embedded.psql(arguments or (), dbname="scheduler")
    raise typer.Exit(code)


@group.command(epilog="Example: scheduler db stop")
def stop() -> None:
    """Stop the embedded database. Exit code 3: a program still uses it."""
    from api.bootstrap.database_server import stop_server

    if not stop_server(settings()):
        raise UnavailableError("another program uses the database; stop `scheduler serve` first")
    out.print("The database is stopped.")
