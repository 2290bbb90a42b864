"""The PostgreSQL server of a process: the embedded one, or that of DATABASE_URL; migrated."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from adapters.postgres.connections import OUTAGES, connect, in_database
from api.bootstrap.settings import Settings
from application.kernel.errors import UnavailableError
from event_store.embedded import SUPERUSER, EmbeddedServer, EmbeddedServerError
from event_store.errors import MigrationError, UnsafeDatabaseError
from event_store.keys.master_key import KeyFile, MasterKeyError
from event_store.migrate import LOG_DATABASE, migrate, role_conninfo
from projections.install import install

UNREACHABLE: Final = OUTAGES
"""The database or the key database does not answer."""
UNUSABLE: Final[tuple[type[Exception], ...]] = (
    EmbeddedServerError, MasterKeyError, MigrationError, UnsafeDatabaseError, UnavailableError,
)  # fmt: skip
"""Other errors when the database is opened; each message says what to do."""


@dataclass(frozen=True)
class Server:
    """A migrated server. ``admin_conninfo`` logs in to the log's database and may change schemas.

    ``outdated`` are read models whose definition has changed: they serve until they are rebuilt.
    """

    admin_conninfo: str
    embedded: EmbeddedServer | None
    master: KeyFile
    outdated: Sequence[str]

    def conninfo(self, role: str) -> str:
        """Return the connection string of a role."""
        return role_conninfo(self.admin_conninfo, role, self.master)


def stop_server(settings: Settings) -> bool:
    """Stop the embedded server; return False if it is in use. Raises EmbeddedServerError."""
    server = EmbeddedServer(settings.data)
    return not server.is_running() or server.stop_if_unused()


@contextmanager
def open_server(settings: Settings, *, stays_up: bool = False, with_post: bool = False) -> Iterator[Server]:
    """Start or join the embedded server, or connect to DATABASE_URL, and migrate it.

    The post halves of migrations run on the embedded server, and elsewhere only ``with_post``.
    At the end the embedded server stops, unless it ``stays_up`` or another program uses it.
    Raises the errors of UNREACHABLE and UNUSABLE.
    """
    with ExitStack() as stack:
        embedded: EmbeddedServer | None = None
        if settings.database_url is None:
            embedded = EmbeddedServer(settings.data)
            # A new master key could not decrypt the data of an existing cluster.
            is_new = not (settings.data / "secrets" / "postgres.password").exists()
            master = KeyFile(settings.master_key_path, create=is_new)
            address = embedded.start()
            if not stays_up:
                stack.callback(embedded.stop_if_unused)
            admin = address.conninfo("postgres", SUPERUSER, embedded.superuser_password)
        else:
            master = KeyFile(settings.master_key_path)
            admin = str(settings.database_url)
        # With DATABASE_URL, processes of the old version may still run.
        migrate(admin, master, with_post=with_post or embedded is not None)
        admin = in_database(admin, LOG_DATABASE)
        with connect(admin) as connection:
            outdated = install(connection)
        yield Server(admin, embedded, master, outdated)
