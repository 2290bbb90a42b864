"""The events of an appointment, accessed as ``Appointment.Booked`` and so on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.personal_data import Personal
from domain.scheduling.appointments.status import Status
from domain.scheduling.appointments.undo import NOTES_CHANGED

if TYPE_CHECKING:
    from domain.scheduling.appointments.appointment import Appointment


class Agreed(InitialEvent):
    """The fields of Visit."""

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
    """The series fields are set if the visit belongs to a series.

    ``occurrence`` is its number, ``original`` its originally planned local time.
    """

    TOPIC = "scheduling.appointment.booked"
    SCHEMA_VERSION = 2
    series_id: UUID | None = None
    occurrence: int | None = None
    original: str | None = None

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("booked", status=Status.ARCHIVED)


class Requested(Agreed):
    """The visit was requested; it claims no time until it is confirmed."""

    TOPIC = "scheduling.appointment.requested"

    def apply(self, aggregate: Appointment) -> None:
        aggregate.status, aggregate.was_agreed = Status.REQUESTED.value, False
        aggregate.remember("requested", status=Status.ARCHIVED)


class Exempted(Aggregate.Event):
    """Recorded with a booking or move that overrides rules on purpose.

    ``rules`` are the codes of the overridden rules, ``overlaps`` the holders of the same time, and
    ``beside`` the clinician, resources and patient shared with them.
    """

    TOPIC = "scheduling.appointment.exempted"
    SUBJECT = "patient_id"
    patient_id: UUID
    rules: list[str]
    overlaps: list[UUID]
    beside: list[UUID]
    reason: Personal[str]

    def apply(self, aggregate: Appointment) -> None:
        aggregate.exempt_from, aggregate.overlaps, aggregate.beside = self.rules, self.overlaps, self.beside
        aggregate.exemption = self.reason


class Confirmed(Aggregate.Event):
    """``resource_ids`` are the resources used now; they may differ from those at the request."""

    TOPIC = "scheduling.appointment.confirmed"
    resource_ids: list[UUID]

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("confirmed")
        aggregate.status, aggregate.resource_ids = Status.BOOKED.value, self.resource_ids
        aggregate.was_agreed = True


class Declined(Aggregate.Event):
    """``reason`` is empty if none was given."""

    TOPIC = "scheduling.appointment.declined"
    SUBJECT = "patient_id"
    patient_id: UUID
    reason: Personal[str]

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("declined")
        aggregate.status, aggregate.decline_reason = Status.DECLINED.value, self.reason or None


class Rescheduled(Aggregate.Event):
    """``clinician_id`` and ``location_id`` are set only if they changed.

    ``notify`` false: do not tell the patient.
    """

    TOPIC = "scheduling.appointment.rescheduled"
    SCHEMA_VERSION = 3
    starts_at: datetime
    ends_at: datetime
    resource_ids: list[UUID]
    clinician_id: UUID | None = None
    location_id: UUID | None = None
    notify: bool | None = None

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("rescheduled")
        aggregate.notify = self.notify is not False
        aggregate.starts_at, aggregate.ends_at = self.starts_at, self.ends_at
        aggregate.clinician_id = self.clinician_id or aggregate.clinician_id
        aggregate.location_id = self.location_id or aggregate.location_id
        aggregate.resource_ids, aggregate.beside = self.resource_ids, []


class Reassigned(Aggregate.Event):
    """``notify`` false: do not tell the patient. The patient's time stays as it was claimed."""

    TOPIC = "scheduling.appointment.reassigned"
    SCHEMA_VERSION = 2
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    notify: bool | None = None

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("reassigned")
        aggregate.notify = self.notify is not False
        aggregate.clinician_id, aggregate.location_id = self.clinician_id, self.location_id
        aggregate.resource_ids = self.resource_ids
        aggregate.beside = [id_ for id_ in aggregate.beside if id_ == aggregate.patient_id]


class Cancelled(Aggregate.Event):
    TOPIC = "scheduling.appointment.cancelled"
    SUBJECT = "patient_id"
    patient_id: UUID
    reason: Personal[str]

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("cancelled")
        aggregate.status, aggregate.cancellation_reason = Status.CANCELLED.value, self.reason


class CheckedIn(Aggregate.Event):
    TOPIC = "scheduling.appointment.checked_in"

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("checked_in")
        aggregate.status = Status.CHECKED_IN.value


class Completed(Aggregate.Event):
    TOPIC = "scheduling.appointment.completed"

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("completed")
        aggregate.status = Status.COMPLETED.value


class NotAttended(Aggregate.Event):
    TOPIC = "scheduling.appointment.not_attended"

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("not_attended")
        aggregate.status = Status.NO_SHOW.value


class NotesChanged(Aggregate.Event):
    """``by_itself``: the notes were written for this visit alone, not for several of a series.

    ``act`` is set if the notes are part of another command: a booking, or the undo of a change of
    notes.
    """

    TOPIC = "scheduling.appointment.notes_changed"
    SUBJECT = "patient_id"
    patient_id: UUID
    notes: Personal[str | None]
    by_itself: bool
    act: str | None = None

    def apply(self, aggregate: Appointment) -> None:
        if self.act is None:
            aggregate.notes_before = (aggregate.notes, aggregate.noted_by_itself)
            aggregate.last_act = NOTES_CHANGED
        else:
            aggregate.notes_before = None
        aggregate.notes, aggregate.noted_by_itself = self.notes, self.by_itself


class Undone(Aggregate.Event):
    """The command ``act`` was undone; the other fields are the restored state.

    Notes are restored by the NotesChanged event recorded with this one.
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

    def apply(self, aggregate: Appointment) -> None:
        aggregate.status = self.status
        aggregate.clinician_id, aggregate.location_id = self.clinician_id, self.location_id
        aggregate.starts_at, aggregate.ends_at = self.starts_at, self.ends_at
        aggregate.resource_ids, aggregate.beside = self.resource_ids, self.beside
        aggregate.last_act = None
        if self.act != NOTES_CHANGED:
            aggregate.cancellation_reason = aggregate.decline_reason = aggregate.earlier = None


class Withdrawn(Aggregate.Event):
    """The import that booked the visit was undone; the visit counts as never booked."""

    TOPIC = "scheduling.appointment.withdrawn"

    def apply(self, aggregate: Appointment) -> None:
        aggregate.earlier = aggregate.notes_before = aggregate.last_act = None
        aggregate.status = Status.ARCHIVED.value
