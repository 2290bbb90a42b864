"""Create the schemas of the read models and of the reporting views; safe to run at every start."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from psycopg import Connection, sql

from projections.read_models import READ_MODELS, REPORTING, Schema

OWNER: Final = "scheduler_owner"
READERS: Final = ("scheduler_app", "scheduler_projector", "scheduler_auditor", "scheduler_backup")
ANALYST: Final = "scheduler_analyst"
RETIRED_REPORTING: Final = "reporting_retired"
_LOCK: Final = 7_239_481_005
"""The advisory lock under which one program at a time installs."""


def install(connection: Connection[Any], models: Sequence[Schema] = READ_MODELS) -> list[str]:
    """Create what is missing; return the names of the read models that need a rebuild.

    ``connection`` is in autocommit mode and may become scheduler_owner. The runner fills a new read
    model. Locks no table if nothing is missing.
    """
    connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
    try:
        with as_owner(connection):
            known = _fingerprints(connection)
            for model in models:
                if model.name not in known:
                    create(connection, model, model.name)
                    remember(connection, model)
            # The views may need the new form of a read model: then the rebuild creates them.
            if known.get(REPORTING.name) != REPORTING.fingerprint():
                publish(connection)
        return outdated(connection, models)
    finally:
        connection.execute("select pg_advisory_unlock(%s)", (_LOCK,))


def outdated(connection: Connection[Any], models: Sequence[Schema] = READ_MODELS) -> list[str]:
    """Return the names of the read models whose definition has changed since they were filled."""
    with as_owner(connection):
        known = _fingerprints(connection)
    return [model.name for model in models if known.get(model.name) != model.fingerprint()]


def _fingerprints(connection: Connection[Any]) -> dict[str, str]:
    """Return the fingerprint of each installed definition, by name; inside ``as_owner``."""
    return dict(connection.execute("select name, fingerprint from projection.read_model").fetchall())


@contextmanager
def as_owner(connection: Connection[Any]) -> Iterator[None]:
    """Run the block as one transaction of the role that owns the tables."""
    with connection.transaction():
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(OWNER)))
        yield


def create(connection: Connection[Any], model: Schema, name: str) -> None:
    """Create an empty read model in a schema of that name; inside ``as_owner``.

    Each table gets row-level security by tenant, and grants for the projector and the API.
    """
    schema = sql.Identifier(name)
    connection.execute(sql.SQL("create schema {}").format(schema))
    readers = sql.SQL(", ").join(map(sql.Identifier, READERS))
    connection.execute(sql.SQL("grant usage on schema {} to {}").format(schema, readers))
    connection.execute(sql.SQL("set local search_path = {}").format(schema))
    connection.execute(model.text().encode())
    connection.execute("set local search_path = pg_catalog")
    connection.execute("call migration.isolate_tenants(%s)", (name,))
    for privileges, role in (("select, insert, update, delete", "scheduler_projector"), ("select", "scheduler_app")):
        connection.execute(f"grant {privileges} on all tables in schema {name} to {role}".encode())


def remember(connection: Connection[Any], model: Schema) -> None:
    """Record the definition from which a read model was filled; inside ``as_owner``."""
    connection.execute(
        "insert into projection.read_model (name, fingerprint) values (%s, %s)"
        " on conflict (name) do update set fingerprint = excluded.fingerprint",
        (model.name, model.fingerprint()),
    )


def publish(connection: Connection[Any]) -> None:
    """Create the views for analysts on the current read models; inside ``as_owner``.

    Earlier views are renamed, since dropping them would wait for their readers; the next rebuild
    drops them. Does nothing while a read model is outdated.
    """
    known = _fingerprints(connection)
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
