"""An appointment: one visit of one patient, from booking to its end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain.aggregate import Aggregate, FirstFact
from domain.errors import InvalidValueError
from domain.money import Money
from domain.personal import Personal
from domain.scheduling.errors import (
    AlreadyCancelledError,
    AlreadyCheckedInError,
    AlreadyClosedError,
    AlreadyStartedError,
    InThePastError,
    NotStartedError,
)
from domain.scheduling.time_claim import TimeClaim
from domain.text import clean_paragraphs
from domain.time_range import TimeRange


class Status(StrEnum):
    """booked -> checked_in -> completed | no_show; booked or checked_in -> cancelled."""

    BOOKED = "booked"
    CHECKED_IN = "checked_in"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


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


class Appointment(Aggregate):
    TOPIC = "scheduling.appointment"

    class Booked(FirstFact):
        TOPIC = "scheduling.appointment.booked"
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

    class Rescheduled(Aggregate.Event):
        TOPIC = "scheduling.appointment.rescheduled"
        starts_at: datetime
        ends_at: datetime
        resource_ids: list[UUID]

    class Cancelled(Aggregate.Event):
        TOPIC = "scheduling.appointment.cancelled"
        SUBJECT = "patient_id"
        patient_id: UUID
        reason: Personal[str]

    class CheckedIn(Aggregate.Event):
        TOPIC = "scheduling.appointment.checked_in"

    class Completed(Aggregate.Event):
        TOPIC = "scheduling.appointment.completed"

    class NotAttended(Aggregate.Event):
        TOPIC = "scheduling.appointment.not_attended"

    @classmethod
    def book(cls, *, id: UUID, visit: Visit, at: datetime, retrospective: bool = False) -> Self:
        """Book the visit. ``retrospective`` records one that has already begun, as an import does.

        Whether the time is free is for ``availability`` to say, and for the claims to guarantee.
        Raises InThePastError.
        """
        if visit.during.starts_at < at and not retrospective:
            raise InThePastError
        return cls._create(
            cls.Booked,
            id=id,
            timestamp=at,
            patient_id=visit.patient_id,
            service_id=visit.service_id,
            clinician_id=visit.clinician_id,
            location_id=visit.location_id,
            resource_ids=list(visit.resource_ids),
            starts_at=visit.during.starts_at,
            ends_at=visit.during.ends_at,
            buffer_before_minutes=visit.buffer_before_minutes,
            buffer_after_minutes=visit.buffer_after_minutes,
            mode=str(visit.mode),
            price_amount_minor=visit.price.amount_minor,
            price_currency=visit.price.currency,
        )

    @event(Booked)
    def __init__(
        self,
        patient_id: UUID,
        service_id: UUID,
        clinician_id: UUID,
        location_id: UUID,
        resource_ids: list[UUID],
        starts_at: datetime,
        ends_at: datetime,
        buffer_before_minutes: int,
        buffer_after_minutes: int,
        mode: str,
        price_amount_minor: int,
        price_currency: str,
        timestamp: datetime,
    ) -> None:
        self.patient_id = patient_id
        self.service_id = service_id
        self.clinician_id = clinician_id
        self.location_id = location_id
        self.resource_ids = resource_ids
        self.starts_at = starts_at
        self.ends_at = ends_at
        self.buffer_before_minutes = buffer_before_minutes
        self.buffer_after_minutes = buffer_after_minutes
        self.mode = mode
        self.price_amount_minor = price_amount_minor
        self.price_currency = price_currency
        self.status: str = Status.BOOKED.value
        self.cancellation_reason: Personal[str] | None = None

    @property
    def during(self) -> TimeRange:
        """The visit, without its buffers."""
        return TimeRange(self.starts_at, self.ends_at)

    @property
    def price(self) -> Money:
        return Money(self.price_amount_minor, self.price_currency)

    def claims(self) -> list[TimeClaim]:
        """Return the time that the visit holds now: its clinician's and each resource's, with the buffers.

        A cancelled visit and one whose patient did not come hold nothing; a completed one keeps its time, for it was used.
        """
        if self.status in (Status.CANCELLED, Status.NO_SHOW):
            return []
        visit = self.during
        during = visit.padded(
            timedelta(minutes=self.buffer_before_minutes), timedelta(minutes=self.buffer_after_minutes)
        )
        return [
            TimeClaim(self.id, what, during, visit, self.service_id) for what in (self.clinician_id, *self.resource_ids)
        ]

    def reschedule(self, to: TimeRange, resource_ids: Iterable[UUID], at: datetime) -> bool:
        """Move to another time. Return whether anything was recorded: the same time and resources record nothing.

        Raises AlreadyCancelledError, AlreadyClosedError, AlreadyCheckedInError, InThePastError.
        """
        resources = list(resource_ids)
        self.refuse_fixed()
        if to == self.during and resources == self.resource_ids:
            return False
        if to.starts_at < at:
            raise InThePastError
        self._rescheduled(starts_at=to.starts_at, ends_at=to.ends_at, resource_ids=resources, timestamp=at)
        return True

    @event(Rescheduled)
    def _rescheduled(
        self, starts_at: datetime, ends_at: datetime, resource_ids: list[UUID], timestamp: datetime
    ) -> None:
        self.starts_at, self.ends_at, self.resource_ids = starts_at, ends_at, resource_ids

    def cancel(self, reason: str, at: datetime) -> bool:
        """Return whether anything was recorded: cancelling twice records nothing the second time.

        Raises AlreadyClosedError; AlreadyStartedError: from ``starts_at`` on; InvalidValueError: no reason, or over 1000 characters.
        """
        if self.status == Status.CANCELLED:
            return False
        self._refuse_closed()
        if at >= self.starts_at:
            raise AlreadyStartedError
        reason = clean_paragraphs("reason", reason, 1000)
        self._cancelled(patient_id=self.patient_id, reason=reason, timestamp=at)
        return True

    @event(Cancelled)
    def _cancelled(self, patient_id: UUID, reason: Personal[str], timestamp: datetime) -> None:
        self.status = Status.CANCELLED.value
        self.cancellation_reason = reason

    def check_in(self, at: datetime) -> bool:
        """Note that the patient has arrived, at any time, for people come early and late. Return whether anything was recorded.

        Raises AlreadyCancelledError, AlreadyClosedError.
        """
        self._refuse_closed()
        if self.status == Status.CHECKED_IN:
            return False
        self._checked_in(timestamp=at)
        return True

    @event(CheckedIn)
    def _checked_in(self, timestamp: datetime) -> None:
        self.status = Status.CHECKED_IN.value

    def complete(self, at: datetime) -> bool:
        """Return whether anything was recorded: completing twice records nothing the second time.

        Raises AlreadyCancelledError; AlreadyClosedError: the patient did not come; NotStartedError: before ``starts_at``.
        """
        if self.status == Status.COMPLETED:
            return False
        self._refuse_closed()
        if at < self.starts_at:
            raise NotStartedError
        self._completed(timestamp=at)
        return True

    @event(Completed)
    def _completed(self, timestamp: datetime) -> None:
        self.status = Status.COMPLETED.value

    def mark_no_show(self, at: datetime) -> bool:
        """Note that the patient did not come. Return whether anything was recorded.

        Raises AlreadyCancelledError; AlreadyClosedError: completed; AlreadyCheckedInError; NotStartedError: before ``starts_at``.
        """
        if self.status == Status.NO_SHOW:
            return False
        self._refuse_closed()
        if self.status == Status.CHECKED_IN:
            raise AlreadyCheckedInError
        if at < self.starts_at:
            raise NotStartedError
        self._not_attended(timestamp=at)
        return True

    @event(NotAttended)
    def _not_attended(self, timestamp: datetime) -> None:
        self.status = Status.NO_SHOW.value

    def refuse_fixed(self) -> None:
        """Raise AlreadyCancelledError, AlreadyClosedError or AlreadyCheckedInError if the visit cannot be moved any more."""
        self._refuse_closed()
        if self.status == Status.CHECKED_IN:
            raise AlreadyCheckedInError

    def _refuse_closed(self) -> None:
        if self.status == Status.CANCELLED:
            raise AlreadyCancelledError
        if self.status in (Status.COMPLETED, Status.NO_SHOW):
            raise AlreadyClosedError
