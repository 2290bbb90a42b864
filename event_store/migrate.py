"""Creates and upgrades a server's roles, databases and schemas.

Can be repeated, also by several programs at once. Plain SQL files, in this order:

1. ``migrations/*.pre.sql``: additive changes. They run before the new program starts, so the old
   program must work with them.
2. ``sql/*.sql``: one function per file, replaced whenever the file has changed.
3. ``migrations/*.post.sql``: changes that remove what only the old program used. They run once no
   old program is left.

Each file is one transaction, and is recorded with its checksum in ``migration.applied``. A
migration is never edited and never undone. See docs/how-to/schema.md.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, LiteralString

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from event_store.errors import MigrationError
from event_store.keys.master_key import KeyFile, OtherMasterKeyError

LOG_DATABASE: Final = "scheduler"
KEY_DATABASE: Final = "scheduler_keys"
OWNER: Final = "scheduler_owner"
WRITER: Final = "scheduler_writer"
"""The role that log.append runs as. Neither the owner nor the writer can log in."""
LOG_ROLES: Final = tuple(f"scheduler_{name}" for name in ("app", "projector", "worker", "auditor", "analyst", "backup"))
KEY_ROLES: Final = ("scheduler_keys_app",)
_LOCK: Final = 7_239_481_004
"""The advisory lock of a migration run: one program at a time."""
_NETWORK_BOUNDS: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
"""Bounds on waits for a server behind a broken network, unless DATABASE_URL has others: seconds,
and milliseconds for tcp_user_timeout. Source: PostgreSQL 16 documentation, 34.1.2."""
_UNRELEASED: Final = re.compile(r"\d{4}_\w+\.sql")
"""The names of the migrations from before the first release."""
_TRACKING: Final = files("event_store.migrations").joinpath("tracking.sql").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Script:
    """An SQL file: one half of a migration, or a function."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def scripts_in(package: str, suffix: str = ".sql") -> list[Script]:
    """Return a package's files that end in ``suffix``, in order of their names."""
    found = [entry for entry in files(package).iterdir() if entry.name.endswith(suffix)]
    return [Script(entry.name, entry.read_text("utf-8")) for entry in sorted(found, key=lambda entry: entry.name)]


def migrate(admin_conninfo: str, master: KeyFile, *, with_post: bool = True) -> list[str]:
    """Create what is missing and apply what is new; return the names of the files applied.

    ``admin_conninfo`` is of a role that may create roles and databases. The roles' passwords are
    derived from the master key. ``with_post=False`` is for a server that an old program still uses.
    Raises OtherMasterKeyError: the roles were created with another one; MigrationError: an applied
    migration has changed, or the database is older than the first release, or newer than this
    program.
    """
    with psycopg.connect(make_conninfo(admin_conninfo, dbname="postgres"), autocommit=True) as server:
        server.execute("select pg_advisory_lock(%s)", (_LOCK,))
        _create_roles(server, master)
        _create_database(server, LOG_DATABASE, LOG_ROLES)
        _create_database(server, KEY_DATABASE, KEY_ROLES)
        _refuse_other_master_key(admin_conninfo, master)
        applied: list[str] = []
        for database, package, functions in (
            (LOG_DATABASE, "event_store.migrations", scripts_in("event_store.sql")),
            (KEY_DATABASE, "event_store.migrations_keys", []),
        ):
            pre, post = scripts_in(package, ".pre.sql"), scripts_in(package, ".post.sql")
            with psycopg.connect(make_conninfo(admin_conninfo, dbname=database), autocommit=True) as connection:
                applied += apply(connection, pre, functions, post, with_post=with_post)
        return applied


def role_conninfo(conninfo: str, role: str, master: KeyFile) -> str:
    """Return the connection string of a role for its database on the same server."""
    database = KEY_DATABASE if role in KEY_ROLES else LOG_DATABASE
    bounded = make_conninfo("", **(_NETWORK_BOUNDS | conninfo_to_dict(conninfo)))
    return make_conninfo(bounded, dbname=database, user=role, password=master.derive_password(role))


def apply(
    connection: Connection[Any],
    pre: Sequence[Script],
    functions: Sequence[Script] = (),
    post: Sequence[Script] = (),
    *,
    with_post: bool = True,
) -> list[str]:
    """Apply new scripts as the owner; return their names. Raises MigrationError."""
    _execute(connection, "set role {}", OWNER)
    connection.execute(_TRACKING.encode())
    known: dict[str, str] = dict(connection.execute("select name, checksum from migration.applied").fetchall())
    _check(known, [*pre, *post])
    scripts = [*pre, *functions, *(post if with_post else ())]
    changed = [script for script in scripts if known.get(script.name) != script.checksum]
    for script in changed:
        with connection.transaction():
            connection.execute(script.text.encode())
            connection.execute(
                "insert into migration.applied (name, checksum) values (%s, %s)"
                " on conflict (name) do update set checksum = excluded.checksum, applied_at = now()",
                (script.name, script.checksum),
            )
    return [script.name for script in changed]


def _refuse_other_master_key(admin_conninfo: str, master: KeyFile) -> None:
    """Raise OtherMasterKeyError if the roles have passwords derived from another master key."""
    try:
        psycopg.connect(role_conninfo(admin_conninfo, LOG_ROLES[0], master)).close()
    except psycopg.OperationalError as error:
        # libpq has no SQL state of a refused login; other languages are not recognised.
        if "password authentication failed" not in str(error):
            raise
        raise OtherMasterKeyError(
            f"the master key in {master.path} is not the one with which this database was created; "
            "restore that one from its copy, or name its file in SCHEDULER_MASTER_KEY_FILE"
        ) from error


def _check(known: dict[str, str], migrations: Sequence[Script]) -> None:
    """Raise MigrationError if this program cannot migrate a database with these files applied."""
    if unreleased := sorted(filter(_UNRELEASED.fullmatch, known)):
        raise MigrationError(
            f"the database was created before the first release (it has {unreleased[0]}) and cannot be upgraded;"
            " start with an empty data folder (SCHEDULER_DATA) or an empty server (DATABASE_URL)"
        )
    ours = {migration.name for migration in migrations}
    if newer := sorted(name for name in known.keys() - ours if name.endswith((".pre.sql", ".post.sql"))):
        raise MigrationError(f"the database is newer than this program: it has {', '.join(newer)}; upgrade the program")
    for migration in migrations:
        if known.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationError(f"{migration.name} was edited after it was applied; add a new migration instead")


def _create_roles(server: Connection[Any], master: KeyFile) -> None:
    existing = {name for (name,) in server.execute("select rolname from pg_roles").fetchall()}
    for role, member in ((OWNER, sql.SQL("current_user")), (WRITER, sql.Identifier(OWNER))):
        if role not in existing:
            _execute(server, "create role {} nologin nobypassrls", role)
            server.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), member))
    for role in (*LOG_ROLES, *KEY_ROLES):
        if role not in existing:
            _execute(server, "create role {} login nosuperuser nobypassrls nocreatedb nocreaterole noinherit", role)
            # Computed here, so that the server cannot log the password.
            password = master.derive_password(role).encode()
            verifier = server.pgconn.encrypt_password(password, role.encode(), b"scram-sha-256").decode()
            server.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier)))


def _create_database(server: Connection[Any], name: str, roles: Sequence[str]) -> None:
    if server.execute("select from pg_database where datname = %s", (name,)).fetchone() is None:
        _execute(server, "create database {} owner {} encoding 'UTF8' template template0", name, OWNER)
        _execute(server, "revoke all on database {} from public", name)
    for role in roles:
        _execute(server, "grant connect on database {} to {}", name, role)


def _execute(connection: Connection[Any], statement: LiteralString, *identifiers: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, identifiers)))
