"""What the domain refuses, and why.

    DomainError
    ├── InvalidValueError     a value that can never be right          (422 at the HTTP door)
    └── RuleBrokenError       a right value at the wrong moment        (409 at the HTTP door)

Each class has a stable ``code`` that clients may rely on. Messages name fields and rules,
never a person: they may reach a log.
"""

from collections.abc import Mapping
from typing import ClassVar


class DomainError(Exception):
    """The base of everything the domain refuses."""

    code: ClassVar[str] = "domain_error"

    @property
    def more(self) -> Mapping[str, object]:
        """What the caller may know besides, by name: plain values, and never anything personal."""
        return {}


class InvalidValueError(DomainError):
    """A value that can never be right; ``field`` names it in the caller's own words."""

    code = "invalid_value"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class RuleBrokenError(DomainError):
    """A right value at the wrong moment: the state of things forbids it."""

    code = "rule_broken"
