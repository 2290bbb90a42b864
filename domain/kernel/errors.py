"""Errors of the domain.

    DomainError
    ├── InvalidValueError     an invalid value                          (HTTP 422)
    └── RuleBrokenError       a valid command in the wrong state        (HTTP 409)

Each class has a stable ``code``. Messages may reach a log, so they name fields and rules, never a
person.
"""

from collections.abc import Mapping
from typing import ClassVar


class DomainError(Exception):
    """``message`` is the default text."""

    code: ClassVar[str] = "domain_error"
    message: ClassVar[str] = ""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)

    @property
    def more(self) -> Mapping[str, object]:
        """Additional details for the caller, by name; never personal data."""
        return {}

    def for_bound_key(self) -> "DomainError":
        """Return the error for a key bound to a clinician: without colleagues' visits."""
        return self


class InvalidValueError(DomainError):
    """An invalid value; ``field`` is its name in the caller's terms."""

    code = "invalid_value"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class RuleBrokenError(DomainError):
    """The current state does not allow the command."""

    code = "rule_broken"
