"""Makes the schemas of the read models and the table of cursors; safe to run at every start."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from psycopg import Connection, sql

from projections.read_models import CURSORS, READ_MODELS, REPORTING, Schema

OWNER: Final = "scheduler_owner"
READERS: Final = ("scheduler_app", "scheduler_projector", "scheduler_auditor", "scheduler_backup")
ANALYST: Final = "scheduler_analyst"
RETIRED_REPORTING: Final = "reporting_retired"
_LOCK: Final = 7_239_481_005
"""The advisory lock that lets one program change the read models' schemas at a time."""


def install(connection: Connection[Any], models: Sequence[Schema] = READ_MODELS) -> list[str]:
    """Create what is missing; return the names of the read models that need a rebuild, since their form has changed.

    ``connection`` is in autocommit mode and may become scheduler_owner. A new read model is filled by the runner. Where
    nothing is missing, nothing is locked.
    """
    connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
    try:
        with as_owner(connection):
            known = _known(connection)
            if known.get(CURSORS.name) != CURSORS.fingerprint():
                connection.execute(CURSORS.text().encode())
                remember(connection, CURSORS)
            for model in models:
                if model.name not in known:
                    create(connection, model, model.name)
                    remember(connection, model)
        outdated = [model.name for model in models if known.get(model.name, model.fingerprint()) != model.fingerprint()]
        # Over tables of an older form there may be nothing to see; the rebuild that they ask for makes the views.
        if not outdated and known.get(REPORTING.name) != REPORTING.fingerprint():
            with as_owner(connection):
                publish(connection)
        return outdated
    finally:
        connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))


def _known(connection: Connection[Any]) -> dict[str, str]:
    """Return the fingerprints of what was installed, by name."""
    exists = connection.execute("select to_regclass('projection.read_model') is not null").fetchone()
    if exists != (True,):
        return {}
    return dict(connection.execute("select name, fingerprint from projection.read_model").fetchall())


@contextmanager
def as_owner(connection: Connection[Any]) -> Iterator[None]:
    """Run the block as one transaction of the role that owns the tables."""
    with connection.transaction():
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(OWNER)))
        yield


def create(connection: Connection[Any], model: Schema, name: str) -> None:
    """Make an empty read model in a schema of that name; inside ``as_owner``."""
    schema = sql.Identifier(name)
    connection.execute(sql.SQL("create schema {}").format(schema))
    readers = sql.SQL(", ").join(map(sql.Identifier, READERS))
    connection.execute(sql.SQL("grant usage on schema {} to {}").format(schema, readers))
    connection.execute(sql.SQL("set local search_path = {}").format(schema))
    connection.execute(model.text().encode())
    connection.execute("set local search_path = pg_catalog")


def remember(connection: Connection[Any], model: Schema) -> None:
    """Note in which form a read model is; inside ``as_owner``."""
    connection.execute(
        "insert into projection.read_model (name, fingerprint) values (%s, %s)"
        " on conflict (name) do update set fingerprint = excluded.fingerprint",
        (model.name, model.fingerprint()),
    )


def publish(connection: Connection[Any]) -> None:
    """Put the views that analysts read over the read models as they are now; inside ``as_owner``.

    UndoState views only change their name, so that whoever reads them at this moment is not waited for; analysts find them no
    more, and the next rebuild clears them away. Does nothing while a read model has an older form.
    """
    known = _known(connection)
    if any(known.get(model.name) != model.fingerprint() for model in READ_MODELS):
        return
    retired, current = sql.Identifier(RETIRED_REPORTING), sql.Identifier(REPORTING.name)
    analyst = sql.Identifier(ANALYST)
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(retired))
    if connection.execute("select to_regnamespace(%s) is not null", (REPORTING.name,)).fetchone() == (True,):
        connection.execute(sql.SQL("alter schema {} rename to {}").format(current, retired))
        connection.execute(sql.SQL("revoke usage on schema {} from {}").format(retired, analyst))
    for model in READ_MODELS:
        connection.execute(sql.SQL("revoke usage on schema {} from {}").format(sql.Identifier(model.name), analyst))
    connection.execute(sql.SQL("create schema {}").format(current))
    connection.execute(sql.SQL("grant usage on schema {} to {}").format(current, analyst))
    connection.execute(sql.SQL("set local search_path = {}").format(current))
    connection.execute(REPORTING.text().encode())
    connection.execute("set local search_path = pg_catalog")
    remember(connection, REPORTING)
