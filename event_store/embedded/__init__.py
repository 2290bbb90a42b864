"""The PostgreSQL server that comes with the program."""

from event_store.embedded.errors import EmbeddedServerError
from event_store.embedded.server import SUPERUSER, EmbeddedServer

__all__ = ["SUPERUSER", "EmbeddedServer", "EmbeddedServerError"]
