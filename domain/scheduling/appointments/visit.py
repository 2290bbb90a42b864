"""The terms of a booked visit."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.kernel.value import Value
from domain.practice.service import ServiceTerms
from domain.scheduling.availability.query import Slot


class SeriesPlace(NamedTuple):
    """The identity of a visit in its series: number and originally planned local time (naive)."""

    series_id: UUID
    occurrence: int
    original: datetime

    def fields(self) -> dict[str, object]:
        return {**self._asdict(), "original": self.original.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Value):
    """Patient, service, clinician, place, time and price. ``during`` excludes the buffers.

    ``cancellation_notice_minutes`` None: no cancellation of it is late.
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
    cancellation_notice_minutes: int | None = None

    @classmethod
    def on_terms(cls, terms: ServiceTerms, slot: Slot, patient_id: UUID, service_id: UUID, clinician_id: UUID) -> Self:
        """Return a visit in a slot on the current terms of a service for the clinician."""
        return cls(
            patient_id=patient_id,
            service_id=service_id,
            clinician_id=clinician_id,
            location_id=slot.location_id,
            resource_ids=slot.resource_ids,
            during=slot.during,
            price=terms.price,
            mode=terms.mode,
            buffer_before_minutes=terms.buffer_before_minutes,
            buffer_after_minutes=terms.buffer_after_minutes,
            cancellation_notice_minutes=terms.cancellation_notice_minutes,
        )

    def __post_init__(self) -> None:
        for field, value in (
            ("buffer_before_minutes", self.buffer_before_minutes),
            ("buffer_after_minutes", self.buffer_after_minutes),
            ("price", self.price.amount_minor),
        ):
            if value < 0:
                raise InvalidValueError(field, f"{field} must not be negative")
