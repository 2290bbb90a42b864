"""What a session is: who gives it, what, where, when, at what price and for how many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict
from uuid import UUID

from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.practice.seats import checked_seats

MOST_STAFF: Final = 10


class GroupSessionFields(TypedDict):
    """A session in the terms of the fact that begins it, without its course."""

    service_id: UUID
    staff_ids: list[UUID]
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    buffer_before_minutes: int
    buffer_after_minutes: int
    mode: str
    price_amount_minor: int
    price_currency: str
    seats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSessionTerms:
    """``during`` is without the buffers; the price is for one seat.

    Raises InvalidValueError: no staff, one of them twice, or too many seats.
    """

    service_id: UUID
    staff_ids: tuple[UUID, ...]
    location_id: UUID
    resource_ids: tuple[UUID, ...]
    during: TimeRange
    price: Money
    mode: str
    seats: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0

    def __post_init__(self) -> None:
        checked_staff(self.staff_ids)
        checked_seats(self.seats)

    def fields(self) -> GroupSessionFields:
        return {
            "service_id": self.service_id,
            "staff_ids": list(self.staff_ids),
            "location_id": self.location_id,
            "resource_ids": list(self.resource_ids),
            "starts_at": self.during.starts_at,
            "ends_at": self.during.ends_at,
            "buffer_before_minutes": self.buffer_before_minutes,
            "buffer_after_minutes": self.buffer_after_minutes,
            "mode": str(self.mode),
            "price_amount_minor": self.price.amount_minor,
            "price_currency": self.price.currency,
            "seats": self.seats,
        }


def checked_staff(staff_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Return who gives a session, in order. Raises InvalidValueError: nobody, more than 10, or one of them twice."""
    if not 1 <= len(staff_ids) <= MOST_STAFF:
        raise InvalidValueError("staff_ids", f"a session is given by 1 to {MOST_STAFF} clinicians")
    if len(set(staff_ids)) < len(staff_ids):
        raise InvalidValueError("staff_ids", "each clinician is named once")
    return tuple(staff_ids)
