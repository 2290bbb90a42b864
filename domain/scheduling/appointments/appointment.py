"""An appointment: one visit of one patient, from booking to its end."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.personal_data import Personal
from domain.kernel.text import clean_paragraphs
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments import appointment_events as facts
from domain.scheduling.appointments.claims import claims_of
from domain.scheduling.appointments.notes import clean_notes
from domain.scheduling.appointments.status import Status, refuse_closed, refuse_fixed, refuse_unagreed
from domain.scheduling.appointments.undo import (
    NOTES_CHANGED,
    UndoableAggregate,
    UndoState,
    earlier_notes,
    remember,
    undoable,
)
from domain.scheduling.appointments.visit import SeriesPlace, Visit
from domain.scheduling.availability.override import clean_override_reason
from domain.scheduling.errors import (
    AlreadyCheckedInError,
    AlreadyStartedError,
    InThePastError,
    NotRequestedError,
    NotStartedError,
)
from domain.scheduling.time_claim import TimeClaim


class Appointment(UndoableAggregate):
    TOPIC = "scheduling.appointment"

    Booked = facts.Booked
    Requested = facts.Requested
    Exempted = facts.Exempted
    Confirmed = facts.Confirmed
    Declined = facts.Declined
    Rescheduled = facts.Rescheduled
    Reassigned = facts.Reassigned
    Cancelled = facts.Cancelled
    CheckedIn = facts.CheckedIn
    Completed = facts.Completed
    NotAttended = facts.NotAttended
    NotesChanged = facts.NotesChanged
    Undone = facts.Undone
    Withdrawn = facts.Withdrawn

    @classmethod
    def book(
        cls, *, id: UUID, visit: Visit, at: datetime, retrospective: bool = False, place: SeriesPlace | None = None
    ) -> Self:
        """Book the visit. ``retrospective`` records one that has already begun, as an import does; ``place`` is its one in a series.

        Whether the time is free is for ``availability`` to say, and for the claims to guarantee.
        Raises InThePastError.
        """
        if visit.during.starts_at < at and not retrospective:
            raise InThePastError
        fields = visit.fields() if place is None else visit.fields() | place.fields()
        return cls._create(cls.Booked, id=id, timestamp=at, **fields)

    @classmethod
    def request(cls, *, id: UUID, visit: Visit, at: datetime) -> Self:
        """Ask for the visit: it takes its time when it is confirmed. Raises InThePastError."""
        if visit.during.starts_at < at:
            raise InThePastError
        return cls._create(cls.Requested, id=id, timestamp=at, **visit.fields())

    @event(facts.Booked)
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
        series_id: UUID | None = None,
        occurrence: int | None = None,
        original: str | None = None,
    ) -> None:
        self.patient_id, self.service_id = patient_id, service_id
        self.clinician_id, self.location_id = clinician_id, location_id
        self.starts_at, self.ends_at = starts_at, ends_at
        self.buffer_before_minutes, self.buffer_after_minutes = buffer_before_minutes, buffer_after_minutes
        self.resource_ids, self.mode = resource_ids, mode
        self.price_amount_minor, self.price_currency = price_amount_minor, price_currency
        self.series_id, self.occurrence, self.original = series_id, occurrence, original
        self.status: str = Status.BOOKED.value
        self.was_agreed = True
        self.cancellation_reason: Personal[str] | None = None
        self.decline_reason: Personal[str] | None = None
        self.exemption: Personal[str] | None = None
        self.notes: Personal[str | None] = None
        self.noted_by_itself = False
        self.notes_before: tuple[Personal[str | None], bool] | None = None
        self.exempt_from: list[str] = []
        self.overlaps: list[UUID] = []
        self.beside: list[UUID] = []
        # Undone, a booking leaves no visit, and no cancellation either.
        self.earlier: UndoState | None
        self.last_act: str | None
        remember(self, "booked", status=Status.ARCHIVED.value)

    @property
    def during(self) -> TimeRange:
        """The visit, without its buffers."""
        return TimeRange(self.starts_at, self.ends_at)

    def claims(self) -> list[TimeClaim]:
        """Return the time that the visit holds now."""
        return claims_of(self)

    @property
    def taken(self) -> TimeRange:
        """The visit with its buffers."""
        return self.during.with_buffers(self.buffer_before_minutes, self.buffer_after_minutes)

    def exempt(
        self, rules: Sequence[str], overlaps: Sequence[UUID], beside: Sequence[UUID], reason: str, at: datetime
    ) -> None:
        """Say why a visit that is being booked or moved sets rules aside: ``rules`` are the codes of what would have refused it.

        ``overlaps`` hold the time that it is booked beside, ``beside`` are whom and what it shares with them.
        Raises what ``clean_override_reason`` raises.
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
        """Agree to a request; from now on it takes its time. Return whether anything was recorded.

        Raises AlreadyCancelledError, AlreadyDeclinedError, AlreadyArchivedError, AlreadyClosedError, InThePastError.
        """
        refuse_closed(self.status)
        if self.status != Status.REQUESTED:
            return False
        if self.starts_at < at:
            raise InThePastError
        self.trigger_event(self.Confirmed, resource_ids=list(resource_ids), timestamp=at)
        return True

    def decline(self, reason: str | None, at: datetime) -> bool:
        """Return whether anything was recorded: declining twice records nothing the second time.

        Raises NotRequestedError, AlreadyCancelledError, AlreadyArchivedError, AlreadyClosedError; InvalidValueError as ``cancel``.
        """
        if self.status == Status.DECLINED:
            return False
        refuse_closed(self.status)
        if self.status != Status.REQUESTED:
            raise NotRequestedError
        said = "" if reason is None else clean_paragraphs("reason", reason, 1000)
        self.trigger_event(self.Declined, patient_id=self.patient_id, reason=said, timestamp=at)
        return True

    def reschedule(
        self,
        to: TimeRange,
        resource_ids: Iterable[UUID],
        at: datetime,
        *,
        clinician_id: UUID | None = None,
        location_id: UUID | None = None,
    ) -> bool:
        """Move to another time, and with it to a clinician and a place if they are named. Return whether anything was recorded.

        Raises what ``refuse_fixed`` raises, and InThePastError.
        """
        clinician, location = clinician_id or self.clinician_id, location_id or self.location_id
        if to == self.during:
            return self.reassign(clinician, location, resource_ids, at)
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
            timestamp=at,
        )
        return True

    def reassign(self, clinician_id: UUID, location_id: UUID, resource_ids: Iterable[UUID], at: datetime) -> bool:
        """Give the visit to another clinician or room, at its own time. Return whether anything was recorded.

        Raises what ``refuse_fixed`` raises, and InThePastError.
        """
        refuse_fixed(self.status)
        resources = list(resource_ids)
        if (clinician_id, location_id, set(resources)) == (self.clinician_id, self.location_id, set(self.resource_ids)):
            return False
        if self.starts_at < at:
            raise InThePastError
        self.trigger_event(
            self.Reassigned, clinician_id=clinician_id, location_id=location_id, resource_ids=resources, timestamp=at
        )
        return True

    def cancel(self, reason: str, at: datetime) -> bool:
        """Return whether anything was recorded: cancelling twice records nothing the second time.

        Raises AlreadyClosedError, AlreadyDeclinedError, AlreadyArchivedError; AlreadyStartedError: from ``starts_at`` on;
        InvalidValueError: no reason, or over 1000 characters.
        """
        if self.status == Status.CANCELLED:
            return False
        refuse_closed(self.status)
        if at >= self.starts_at:
            raise AlreadyStartedError
        reason = clean_paragraphs("reason", reason, 1000)
        self.trigger_event(self.Cancelled, patient_id=self.patient_id, reason=reason, timestamp=at)
        return True

    def check_in(self, at: datetime) -> bool:
        """Note that the patient has arrived, at any time, for people come early and late. Return whether anything was recorded.

        Raises what ``refuse_unagreed`` raises.
        """
        refuse_unagreed(self.status)
        if self.status == Status.CHECKED_IN:
            return False
        self.trigger_event(self.CheckedIn, timestamp=at)
        return True

    def complete(self, at: datetime) -> bool:
        """Return whether anything was recorded: completing twice records nothing the second time.

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
        """Note that the patient did not come. Return whether anything was recorded.

        Raises what ``refuse_unagreed`` raises; AlreadyCheckedInError; NotStartedError: before ``starts_at``.
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
        """Keep what staff should know of this visit, whatever has become of it; None takes it away. Return whether anything was recorded.

        ``by_itself``: it is written for this visit alone, not for several of a series. ``act``: it is part of that one.
        Raises what ``clean_notes`` raises.
        """
        notes = clean_notes(notes)
        if notes == self.notes:
            return False
        said = {"patient_id": self.patient_id, "notes": notes, "by_itself": by_itself, "act": act}
        self.trigger_event(self.NotesChanged, **said, timestamp=at)
        return True

    def undo(self, at: datetime, act: str | None = None) -> None:
        """Take the last command back, or ``act``: the visit is again what it was before it. A booking is archived.

        Raises what ``undoable`` raises.
        """
        earlier = undoable(self, act, at)
        self.trigger_event(self.Undone, **earlier, timestamp=at)
        if earlier["act"] == NOTES_CHANGED:
            self.trigger_event(self.NotesChanged, **earlier_notes(self), timestamp=at)
