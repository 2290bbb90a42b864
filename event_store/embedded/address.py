"""Where a server listens."""

from dataclasses import dataclass

from psycopg.conninfo import make_conninfo


@dataclass(frozen=True)
class ServerAddress:
    """Where a server listens: ``host`` is the folder of its Unix socket."""

    host: str
    port: int

    def conninfo(self, dbname: str, user: str, password: str) -> str:
        """Return a connection string for psycopg and libpq."""
        return make_conninfo(host=self.host, port=self.port, dbname=dbname, user=user, password=password)
