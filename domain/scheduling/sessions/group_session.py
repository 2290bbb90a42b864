"""A group session: one time for several patients, with a roster and a waiting line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Self, TypeAlias
from uuid import UUID

from domain.kernel.personal_data import Personal
from domain.kernel.text import clean_reason
from domain.kernel.time_range import TimeRange
from domain.practice.seats import checked_seats
from domain.scheduling.appointments.undo import CORRECTION, UndoableAggregate
from domain.scheduling.availability.override import clean_override_reason
from domain.scheduling.availability.query import Slot
from domain.scheduling.cancellation import CancelledBy, is_late
from domain.scheduling.errors import (
    AlreadyArchivedError,
    AlreadyCancelledError,
    AlreadyStartedError,
    InThePastError,
    NothingToUndoError,
    NotStartedError,
    SchedulingError,
    TooLateToUndoError,
)
from domain.scheduling.sessions import group_session_events as events
from domain.scheduling.sessions.errors import (
    AlreadyEnrolledError,
    AlreadyWaitingError,
    NotEnrolledError,
    SeatGivenOnError,
    SeatsTakenError,
    SessionFullError,
)
from domain.scheduling.sessions.group_session_terms import GroupSessionTerms, checked_staff
from domain.scheduling.time_claim import TimeClaim, claims_of


class GroupSessionStatus(StrEnum):
    """planned -> cancelled | archived. Started and ended follow from the time."""

    PLANNED = "planned"
    CANCELLED = "cancelled"
    ARCHIVED = "archived"
    """The planning was undone."""


class EnrolmentStatus(StrEnum):
    """The status of a patient in a session."""

    ENROLLED = "enrolled"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    ARCHIVED = "archived"
    """The enrolment was undone."""


class Standing(NamedTuple):
    """``place`` is the index in the roster or in the waiting line, from 0."""

    status: EnrolmentStatus
    place: int | None = None
    attended: bool | None = None


_RESTORED_FIRST: Final = (EnrolmentStatus.ARCHIVED, EnrolmentStatus.WITHDRAWN, EnrolmentStatus.WAITING)
"""Seats are vacated before others are restored, so that no version of a session is overbooked."""


SeatRefusal: TypeAlias = Callable[[UUID], str | None]
"""Returns why a patient cannot have a free seat now: a code; None if they can."""


class GroupSession(UndoableAggregate):
    """``roster`` maps enrolled patients, in order of enrolment, to attendance (None: not recorded).

    ``waiting`` is the waiting line, first come first; while a seat is free, it has only patients
    who were ``passed_over``, by the code of the reason. ``exemptions`` are the seats of patients
    who have another visit at this time, with the visits and the reason of an override. ``left``
    maps patients who left to their EnrolmentStatus. ``person`` parameters are all ids of one
    patient, who may have been merged since. ``placed`` is the last change of time, place or
    cancellation, ``seated`` the last change of each patient's seat. ``moved_up`` are the patients
    moved up by the last command. After an undo, ``undone`` is the undone command and
    ``back_in_line`` the patients who wait again.
    """

    TOPIC = "scheduling.session"

    Planned = events.Planned
    Enrolled = events.Enrolled
    BeganToWait = events.BeganToWait
    MovedUp = events.MovedUp
    PassedOver = events.PassedOver
    SeatExempted = events.SeatExempted
    SeatCancelled = events.SeatCancelled
    StoppedWaiting = events.StoppedWaiting
    SeatsChanged = events.SeatsChanged
    Moved = events.Moved
    AttendanceNoted = events.AttendanceNoted
    Cancelled = events.Cancelled
    Undone = events.Undone
    Reinstated = events.Reinstated
    StandingRestored = events.StandingRestored

    service_id: UUID
    staff_ids: list[UUID]
    clinician_id: UUID = field(init=False)
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
    course_id: UUID | None
    cancellation_notice_minutes: int | None = None
    roster: dict[UUID, bool | None] = field(default_factory=dict)
    waiting: list[UUID] = field(default_factory=list)
    passed_over: dict[UUID, str] = field(default_factory=dict)
    exemptions: dict[UUID, tuple[list[UUID], Personal[str]]] = field(default_factory=dict)
    left: dict[UUID, str] = field(default_factory=dict)
    moved_up: list[UUID] = field(default_factory=list)
    undone: str | None = None
    back_in_line: list[UUID] = field(default_factory=list)
    placed: events.CalendarChange = field(init=False)
    seated: dict[UUID, events.CalendarChange] = field(default_factory=dict)
    is_cancelled: bool = False
    is_archived: bool = False
    cancellation_reason: Personal[str] | None = None

    @classmethod
    def plan(cls, *, id: UUID, terms: GroupSessionTerms, at: datetime, course_id: UUID | None = None) -> Self:
        """Plan a session. Raises InThePastError."""
        if terms.during.starts_at < at:
            raise InThePastError
        return cls._create(cls.Planned, id=id, timestamp=at, course_id=course_id, **terms.fields())

    @property
    def status(self) -> GroupSessionStatus:
        if self.is_archived:
            return GroupSessionStatus.ARCHIVED
        return GroupSessionStatus.CANCELLED if self.is_cancelled else GroupSessionStatus.PLANNED

    @property
    def called_off(self) -> SchedulingError | None:
        """The error for commands on a cancelled or archived session; None if it takes place."""
        if self.is_archived:
            return AlreadyArchivedError("the planning was undone; plan the session again")
        return AlreadyCancelledError("the session was cancelled") if self.is_cancelled else None

    @property
    def during(self) -> TimeRange:
        """The session without its buffers."""
        return TimeRange(self.starts_at, self.ends_at)

    @property
    def taken(self) -> TimeRange:
        """The session with its buffers."""
        return self.during.with_buffers(self.buffer_before_minutes, self.buffer_after_minutes)

    @property
    def patient_ids(self) -> tuple[UUID, ...]:
        """The patients on the roster."""
        return tuple(self.roster)

    def claims(self) -> list[TimeClaim]:
        """Return the claims on staff and resources and, without buffers, on enrolled patients."""
        if self.called_off:
            return []
        return claims_of(self, (*self.staff_ids, *self.resource_ids), self.exemptions)

    def calendar_change_for(self, person: Collection[UUID]) -> events.CalendarChange | None:
        """Return the last change in a patient's calendar; None if the patient never had a seat."""
        seats = [self.seated[id] for id in person if id in self.seated]
        return max(self.placed, *seats) if seats else None

    def enrol(self, patient_id: UUID, person: Collection[UUID], at: datetime, *, waits: bool = False) -> None:
        """Give a seat or, if all are taken and ``waits``, the last place in the waiting line.

        A waiting patient who was passed over gets a seat that is still free. Raises the
        ``called_off`` error, AlreadyStartedError, AlreadyEnrolledError, AlreadyWaitingError,
        SessionFullError.
        """
        self._refuse_begun(at)
        if any(id in self.roster for id in person):
            raise AlreadyEnrolledError
        if waiting := next((id for id in self.waiting if id in person), None):
            if len(self.roster) >= self.seats:
                raise AlreadyWaitingError
            self.trigger_event(self.MovedUp, patient_id=waiting, timestamp=at)
        elif len(self.roster) < self.seats:
            self.trigger_event(self.Enrolled, patient_id=patient_id, timestamp=at)
        elif waits:
            self.trigger_event(self.BeganToWait, patient_id=patient_id, timestamp=at)
        else:
            raise SessionFullError

    def exempt(self, patient_id: UUID, overlaps: Sequence[UUID], reason: str, at: datetime) -> None:
        """Record why a patient has a seat at the time of other visits. Raises InvalidValueError."""
        self._exempt(patient_id, list(overlaps), clean_override_reason(reason), at)

    def withdraw(
        self,
        person: Collection[UUID],
        at: datetime,
        by: CancelledBy | None = None,
        *,
        refusal: SeatRefusal | None = None,
    ) -> None:
        """Remove a patient; the first in the waiting line gets the seat at once.

        A seat, but no place in the waiting line, can be cancelled late. ``refusal`` as in ``fill``.
        Raises the ``called_off`` error, AlreadyStartedError, NotEnrolledError.
        """
        self._refuse_begun(at)
        seats = [id for id in self.roster if id in person]
        places = [id for id in self.waiting if id in person]
        if not (seats or places):
            raise NotEnrolledError
        for id in places:
            self.trigger_event(self.StoppedWaiting, patient_id=id, timestamp=at)
        late, by_whom = is_late(self.starts_at, self.cancellation_notice_minutes, at), by.value if by else None
        for id in seats:
            self.trigger_event(self.SeatCancelled, patient_id=id, by=by_whom, late=late, timestamp=at)
        self.fill(at, refusal)

    def change_seats(self, seats: int, at: datetime, *, fills: bool = True, refusal: SeatRefusal | None = None) -> bool:
        """Change the number of seats. Return whether an event was recorded.

        New seats go to the waiting line, unless ``fills`` is false and the caller calls ``fill``
        later. ``refusal`` as in ``fill``. Raises the ``called_off`` error, AlreadyStartedError;
        SeatsTakenError: fewer seats than enrolled; InvalidValueError.
        """
        self._refuse_begun(at)
        checked_seats(seats)
        if seats == self.seats:
            return False
        if seats < len(self.roster):
            raise SeatsTakenError
        self.trigger_event(self.SeatsChanged, seats=seats, timestamp=at)
        if fills:
            self.fill(at, refusal)
        return True

    def move(self, staff_ids: Sequence[UUID], slot: Slot, at: datetime) -> bool:
        """Change time, staff or rooms and keep the roster. Return whether an event was recorded.

        Raises the ``called_off`` error, AlreadyStartedError, InThePastError, InvalidValueError.
        """
        self._refuse_begun(at)
        staff, resources = list(checked_staff(staff_ids)), list(slot.resource_ids)
        now = (self.staff_ids, self.location_id, set(self.resource_ids), self.starts_at, self.ends_at)
        if (staff, slot.location_id, set(resources), slot.starts_at, slot.ends_at) == now:
            return False
        if slot.starts_at < at:
            raise InThePastError
        self.trigger_event(
            self.Moved,
            staff_ids=staff,
            location_id=slot.location_id,
            resource_ids=resources,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            timestamp=at,
        )
        return True

    def note_attendance(self, person: Collection[UUID], attended: bool, at: datetime) -> bool:
        """Record or correct attendance. Return whether an event was recorded.

        Raises the ``called_off`` error; NotStartedError: before ``starts_at``; NotEnrolledError.
        """
        if self.called_off:
            raise self.called_off
        if at < self.starts_at:
            raise NotStartedError("the session has not started")
        seats = [id for id in self.roster if id in person]
        if not seats:
            raise NotEnrolledError
        changed = [id for id in seats if self.roster[id] != attended]
        for id in changed:
            self.trigger_event(self.AttendanceNoted, patient_id=id, attended=attended, timestamp=at)
        return bool(changed)

    def cancel(self, reason: str, at: datetime) -> bool:
        """Cancel the session. Return whether an event was recorded; a repeat records nothing.

        Raises AlreadyArchivedError; AlreadyStartedError: from ``starts_at`` on; InvalidValueError:
        no reason, or over 1000 characters.
        """
        if self.is_cancelled:
            return False
        self._refuse_begun(at)
        cleaned = clean_reason("reason", reason)
        self.trigger_event(self.Cancelled, clinician_id=self.clinician_id, reason=cleaned, timestamp=at)
        return True

    def standing(self, patient_id: UUID) -> Standing:
        """Return the status of a patient; ARCHIVED for a patient who was never enrolled."""
        if patient_id in self.roster:
            place = list(self.roster).index(patient_id)
            return Standing(EnrolmentStatus.ENROLLED, place, self.roster[patient_id])
        if patient_id in self.waiting:
            return Standing(EnrolmentStatus.WAITING, self.waiting.index(patient_id))
        return Standing(EnrolmentStatus(self.left.get(patient_id, EnrolmentStatus.ARCHIVED)))

    def fill(self, at: datetime, refusal: SeatRefusal | None = None) -> None:
        """Give free seats to the waiting patients, in order, except those with a ``refusal``."""
        for id in tuple(self.waiting):
            if len(self.roster) >= self.seats:
                return
            reason = refusal(id) if refusal else None
            if reason is None:
                self.trigger_event(self.MovedUp, patient_id=id, timestamp=at)
            elif self.passed_over.get(id) != reason:
                self.trigger_event(self.PassedOver, patient_id=id, reason=reason, timestamp=at)

    def undo(self, act: str, earlier: GroupSession | None, at: datetime) -> None:
        """Undo the last command; ``act`` is its first event, ``earlier`` the session before it.

        ``earlier`` is None for the planning, whose undo archives the session. Changes can be undone
        until the session starts, attendance until a day after its end. The claims check the
        restored time. Raises NothingToUndoError, AlreadyStartedError, TooLateToUndoError;
        SeatGivenOnError: a waiting patient got a seat by the command and may have been informed.
        """
        self._refuse_undo(act, earlier or self, at)
        if earlier is None:
            self.trigger_event(self.Undone, act=events.PLANNED, patient_id=None, timestamp=at)
            return
        everyone = dict.fromkeys((*self.roster, *self.waiting, *earlier.roster, *earlier.waiting))
        restored = {id: earlier.standing(id) for id in everyone if self._differs(id, earlier)}
        patient_id = next(iter(restored)) if len(restored) == 1 else None
        self.trigger_event(self.Undone, act=act, patient_id=patient_id, timestamp=at)
        in_order = sorted(restored, key=lambda id: restored[id].place or 0)
        for id in in_order:
            if restored[id].status in _RESTORED_FIRST:
                self._restore(id, restored[id], at)
        if earlier.seats != self.seats:
            self.trigger_event(self.SeatsChanged, seats=earlier.seats, timestamp=at)
        if self.is_cancelled and not earlier.is_cancelled:
            self.trigger_event(self.Reinstated, timestamp=at)
        if (self.staff_ids, self._slot) != (earlier.staff_ids, earlier._slot):
            self.move(earlier.staff_ids, earlier._slot, at)
        for id in in_order:
            if restored[id].status not in _RESTORED_FIRST:
                self._restore(id, restored[id], at)
        for id, (overlaps, reason) in earlier.exemptions.items():
            if id in self.roster and id not in self.exemptions:
                self._exempt(id, overlaps, reason, at)
        for id, code in earlier.passed_over.items():
            if id in self.waiting and id not in self.passed_over:
                self.trigger_event(self.PassedOver, patient_id=id, reason=code, timestamp=at)

    def _refuse_undo(self, act: str, earlier: GroupSession, at: datetime) -> None:
        if act == "undone":
            raise NothingToUndoError
        if act == "attendance_noted":
            if at >= self.ends_at + CORRECTION:
                raise TooLateToUndoError("this can be undone up to a day after the session")
            return
        if at >= min(self.starts_at, earlier.starts_at):
            raise AlreadyStartedError("the session has started")
        if any(id in earlier.waiting for id in self.roster) and at >= self.grace_until:
            raise SeatGivenOnError

    def _differs(self, patient_id: UUID, earlier: GroupSession) -> bool:
        now, then = self.standing(patient_id), earlier.standing(patient_id)
        return (now.status, now.attended) != (then.status, then.attended)

    def _restore(self, patient_id: UUID, standing: Standing, at: datetime) -> None:
        self.trigger_event(
            self.StandingRestored,
            patient_id=patient_id,
            before=self.standing(patient_id).status.value,
            status=standing.status.value,
            place=standing.place,
            attended=standing.attended,
            timestamp=at,
        )

    def _exempt(self, patient_id: UUID, overlaps: list[UUID], reason: Personal[str], at: datetime) -> None:
        self.trigger_event(self.SeatExempted, patient_id=patient_id, overlaps=overlaps, reason=reason, timestamp=at)

    @property
    def _slot(self) -> Slot:
        return Slot(self.starts_at, self.ends_at, self.location_id, tuple(self.resource_ids))

    def _refuse_begun(self, at: datetime) -> None:
        if self.called_off:
            raise self.called_off
        if at >= self.starts_at:
            raise AlreadyStartedError("the session has started")
