"""Errors that mean the database, the keys or a setting of the server cannot be used."""

from typing import Final

from adapters.postgres.connections import OUTAGES
from application.kernel.errors import UnavailableError
from event_store.embedded import EmbeddedServerError
from event_store.errors import MigrationError, UnsafeDatabaseError
from event_store.keys.master_key import MasterKeyError

UNREACHABLE: Final = OUTAGES
"""The database or the key database does not answer."""
UNUSABLE: Final[tuple[type[Exception], ...]] = (
    EmbeddedServerError, MasterKeyError, MigrationError, UnsafeDatabaseError, UnavailableError,
)  # fmt: skip
"""Other errors when the database is opened; each message says what to do."""
