"""The events of an appointment, accessed as ``Appointment.Booked`` and so on."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.kernel.aggregate import Aggregate, InitialEvent
from domain.kernel.money import Money
from domain.kernel.personal_data import Personal
from domain.scheduling.appointments.origin import VisitOrigin, origin_of
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
    cancellation_notice_minutes: int | None = field(default=None, kw_only=True)


class Booked(Agreed):
    """The series fields are set if the visit belongs to a series.

    ``occurrence`` is its number, ``original`` its originally planned local time. ``origin`` is set
    for ``waitlist`` and ``import``. ``assigned_starts_at`` is the start, if an import chose it
    because its file has no times.
    """

    TOPIC = "scheduling.appointment.booked"
    SCHEMA_VERSION = 3
    series_id: UUID | None = None
    occurrence: int | None = None
    original: str | None = None
    origin: str | None = None
    assigned_starts_at: datetime | None = None

    def apply(self, aggregate: Appointment) -> None:
        aggregate.origin = origin_of(self.origin, self.series_id)
        aggregate.remember("booked", status=Status.ARCHIVED)


class Requested(Agreed):
    """The visit was requested; it claims no time until it is confirmed."""

    TOPIC = "scheduling.appointment.requested"
    SCHEMA_VERSION = 2

    def apply(self, aggregate: Appointment) -> None:
        aggregate.status, aggregate.was_agreed = Status.REQUESTED.value, False
        aggregate.origin = VisitOrigin.REQUEST.value
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


class Repriced(Aggregate.Event):
    """The price of a visit, set only if it changed."""

    price_amount_minor: int | None = field(default=None, kw_only=True)
    price_currency: str | None = field(default=None, kw_only=True)

    def reprice(self, aggregate: Appointment) -> None:
        """Take the new price. A command keeps the former one for its undo."""
        if self.price_amount_minor is None or self.price_currency is None:
            return
        if aggregate.earlier:
            aggregate.earlier["price_amount_minor"] = aggregate.price_amount_minor
            aggregate.earlier["price_currency"] = aggregate.price_currency
        aggregate.price_amount_minor, aggregate.price_currency = self.price_amount_minor, self.price_currency


def new_price(visit: Appointment, price: Money | None) -> dict[str, int | str]:
    """Return the fields of Repriced; none if the price stays."""
    if price is None or price == Money(visit.price_amount_minor, visit.price_currency):
        return {}
    return {"price_amount_minor": price.amount_minor, "price_currency": price.currency}


class Rescheduled(Repriced):
    """``clinician_id`` and ``location_id`` are set only if they changed.

    ``notify`` false: do not tell the patient.
    """

    TOPIC = "scheduling.appointment.rescheduled"
    SCHEMA_VERSION = 4
    starts_at: datetime
    ends_at: datetime
    resource_ids: list[UUID]
    clinician_id: UUID | None = None
    location_id: UUID | None = None
    notify: bool | None = None

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("rescheduled")
        self.reprice(aggregate)
        aggregate.notify = self.notify is not False
        aggregate.starts_at, aggregate.ends_at = self.starts_at, self.ends_at
        aggregate.clinician_id = self.clinician_id or aggregate.clinician_id
        aggregate.location_id = self.location_id or aggregate.location_id
        aggregate.resource_ids, aggregate.beside = self.resource_ids, []


class Reassigned(Repriced):
    """``notify`` false: do not tell the patient. The patient's time stays as it was claimed."""

    TOPIC = "scheduling.appointment.reassigned"
    SCHEMA_VERSION = 3
    clinician_id: UUID
    location_id: UUID
    resource_ids: list[UUID]
    notify: bool | None = None

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("reassigned")
        self.reprice(aggregate)
        aggregate.notify = self.notify is not False
        aggregate.clinician_id, aggregate.location_id = self.clinician_id, self.location_id
        aggregate.resource_ids = self.resource_ids
        aggregate.beside = [id_ for id_ in aggregate.beside if id_ == aggregate.patient_id]


class Cancelled(Aggregate.Event):
    """``by`` is a CancelledBy; None: not stated. ``late`` None: there was no notice."""

    TOPIC = "scheduling.appointment.cancelled"
    SCHEMA_VERSION = 2
    SUBJECT = "patient_id"
    patient_id: UUID
    reason: Personal[str]
    by: str | None = None
    late: bool | None = None

    def apply(self, aggregate: Appointment) -> None:
        aggregate.remember("cancelled")
        aggregate.status, aggregate.cancellation_reason = Status.CANCELLED.value, self.reason
        aggregate.cancelled_at, aggregate.cancelled_by, aggregate.cancelled_late = self.timestamp, self.by, self.late


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


class Undone(Repriced):
    """The command ``act`` was undone; the other fields are the restored state.

    Notes are restored by the NotesChanged event recorded with this one.
    """

    TOPIC = "scheduling.appointment.undone"
    SCHEMA_VERSION = 2
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
        self.reprice(aggregate)
        if self.act != NOTES_CHANGED:
            aggregate.cancellation_reason = aggregate.decline_reason = aggregate.earlier = None
            aggregate.cancelled_at = aggregate.cancelled_by = aggregate.cancelled_late = None


class Withdrawn(Aggregate.Event):
    """The import that booked the visit was undone; the visit counts as never booked."""

    TOPIC = "scheduling.appointment.withdrawn"

    def apply(self, aggregate: Appointment) -> None:
        aggregate.earlier = aggregate.notes_before = aggregate.last_act = None
        aggregate.cancelled_at = aggregate.cancelled_by = aggregate.cancelled_late = None
        aggregate.status = Status.ARCHIVED.value
