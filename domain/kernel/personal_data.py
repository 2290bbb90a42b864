"""Personal data by type: what is sealed under a person's own key, and what is left after an erasure."""

from typing import Annotated, Final, TypeAlias, TypeVar


class Erased:
    """Stands where personal data stood before its key was destroyed. There is one: ``ERASED``."""

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


class PersonalMark:
    """Marks an event field whose value is sealed; see ``Personal``."""


PERSONAL: Final = PersonalMark()

T = TypeVar("T")
Personal: TypeAlias = Annotated[T | Erased, PERSONAL]
"""``name: Personal[str]``: sealed under the key of the event's subject; ``ERASED`` once that key is gone."""
