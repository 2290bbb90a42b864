"""Types that mark personal data, which is sealed under a key per person."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, TypeAlias, TypeVar


class Erased:
    """Replaces personal data after its key was destroyed; the only instance is ``ERASED``."""

    _the_one: "Erased | None" = None

    def __new__(cls) -> "Erased":
        if cls._the_one is None:
            cls._the_one = super().__new__(cls)
        return cls._the_one

    def __repr__(self) -> str:
        return "ERASED"

    def __bool__(self) -> bool:
        return False


ERASED: Final = Erased()


class Fault(StrEnum):
    """Why personal data cannot be read although the person was not erased."""

    KEY_UNAVAILABLE = "key_unavailable"
    TAMPERED = "tampered"


@dataclass(frozen=True, slots=True)
class Damaged:
    """Replaces personal data that cannot be read because of a fault, which may be repaired."""

    fault: Fault

    def __bool__(self) -> bool:
        return False


Unreadable: TypeAlias = Erased | Damaged
"""Replaces personal data of an event in read models, histories and exports."""


class PersonalMark:
    """Marks an event field whose value is sealed; see ``Personal``."""


PERSONAL: Final = PersonalMark()

T = TypeVar("T")
Personal: TypeAlias = Annotated[T | Erased, PERSONAL]
"""``name: Personal[str]`` is sealed under the key of the event's subject."""
