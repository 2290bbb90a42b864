"""Why a use case could not be carried out, besides a rule of the domain.

ApplicationError
├── NotFoundError              no such thing in this practice, or not one that the caller may see
│   └── NotYetError            it is there now, but was not at the moment that was asked about
├── NotPermittedError          the caller's role does not allow it
├── StaleVersionError          the thing has changed since the caller read it
├── IdempotencyMismatchError   the command's id was used before, for something else
└── UnavailableError           the log cannot be reached; the same command may be sent again
"""

from collections.abc import Mapping
from typing import ClassVar


class ApplicationError(Exception):
    code: ClassVar[str] = "application_error"

    @property
    def more(self) -> Mapping[str, object]:
        """What the caller may know besides, by name: plain values, and never anything personal."""
        return {}


class NotFoundError(ApplicationError):
    """There is no such thing in this practice. ``kind`` is the glossary's word for it."""

    code = "not_found"

    def __init__(self, kind: str) -> None:
        super().__init__(f"there is no such {kind}")
        self.kind = kind


class NotYetError(NotFoundError):
    """There is such a thing, but not at the moment that was asked about: ask about a later one."""

    code = "not_yet"

    def __init__(self, kind: str) -> None:
        ApplicationError.__init__(self, f"there was no such {kind} at that moment; ask about a later one")
        self.kind = kind


class NotPermittedError(ApplicationError):
    """The caller's role does not allow this."""

    code = "not_permitted"


class StaleVersionError(ApplicationError):
    """The thing has changed since the caller read it; read it again and decide anew."""

    code = "stale_version"

    def __init__(self, current_version: int | None = None) -> None:
        super().__init__("it has changed since you read it; read it again")
        self.current_version = current_version


class IdempotencyMismatchError(ApplicationError):
    """The same Idempotency-Key came with another request; use a new key."""

    code = "idempotency_mismatch"


class UnavailableError(ApplicationError):
    """The log cannot be reached; nothing is lost, the same command may be sent again."""

    code = "unavailable"
