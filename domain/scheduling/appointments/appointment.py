"""An appointment: one visit of one patient, from booking to its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from domain.kernel.money import Money
from domain.kernel.personal_data import Personal
from domain.kernel.text import clean_notes, clean_reason
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments import appointment_events as events
from domain.scheduling.appointments.origin import VisitOrigin
from domain.scheduling.appointments.status import HOLDING, Status, refuse_closed, refuse_fixed, refuse_unagreed
from domain.scheduling.appointments.undo import (
    NOTES_CHANGED,
    UndoableAggregate,
    UndoState,
    refuse_late_undo,
    state_before,
)
from domain.scheduling.appointments.visit import SeriesPlace, Visit
from domain.scheduling.availability.override import clean_override_reason
from domain.scheduling.cancellation import CancelledBy, is_late
from domain.scheduling.errors import (
    AlreadyCheckedInError,
    AlreadyStartedError,
    InThePastError,
    NothingToUndoError,
    NotLastError,
    NotRequestedError,
    NotStartedError,
)
from domain.scheduling.time_claim import TimeClaim, claims_of, pending_key

EARLIEST_ARRIVAL: Final = timedelta(days=1)
"""How long before a visit its patient can be there."""


class Appointment(UndoableAggregate):
    """``exempt_from``, ``overlaps``, ``beside`` and ``exemption`` describe an override of rules.

    ``notify``: tell the patient of the last command that changed more than notes.
    ``origin`` is a ``VisitOrigin``. ``assigned_starts_at`` is the start that an import chose.
    ``earlier`` is the state to which an undo returns, ``last_act`` the last command;
    ``notes_before`` are the notes before their last change, with ``noted_by_itself`` of that time.
    """

    TOPIC = "scheduling.appointment"

    Booked = events.Booked
    Requested = events.Requested
    Exempted = events.Exempted
    Confirmed = events.Confirmed
    Declined = events.Declined
    Rescheduled = events.Rescheduled
    Reassigned = events.Reassigned
    Cancelled = events.Cancelled
    CheckedIn = events.CheckedIn
    Completed = events.Completed
    NotAttended = events.NotAttended
    NotesChanged = events.NotesChanged
    Undone = events.Undone
    Withdrawn = events.Withdrawn

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
    cancellation_notice_minutes: int | None = None
    series_id: UUID | None = None
    occurrence: int | None = None
    original: str | None = None
    origin: str | None = None
    assigned_starts_at: datetime | None = None
    status: str = Status.BOOKED.value
    was_agreed: bool = True
    cancellation_reason: Personal[str] | None = None
    cancelled_at: datetime | None = None
    cancelled_by: str | None = None
    cancelled_late: bool | None = None
    decline_reason: Personal[str] | None = None
    exempt_from: list[str] = field(default_factory=list)
    overlaps: list[UUID] = field(default_factory=list)
    beside: list[UUID] = field(default_factory=list)
    exemption: Personal[str] | None = None
    notes: Personal[str | None] = None
    noted_by_itself: bool = False
    notes_before: tuple[Personal[str | None], bool] | None = None
    earlier: UndoState | None = None
    last_act: str | None = None
    notify: bool = True

    @classmethod
    def book(
        cls,
        *,
        id: UUID,
        visit: Visit,
        at: datetime,
        retrospective: bool = False,
        place: SeriesPlace | None = None,
        origin: VisitOrigin | None = None,
        time_is_assigned: bool = False,
    ) -> Self:
        """Book the visit; ``place`` identifies it in a series.

        ``retrospective`` allows a visit that has already begun, for imports. ``origin`` is that of
        an offer or an import, ``time_is_assigned`` for an import that chose the time.
        Raises InThePastError.
        """
        if visit.during.starts_at < at and not retrospective:
            raise InThePastError
        fields = visit.fields() if place is None else visit.fields() | place.fields()
        if origin is not None:
            fields["origin"] = origin.value
        if time_is_assigned:
            fields["assigned_starts_at"] = visit.during.starts_at
        return cls._create(cls.Booked, id=id, timestamp=at, **fields)

    @classmethod
    def request(cls, *, id: UUID, visit: Visit, at: datetime) -> Self:
        """Request the visit; it claims its time when it is confirmed. Raises InThePastError."""
        if visit.during.starts_at < at:
            raise InThePastError
        return cls._create(cls.Requested, id=id, timestamp=at, **visit.fields())

    @property
    def time_is_assigned(self) -> bool:
        """Whether an import chose the time; not any more once the visit was moved."""
        return self.assigned_starts_at == self.starts_at

    @property
    def during(self) -> TimeRange:
        """The visit without its buffers."""
        return TimeRange(self.starts_at, self.ends_at)

    @property
    def duration_minutes(self) -> int:
        """The length without the buffers, in whole minutes."""
        return self.during.duration // timedelta(minutes=1)

    @property
    def taken(self) -> TimeRange:
        """The visit with its buffers."""
        return self.during.with_buffers(self.buffer_before_minutes, self.buffer_after_minutes)

    @property
    def patient_ids(self) -> tuple[UUID, ...]:
        """The patient; a session has several."""
        return (self.patient_id,)

    def claims(self) -> list[TimeClaim]:
        """Return the claims on the clinician, each resource and, without buffers, the patient.

        A request has one pending claim, which only counts towards limits. A cancelled visit and a
        no-show claim nothing; a completed visit keeps its time.
        """
        if self.status == Status.REQUESTED:
            what = pending_key(self.clinician_id)
            return [TimeClaim(self.id, what, self.taken, self.during, self.service_id, beside=True, pending=True)]
        if self.status not in HOLDING:
            return []
        return claims_of(self, (self.clinician_id, *self.resource_ids), self.beside)

    def exempt(
        self, rules: Sequence[str], overlaps: Sequence[UUID], beside: Sequence[UUID], reason: str, at: datetime
    ) -> None:
        """Record why the visit is booked or moved against ``rules``, the codes of its refusals.

        ``overlaps`` are the holders of the same time; ``beside`` is what the visit shares with
        them. Raises what ``clean_override_reason`` raises.
        """
        self.trigger_event(
            self.Exempted,
            patient_id=self.patient_id,
            rules=list(rules),
            overlaps=list(overlaps),
            beside=list(beside),
            reason=clean_override_reason(reason),
            timestamp=at,
        )

    def confirm(self, resource_ids: Iterable[UUID], at: datetime) -> bool:
        """Accept a request, which then claims its time.

        Raises what ``refuse_closed`` raises, and InThePastError.
        """
        refuse_closed(self.status)
        if self.status != Status.REQUESTED:
            return False
        if self.starts_at < at:
            raise InThePastError
        self.trigger_event(self.Confirmed, resource_ids=list(resource_ids), timestamp=at)
        return True

    def decline(self, reason: str | None, at: datetime) -> bool:
        """Decline a request.

        Raises what ``refuse_closed`` raises, NotRequestedError; InvalidValueError as ``cancel``.
        """
        if self.status == Status.DECLINED:
            return False
        refuse_closed(self.status)
        if self.status != Status.REQUESTED:
            raise NotRequestedError
        cleaned = "" if reason is None else clean_reason("reason", reason)
        self.trigger_event(self.Declined, patient_id=self.patient_id, reason=cleaned, timestamp=at)
        return True

    def reschedule(
        self,
        to: TimeRange,
        resource_ids: Iterable[UUID],
        at: datetime,
        *,
        clinician_id: UUID | None = None,
        location_id: UUID | None = None,
        price: Money | None = None,
        notify: bool = True,
    ) -> bool:
        """Move to another time, optionally to another clinician and location, for another price.

        ``notify``: tell the patient. Raises what ``refuse_fixed`` raises, and InThePastError.
        """
        clinician, location = clinician_id or self.clinician_id, location_id or self.location_id
        if to == self.during:
            return self.reassign(clinician, location, resource_ids, at, price=price, notify=notify)
        refuse_fixed(self.status)
        if to.starts_at < at:
            raise InThePastError
        self.trigger_event(
            self.Rescheduled,
            starts_at=to.starts_at,
            ends_at=to.ends_at,
            resource_ids=list(resource_ids),
            clinician_id=None if clinician == self.clinician_id else clinician,
            location_id=None if location == self.location_id else location,
            notify=None if notify else False,
            **events.new_price(self, price),
            timestamp=at,
        )
        return True

    def reassign(
        self,
        clinician_id: UUID,
        location_id: UUID,
        resource_ids: Iterable[UUID],
        at: datetime,
        *,
        price: Money | None = None,
        notify: bool = True,
    ) -> bool:
        """Change the clinician, location, resources or price, at the same time.

        Raises what ``refuse_fixed`` raises, and InThePastError.
        """
        refuse_fixed(self.status)
        resources, new_price = list(resource_ids), events.new_price(self, price)
        present = self.clinician_id, self.location_id, set(self.resource_ids)
        if (clinician_id, location_id, set(resources)) == present and not new_price:
            return False
        if self.starts_at < at:
            raise InThePastError
        self.trigger_event(
            self.Reassigned,
            clinician_id=clinician_id,
            location_id=location_id,
            resource_ids=resources,
            notify=None if notify else False,
            **new_price,
            timestamp=at,
        )
        return True

    def cancel(self, reason: str, at: datetime, by: CancelledBy | None = None) -> bool:
        """Cancel the visit; late by its cancellation notice, unless it was only requested.

        Raises what ``refuse_closed`` and ``clean_reason`` raise; AlreadyStartedError.
        """
        notice = self.cancellation_notice_minutes if self.was_agreed else None
        return self.record_cancellation(reason, by, is_late(self.starts_at, notice, at), at)

    def record_cancellation(self, reason: str, by: CancelledBy | None, late: bool | None, at: datetime) -> bool:
        """Cancel the visit; ``late`` as another program knew it. Raises what ``cancel`` raises."""
        if self.status == Status.CANCELLED:
            return False
        refuse_closed(self.status)
        if at >= self.starts_at:
            raise AlreadyStartedError
        self.trigger_event(
            self.Cancelled,
            patient_id=self.patient_id,
            reason=clean_reason("reason", reason),
            by=by.value if by else None,
            late=late,
            timestamp=at,
        )
        return True

    def check_in(self, at: datetime) -> bool:
        """Record the arrival, up to a day early, or late.

        Raises what ``refuse_unagreed`` raises; NotStartedError: it is earlier.
        """
        refuse_unagreed(self.status)
        if self.starts_at - at > EARLIEST_ARRIVAL:
            raise NotStartedError("the visit is more than a day away")
        return self.trigger_if(self.status != Status.CHECKED_IN, self.CheckedIn, timestamp=at)

    def complete(self, at: datetime) -> bool:
        """Complete the visit.

        Raises what ``refuse_unagreed`` raises, and NotStartedError: before ``starts_at``.
        """
        if self.status == Status.COMPLETED:
            return False
        refuse_unagreed(self.status)
        if at < self.starts_at:
            raise NotStartedError
        self.trigger_event(self.Completed, timestamp=at)
        return True

    def mark_no_show(self, at: datetime) -> bool:
        """Record that the patient did not come.

        Raises what ``refuse_unagreed`` raises; AlreadyCheckedInError; NotStartedError.
        """
        if self.status == Status.NO_SHOW:
            return False
        refuse_unagreed(self.status)
        if self.status == Status.CHECKED_IN:
            raise AlreadyCheckedInError
        if at < self.starts_at:
            raise NotStartedError
        self.trigger_event(self.NotAttended, timestamp=at)
        return True

    def change_notes(self, notes: str | None, at: datetime, *, by_itself: bool = True, act: str | None = None) -> bool:
        """Set the notes for staff, in any status; None removes them.

        ``by_itself``: for this visit alone, not for several of a series. ``act``: the command that
        the notes are part of. Raises what ``clean_notes`` raises.
        """
        notes = clean_notes(notes)
        if notes == self.notes:
            return False
        self._record_notes(notes, by_itself, act, at)
        return True

    def withdraw(self, at: datetime) -> bool:
        """Archive a visit whose import was undone, in any status."""
        return self.trigger_if(self.status != Status.ARCHIVED, self.Withdrawn, timestamp=at)

    def undo(self, at: datetime, act: str | None = None) -> None:
        """Undo the last command and restore the state before it; an undone booking is archived.

        ``act`` names the command to undo: the last one that changed more than notes, or
        NOTES_CHANGED. Bookings and changes can be undone until the visit starts, attendance until a
        day after its end, and notes at any time. Raises NothingToUndoError: it was undone already;
        NotLastError: another command followed; AlreadyStartedError, TooLateToUndoError.
        """
        act = act or self.last_act
        if act == NOTES_CHANGED and self.notes_before:
            notes, by_itself = self.notes_before
            self.trigger_event(self.Undone, **state_before(self, act), timestamp=at)
            self._record_notes(notes, by_itself, "undone", at)
            return
        if self.earlier is None or act in (None, NOTES_CHANGED):
            raise NothingToUndoError
        if self.earlier["act"] != act:
            raise NotLastError
        refuse_late_undo(self, self.earlier, at)
        self.trigger_event(self.Undone, **self.earlier, timestamp=at)

    def remember(self, act: str, *, status: Status | None = None) -> None:
        """Keep the present state for an undo of ``act``, which follows; called by events.

        ``status`` is the status after that undo if it is not the present one.
        """
        self.earlier, self.last_act, self.notify = state_before(self, act), act, True
        if status is not None:
            self.earlier["status"] = status.value

    def _record_notes(self, notes: Personal[str | None], by_itself: bool, act: str | None, at: datetime) -> None:
        self.trigger_event(
            self.NotesChanged, patient_id=self.patient_id, notes=notes, by_itself=by_itself, act=act, timestamp=at
        )
