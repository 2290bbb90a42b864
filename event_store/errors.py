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

from eventsourcing.persistence import IntegrityError, InternalError, OperationalError


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
