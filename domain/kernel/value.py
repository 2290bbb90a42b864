"""Values that events store as flat fields."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import MISSING, Field
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Self, cast, get_origin, get_type_hints

from domain.kernel.money import Money
from domain.kernel.personal_data import Erased
from domain.kernel.time_range import TimeRange


class Value:
    """The base class of frozen dataclasses that events store field by field.

    The constructor checks. ``of`` does not, so recorded events stay readable when a rule gets
    stricter.
    """

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def fields(self, *omitted: str) -> dict[str, Any]:
        """Return the fields as an event stores them, except the omitted ones.

        Tuples become lists, enum members strings. Money called ``price`` becomes
        ``price_amount_minor`` and ``price_currency``; a TimeRange becomes ``starts_at`` and
        ``ends_at``.
        """
        fields: dict[str, Any] = {}
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if name in omitted:
                continue
            if isinstance(value, Money):
                fields[f"{name}_amount_minor"], fields[f"{name}_currency"] = value.amount_minor, value.currency
            elif isinstance(value, TimeRange):
                fields["starts_at"], fields["ends_at"] = value.starts_at, value.ends_at
            elif isinstance(value, tuple):
                fields[name] = list(value)
            else:
                fields[name] = value.value if isinstance(value, StrEnum) else value
        return fields

    @classmethod
    def of(cls, event: object) -> Self:
        """Rebuild the value from the fields of an event; missing ones take their defaults."""
        value = object.__new__(cls)
        for name, read in _readers(cast("Hashable", cls)):
            object.__setattr__(value, name, read(event))
        return value


@cache
def _readers(value_type: Any) -> list[tuple[str, Callable[[Any], Any]]]:
    hints = get_type_hints(value_type)
    return [(name, _reader(name, hints[name], field)) for name, field in value_type.__dataclass_fields__.items()]


def _reader(name: str, hint: Any, field: Field[Any]) -> Callable[[Any], Any]:
    if hint is Money:
        return lambda event: Money(getattr(event, f"{name}_amount_minor"), getattr(event, f"{name}_currency"))
    if hint is TimeRange:
        return lambda event: TimeRange(event.starts_at, event.ends_at)
    if get_origin(hint) in (tuple, Sequence):
        return lambda event: _as_tuple(getattr(event, name))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return lambda event: hint(getattr(event, name))
    if field.default is MISSING:
        return lambda event: getattr(event, name)
    return lambda event: getattr(event, name, field.default)


def _as_tuple(values: list[Any] | Erased) -> tuple[Any, ...] | Erased:
    return values if isinstance(values, Erased) else tuple(values)
