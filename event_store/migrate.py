"""Brings a server's roles, databases and schemas to what this program needs; safe to run twice, and by two at once.

Migrations are plain SQL files, applied in order of their names, each in its own transaction, never edited and never undone.
Each is remembered with its checksum, so that an edited one is noticed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from event_store.errors import MigrationError
from event_store.keys.master_key import MasterKey

LOG_DATABASE: Final = "scheduler"
KEY_DATABASE: Final = "scheduler_keys"
OWNER: Final = "scheduler_owner"
WRITER: Final = "scheduler_writer"
"""Whose rights log.append runs with; nobody can log in as either of them."""
LOG_ROLES: Final = (
    "scheduler_app",
    "scheduler_projector",
    "scheduler_worker",
    "scheduler_auditor",
    "scheduler_analyst",
    "scheduler_backup",
)
KEY_ROLES: Final = ("scheduler_keys_app",)
_LOCK: Final = 7_239_481_004
"""The advisory lock that lets one program migrate at a time."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations_in(package: str) -> list[Migration]:
    """Return a package's .sql files in order of their names."""
    found = [entry for entry in files(package).iterdir() if entry.name.endswith(".sql")]
    return [Migration(entry.name, entry.read_text("utf-8")) for entry in sorted(found, key=lambda entry: entry.name)]


def migrate(admin_conninfo: str, master: MasterKey) -> list[str]:
    """Create what is missing and apply what is new; return the names of the migrations applied.

    ``admin_conninfo`` logs in as a role that may create roles and databases. Role passwords come from the master key, so that
    whoever holds the key can log in and nothing else needs to be kept.
    Raises MigrationError: a migration that was applied has changed, or the database is newer than this program.
    """
    with psycopg.connect(make_conninfo(admin_conninfo, dbname="postgres"), autocommit=True) as server:
        server.execute("select pg_advisory_lock(%s)", (_LOCK,))
        _create_roles(server, master)
        _create_database(server, LOG_DATABASE, LOG_ROLES)
        _create_database(server, KEY_DATABASE, KEY_ROLES)
        applied: list[str] = []
        for database, package in (
            (LOG_DATABASE, "event_store.migrations"),
            (KEY_DATABASE, "event_store.migrations_keys"),
        ):
            with psycopg.connect(make_conninfo(admin_conninfo, dbname=database), autocommit=True) as connection:
                applied += apply(connection, migrations_in(package))
        return applied


def role_conninfo(conninfo: str, role: str, master: MasterKey) -> str:
    """Return how one of our roles logs in at the same server; its database follows from the role."""
    database = KEY_DATABASE if role in KEY_ROLES else LOG_DATABASE
    return make_conninfo(conninfo, dbname=database, user=role, password=master.derive_password(role))


def apply(connection: Connection[Any], migrations: Sequence[Migration]) -> list[str]:
    """Apply what is new, as the owner; return its names."""
    connection.execute(sql.SQL("set role {}").format(sql.Identifier(OWNER)))
    connection.execute(
        """
        create schema if not exists migration;
        create table if not exists migration.applied (
            name text primary key, checksum text not null, applied_at timestamptz not null default now()
        );
        alter table migration.applied enable row level security;
        alter table migration.applied force row level security;
        drop policy if exists owner on migration.applied;
        create policy owner on migration.applied to scheduler_owner using (true) with check (true);
        """
    )
    known: dict[str, str] = dict(connection.execute("select name, checksum from migration.applied").fetchall())
    if unknown := sorted(known.keys() - {migration.name for migration in migrations}):
        raise MigrationError(
            f"the database is newer than this program: it has {', '.join(unknown)}; upgrade the program"
        )
    applied = []
    for migration in migrations:
        if migration.name not in known:
            with connection.transaction():
                connection.execute(migration.text.encode())
                connection.execute(
                    "insert into migration.applied (name, checksum) values (%s, %s)",
                    (migration.name, migration.checksum),
                )
            applied.append(migration.name)
        elif known[migration.name] != migration.checksum:
            raise MigrationError(
                f"{migration.name} was applied in another form; add a new migration instead of editing it"
            )
    return applied


def _create_roles(server: Connection[Any], master: MasterKey) -> None:
    existing = {name for (name,) in server.execute("select rolname from pg_roles").fetchall()}
    for role, member in ((OWNER, sql.SQL("current_user")), (WRITER, sql.Identifier(OWNER))):
        if role not in existing:
            server.execute(sql.SQL("create role {} nologin nobypassrls").format(sql.Identifier(role)))
            server.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), member))
    for role in (*LOG_ROLES, *KEY_ROLES):
        if role not in existing:
            server.execute(
                sql.SQL("create role {} login nosuperuser nobypassrls nocreatedb nocreaterole noinherit").format(
                    sql.Identifier(role)
                )
            )
            # The verifier is made here, so that the password is in no statement that a server could log.
            verifier = server.pgconn.encrypt_password(
                master.derive_password(role).encode(), role.encode(), b"scram-sha-256"
            )
            server.execute(
                sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
            )


def _create_database(server: Connection[Any], name: str, roles: Sequence[str]) -> None:
    if server.execute("select from pg_database where datname = %s", (name,)).fetchone() is None:
        server.execute(
            sql.SQL("create database {} owner {} encoding 'UTF8' template template0").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )
        server.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
    for role in roles:
        server.execute(sql.SQL("grant connect on database {} to {}").format(sql.Identifier(name), sql.Identifier(role)))
