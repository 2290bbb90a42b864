"""Types that mark personal data, which is sealed under a key per person."""

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


class PersonalMark:
    """Marks an event field whose value is sealed; see ``Personal``."""


PERSONAL: Final = PersonalMark()

T = TypeVar("T")
Personal: TypeAlias = Annotated[T | Erased, PERSONAL]
"""``name: Personal[str]`` is sealed under the key of the event's subject."""
