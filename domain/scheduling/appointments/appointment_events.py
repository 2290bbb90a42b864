"""The facts of an appointment's life, and what each makes of it. They are known as ``Appointment.Booked`` and so on.

An appointment knows its facts, so they cannot know it by its type.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.personal_data import Personal
from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.undo import NOTES_CHANGED, remember


class Agreed(InitialEvent):
    """What both facts that begin an appointment tell of the visit."""

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


class Booked(Agreed):
    """``series_id``, ``occurrence`` (its number in the series) and ``original`` (its time on the series' wall clock as it was planned
    first) are there if the visit was booked as one of a series.
    """

    TOPIC = "scheduling.appointment.booked"
    SCHEMA_VERSION = 2
    series_id: UUID | None = None
    occurrence: int | None = None
    original: str | None = None


class Requested(Agreed):
    """Asked for, and not yet agreed to: it takes no time from anybody."""

    TOPIC = "scheduling.appointment.requested"

    def apply(self, aggregate: Any) -> None:
        aggregate.status = Status.REQUESTED.value
        aggregate.was_agreed = False
        remember(aggregate, "requested", status=Status.ARCHIVED.value)


class Exempted(Aggregate.Event):
    """Recorded with a booking or a move that sets rules aside, on purpose. ``beside`` are those of its things that others have at
    the same time.
    """

    TOPIC = "scheduling.appointment.exempted"
    SUBJECT = "patient_id"
    patient_id: UUID
    rules: list[str]
    overlaps: list[UUID]
    beside: list[UUID]
    reason: Personal[str]

    def apply(self, aggregate: Any) -> None:
        aggregate.exempt_from, aggregate.overlaps, aggregate.beside = self.rules, self.overlaps, self.beside
        aggregate.exemption = self.reason


class Confirmed(Aggregate.Event):
    """``resource_ids`` are the rooms and devices that the visit takes now; others may have been free when it was asked for."""

    TOPIC = "scheduling.appointment.confirmed"
    resource_ids: list[UUID]

    def apply(self, aggregate: Any) -> None:
        remember(aggregate, "confirmed")
        aggregate.status, aggregate.resource_ids = Status.BOOKED.value, self.resource_ids
        aggregate.was_agreed = True


class Declined(Aggregate.Event):
    """``reason`` is empty where none was given."""

    TOPIC = "scheduling.appointment.declined"
    SUBJECT = "patient_id"
    patient_id: UUID
    reason: Personal[str]

    def apply(self, aggregate: Any) -> None:
        remember(aggregate, "declined")
        aggregate.status, aggregate.decline_reason = Status.DECLINED.value, self.reason or None


class Rescheduled(Aggregate.Event):
    """``clinician_id`` and ``location_id`` are there if they are others from now on."""

    TOPIC = "scheduling.appointment.rescheduled"
    SCHEMA_VERSION = 2
    starts_at: datetime
    ends_at: datetime
    resource_ids: list[UUID]
    clinician_id: UUID | None = None
    location_id: UUID | None = None

    def apply(self, aggregate: Any) -> None:
        remember(aggregate, "rescheduled")
        aggregate.starts_at, aggregate.ends_at = self.starts_at, self.ends_at
        aggregate.clinician_id = self.clinician_id or aggregate.clinician_id
        aggregate.location_id = self.location_id or aggregate.location_id
        aggregate.resource_ids, aggregate.beside = self.resource_ids, []


class Reassigned(Aggregate.Event):
    TOPIC = "scheduling.appointment.reassigned"
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]

    def apply(self, aggregate: Any) -> None:
        remember(aggregate, "reassigned")
        aggregate.clinician_id, aggregate.location_id = self.clinician_id, self.location_id
        aggregate.resource_ids, aggregate.beside = self.resource_ids, []


class Cancelled(Aggregate.Event):
    TOPIC = "scheduling.appointment.cancelled"
    SUBJECT = "patient_id"
    patient_id: UUID
    reason: Personal[str]

    def apply(self, aggregate: Any) -> None:
        remember(aggregate, "cancelled")
        aggregate.status, aggregate.cancellation_reason = Status.CANCELLED.value, self.reason


class CheckedIn(Aggregate.Event):
    TOPIC = "scheduling.appointment.checked_in"

    def apply(self, aggregate: Any) -> None:
        remember(aggregate, "checked_in")
        aggregate.status = Status.CHECKED_IN.value


class Completed(Aggregate.Event):
    TOPIC = "scheduling.appointment.completed"

    def apply(self, aggregate: Any) -> None:
        remember(aggregate, "completed")
        aggregate.status = Status.COMPLETED.value


class NotAttended(Aggregate.Event):
    TOPIC = "scheduling.appointment.not_attended"

    def apply(self, aggregate: Any) -> None:
        remember(aggregate, "not_attended")
        aggregate.status = Status.NO_SHOW.value


class NotesChanged(Aggregate.Event):
    """``by_itself``: they were written for this visit alone, and not for several of a series. ``act`` is there if they are part of
    another act: they came with the booking, or are again what they were since a change of them was undone.
    """

    TOPIC = "scheduling.appointment.notes_changed"
    SUBJECT = "patient_id"
    patient_id: UUID
    notes: Personal[str | None]
    by_itself: bool
    act: str | None = None

    def apply(self, aggregate: Any) -> None:
        if self.act is None:
            aggregate.notes_before, aggregate.last_act = (aggregate.notes, aggregate.noted_by_itself), NOTES_CHANGED
        else:
            aggregate.notes_before = None
        aggregate.notes, aggregate.noted_by_itself = self.notes, self.by_itself


class Undone(Aggregate.Event):
    """The last command, ``act``, does not count; the appointment is what it was before it, as the other fields say. What its notes were
    is said by the fact that comes with it.
    """

    TOPIC = "scheduling.appointment.undone"
    act: str
    status: str
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    starts_at: datetime
    ends_at: datetime
    beside: list[UUID]

    def apply(self, aggregate: Any) -> None:
        aggregate.status, aggregate.clinician_id, aggregate.location_id = (
            self.status,
            self.clinician_id,
            self.location_id,
        )
        aggregate.starts_at, aggregate.ends_at = self.starts_at, self.ends_at
        aggregate.resource_ids, aggregate.beside = self.resource_ids, self.beside
        aggregate.last_act = None
        if self.act != NOTES_CHANGED:
            aggregate.cancellation_reason = aggregate.decline_reason = aggregate.earlier = None


class Withdrawn(Aggregate.Event):
    """The import that booked the visit was undone: there is no visit, and nobody had cancelled one."""

    TOPIC = "scheduling.appointment.withdrawn"

    def apply(self, aggregate: Any) -> None:
        aggregate.earlier = aggregate.notes_before = aggregate.last_act = None
        aggregate.status = Status.ARCHIVED.value
