"""What can go wrong between the program and its log.

EventStoreError
├── UnknownPracticeError      no log was opened under this tenant
├── NewerVersionError         an event was written by a newer version of the program
├── StoreUnavailableError     the database is away or its head is held too long; the same command may be sent again
├── UnsafeDatabaseError       the server would lose acknowledged events (fsync, full_page_writes or synchronous_commit is off)
└── MigrationError            the database's schema is not one that this program knows
StaleStreamError              (an eventsourcing IntegrityError) a stream has moved on since it was read
"""

from eventsourcing.persistence import IntegrityError, OperationalError


class EventStoreError(Exception):
    """The base of the store's own errors."""


class UnknownPracticeError(EventStoreError):
    """No log was opened under this tenant."""


class NewerVersionError(EventStoreError):
    """An event was written by a newer version of the program; upgrade this one."""


class StoreUnavailableError(EventStoreError, OperationalError):
    """The log could not be reached in time. Nothing is lost: the same command may be sent again."""


class UnsafeDatabaseError(EventStoreError):
    """The server would lose acknowledged events; the message names the setting to change."""


class MigrationError(EventStoreError):
    """The database's schema is not one that this program knows."""


class StaleStreamError(IntegrityError):
    """Another writer appended to the stream first."""
