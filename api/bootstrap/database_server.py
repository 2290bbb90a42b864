"""The PostgreSQL that a process works on: the embedded one or that of DATABASE_URL, brought to this program's schemas."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from adapters.postgres.connections import connect, in_database
from api.bootstrap.settings import Settings
from event_store.embedded import SUPERUSER, EmbeddedServer
from event_store.keys.master_key import KeyFile
from event_store.migrate import LOG_DATABASE, migrate, role_conninfo
from projections.install import install


@dataclass(frozen=True)
class Server:
    """A migrated PostgreSQL. ``admin_conninfo`` logs in to the log's database as a role that may change schemas."""

    admin_conninfo: str
    embedded: EmbeddedServer | None
    master: KeyFile
    outdated: Sequence[str]
    """Read models whose definition has changed: they serve as they are until the projector has rebuilt them."""

    def conninfo(self, role: str) -> str:
        """Return the connection string of a role."""
        return role_conninfo(self.admin_conninfo, role, self.master)


def stop_server(settings: Settings) -> bool:
    """Stop the embedded server, or return False if another program uses it. Raises EmbeddedServerError."""
    server = EmbeddedServer(settings.data)
    return not server.is_running() or server.stop_if_unused()


@contextmanager
def open_server(settings: Settings, *, stays_up: bool = False, with_post: bool = False) -> Iterator[Server]:
    """Start or join the embedded server, or take DATABASE_URL, and bring it to this program's schemas.

    The post halves of migrations run on the embedded server, and elsewhere only ``with_post``.
    At the end the embedded server is stopped, unless another program uses it or it ``stays_up`` for the next one.
    Raises EmbeddedServerError, MasterKeyError, MigrationError, and what ``adapters.postgres.connections.OUTAGES`` lists.
    """
    with ExitStack() as stack:
        embedded: EmbeddedServer | None = None
        if settings.database_url is None:
            embedded = EmbeddedServer(settings.data)
            # An existing cluster must not get a new master key, which could decrypt nothing.
            is_new = not (settings.data / "secrets" / "postgres.password").exists()
            master = KeyFile(settings.master_key_path, create=is_new)
            address = embedded.start()
            if not stays_up:
                stack.callback(embedded.stop_if_unused)
            admin = address.conninfo("postgres", SUPERUSER, embedded.superuser_password)
        else:
            master = KeyFile(settings.master_key_path)
            admin = str(settings.database_url)
        # On a server of the operator the old program may still run beside this one.
        migrate(admin, master, with_post=with_post or embedded is not None)
        admin = in_database(admin, LOG_DATABASE)
        with connect(admin) as connection:
            outdated = install(connection)
        yield Server(admin, embedded, master, outdated)
