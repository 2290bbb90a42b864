"""A real server for the tests: started once, with our roles, databases and schemas."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from event_store.embedded import SUPERUSER, EmbeddedServer
from event_store.keys.master_key import KeyFile
from event_store.migrate import KEY_DATABASE, KEY_ROLES, LOG_DATABASE, migrate, role_conninfo
from projections.install import install

MAJOR = int(os.environ.get("SCHEDULER_TEST_POSTGRES", "16"))
"""The version of PostgreSQL under test; the wheel brings 16 and 18."""


@dataclass(frozen=True)
class Database:
    """A migrated server. ``server_conninfo`` logs in as its superuser, with no database named."""

    server_conninfo: str
    key_file: Path

    @property
    def master(self) -> KeyFile:
        return KeyFile(self.key_file)

    def conninfo(self, role: str) -> str:
        """Return the log database's conninfo for a role, e.g. ``scheduler_app`` or ``postgres``."""
        if role == SUPERUSER:
            return psycopg.conninfo.make_conninfo(self.server_conninfo, dbname=LOG_DATABASE)
        return role_conninfo(self.server_conninfo, role, self.master)

    def keys_admin_conninfo(self) -> str:
        return psycopg.conninfo.make_conninfo(self.server_conninfo, dbname=KEY_DATABASE)

    @property
    def key_conninfo(self) -> str:
        return self.conninfo(KEY_ROLES[0])


@contextmanager
def running_database(folder: Path, major: int = MAJOR) -> Iterator[Database]:
    """Start a server in a folder, bring it to our schemas, and stop it at the end."""
    with EmbeddedServer(folder / "data", major=major) as server:
        address = server.address
        conninfo = address.conninfo("postgres", SUPERUSER, server.superuser_password)
        database = Database(conninfo, folder / "master.key")
        migrate(conninfo, database.master)
        with psycopg.connect(database.conninfo(SUPERUSER), autocommit=True) as connection:
            install(connection)
        yield database
