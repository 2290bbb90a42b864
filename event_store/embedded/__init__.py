"""The PostgreSQL that the program brings along, so that a fresh machine needs no database."""

from event_store.embedded.address import ServerAddress
from event_store.embedded.errors import EmbeddedServerError
from event_store.embedded.server import SUPERUSER, EmbeddedServer

__all__ = ["SUPERUSER", "EmbeddedServer", "EmbeddedServerError", "ServerAddress"]
