"""Errors of the event store.

EventStoreError
├── UnknownPracticeError
├── NewerVersionError
├── StoreUnavailableError
├── LogDamagedError
├── UnsafeDatabaseError
└── MigrationError
StaleStreamError
"""

from typing import Final

import psycopg
from eventsourcing.persistence import IntegrityError, InternalError, OperationalError
from psycopg.errors import InsufficientPrivilege, ReadOnlySqlTransaction

_STORAGE: Final = ("fd.c", "md.c", "slru.c", "xlog.c")
"""The files of PostgreSQL's source that open, write and extend its files."""


class EventStoreError(Exception):
    """The base of the event store's errors."""


class UnknownPracticeError(EventStoreError):
    """The practice has no log."""


class NewerVersionError(EventStoreError):
    """An event was written by a newer version of the program."""


class StoreUnavailableError(EventStoreError, OperationalError):
    """The database did not answer in time. The same command may be sent again."""


class LogDamagedError(EventStoreError, InternalError):
    """The log has rows beyond its head, which the program did not write; nothing was appended."""


class UnsafeDatabaseError(EventStoreError):
    """The server could lose acknowledged events; the message names the setting to change."""


class MigrationError(EventStoreError):
    """This program cannot upgrade the database's schema."""


class StaleStreamError(IntegrityError):
    """Another writer has appended to the stream since it was read."""


def is_read_only(error: psycopg.Error) -> bool:
    """Return whether the server cannot write: its disk is read-only, or it is a standby.

    For the disk it has the SQL state of a missing privilege, but another origin. Source:
    errcode_for_file_access, PostgreSQL 16, elog.c.
    """
    is_of_storage = isinstance(error, InsufficientPrivilege) and error.diag.source_file in _STORAGE
    return is_of_storage or isinstance(error, ReadOnlySqlTransaction)
