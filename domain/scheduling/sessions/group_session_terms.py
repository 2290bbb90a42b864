"""The terms of a planned group session."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.kernel.value import Value
from domain.practice.seats import checked_seats

MAX_STAFF: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSessionTerms(Value):
    """``during`` excludes the buffers; the price is per seat.

    ``cancellation_notice_minutes`` None: no cancellation of a seat is late.
    Raises InvalidValueError: no staff, a clinician twice, or too many seats.
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
    cancellation_notice_minutes: int | None = None

    def __post_init__(self) -> None:
        checked_staff(self.staff_ids)
        checked_seats(self.seats)


def checked_staff(staff_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Return the staff. Raises InvalidValueError: none, more than 10, or a clinician twice."""
    if not 1 <= len(staff_ids) <= MAX_STAFF:
        raise InvalidValueError("staff_ids", f"a session has 1 to {MAX_STAFF} clinicians")
    if len(set(staff_ids)) < len(staff_ids):
        raise InvalidValueError("staff_ids", "each clinician may be listed once")
    return tuple(staff_ids)
