"""Errors of use cases, besides those of the domain's rules.

ApplicationError
├── NotFoundError              it does not exist, or the caller may not see it
│   └── NotYetError            it exists now, but did not at the requested moment
├── NotPermittedError          the caller's role does not allow it
├── StaleVersionError          it has changed since the caller read it
├── IdempotencyMismatchError   the command id was used before, for another request
├── UnavailableError           the log cannot be reached; send the same command again
├── OverloadedError            there is too much to do at the moment; it was not done
├── TooCostlyError             one request asks for too much; it was not done
├── LogDamagedError            the log was altered outside the program; it takes no events
└── PersonalDataDamagedError   the data of one person cannot be read, or their key is missing
"""

from collections.abc import Mapping
from typing import ClassVar


class ApplicationError(Exception):
    code: ClassVar[str] = "application_error"

    @property
    def more(self) -> Mapping[str, object]:
        """Additional details for the caller, by name; never personal data."""
        return {}


class NotFoundError(ApplicationError):
    """``kind`` is the resource's name in the glossary."""

    code = "not_found"

    def __init__(self, kind: str) -> None:
        super().__init__(f"there is no such {kind}")
        self.kind = kind


class NotYetError(NotFoundError):
    code = "not_yet"

    def __init__(self, kind: str) -> None:
        ApplicationError.__init__(self, f"there was no such {kind} at that moment; ask about a later one")
        self.kind = kind


class NotPermittedError(ApplicationError):
    code = "not_permitted"


class StaleVersionError(ApplicationError):
    code = "stale_version"

    def __init__(self, current_version: int | None = None) -> None:
        super().__init__("it has changed since you read it; read it again")
        self.current_version = current_version


class IdempotencyMismatchError(ApplicationError):
    code = "idempotency_mismatch"


class UnavailableError(ApplicationError):
    code = "unavailable"


class OverloadedError(ApplicationError):
    code = "overloaded"

    def __init__(self) -> None:
        super().__init__("too many requests at the moment; try again")


class TooCostlyError(ApplicationError):
    code = "too_costly"


class LogDamagedError(ApplicationError):
    code = "log_damaged"

    def __init__(self) -> None:
        super().__init__(
            "the practice's log was altered outside the program, so nothing was recorded; the operator finds the"
            " damage with `scheduler verify`"
        )


class PersonalDataDamagedError(ApplicationError):
    code = "personal_data_damaged"

    def __init__(self) -> None:
        super().__init__(
            "the personal data of this person cannot be read: their key is missing, or it was altered; the operator"
            " finds whom it concerns with `scheduler status`"
        )
