"""Errors of the event store.

EventStoreError
├── UnknownPracticeError
├── NewerVersionError
├── StoreUnavailableError
├── UnsafeDatabaseError
└── MigrationError
StaleStreamError
"""

from eventsourcing.persistence import IntegrityError, OperationalError


class EventStoreError(Exception):
    """The base of the event store's errors."""


class UnknownPracticeError(EventStoreError):
    """The practice has no log."""


class NewerVersionError(EventStoreError):
    """An event was written by a newer version of the program."""


class StoreUnavailableError(EventStoreError, OperationalError):
    """The database did not answer in time. The same command may be sent again."""


class UnsafeDatabaseError(EventStoreError):
    """The server could lose acknowledged events; the message names the setting to change."""


class MigrationError(EventStoreError):
    """This program cannot upgrade the database's schema."""


class StaleStreamError(IntegrityError):
    """Another writer has appended to the stream since it was read."""
