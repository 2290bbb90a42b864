"""A visit: what was agreed on."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypedDict
from uuid import UUID

from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange


class VisitFields(TypedDict):
    """A visit in the terms of the facts that begin an appointment."""

    patient_id: UUID
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    buffer_before_minutes: int
    buffer_after_minutes: int
    mode: str
    price_amount_minor: int
    price_currency: str


class SeriesPlace(NamedTuple):
    """A visit's own one in its series, for ever: its number, and its (naive) time on the wall clock as it was planned first."""

    series_id: UUID
    occurrence: int
    original: datetime

    def fields(self) -> dict[str, object]:
        return {"series_id": self.series_id, "occurrence": self.occurrence, "original": self.original.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What is booked: who, what, with whom, where, when, at what price. ``during`` is the visit without its buffers.

    Raises InvalidValueError: a negative buffer or price.
    """

    patient_id: UUID
    service_id: UUID
    clinician_id: UUID
    location_id: UUID
    resource_ids: tuple[UUID, ...]
    during: TimeRange
    price: Money
    mode: str
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0

    def __post_init__(self) -> None:
        for field, value in (
            ("buffer_before_minutes", self.buffer_before_minutes),
            ("buffer_after_minutes", self.buffer_after_minutes),
            ("price", self.price.amount_minor),
        ):
            if value < 0:
                raise InvalidValueError(field, f"{field} is not negative")

    def fields(self) -> VisitFields:
        return {
            "patient_id": self.patient_id,
            "service_id": self.service_id,
            "clinician_id": self.clinician_id,
            "location_id": self.location_id,
            "resource_ids": list(self.resource_ids),
            "starts_at": self.during.starts_at,
            "ends_at": self.during.ends_at,
            "buffer_before_minutes": self.buffer_before_minutes,
            "buffer_after_minutes": self.buffer_after_minutes,
            "mode": str(self.mode),
            "price_amount_minor": self.price.amount_minor,
            "price_currency": self.price.currency,
        }
