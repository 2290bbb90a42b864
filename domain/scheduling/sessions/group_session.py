"""A session: one time at which several people are seen together; it knows who has a seat, and who waits for one."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self
from uuid import UUID

from eventsourcing.domain import event

from domain.kernel.personal_data import Personal
from domain.kernel.text import clean_paragraphs
from domain.kernel.time_range import TimeRange
from domain.practice.seats import checked_seats
from domain.scheduling.appointments.undo import UndoableAggregate
from domain.scheduling.availability.query import Slot
from domain.scheduling.errors import (
    AlreadyArchivedError,
    AlreadyCancelledError,
    AlreadyStartedError,
    InThePastError,
    NotStartedError,
    SchedulingError,
)
from domain.scheduling.sessions import group_session_events as facts
from domain.scheduling.sessions.errors import (
    AlreadyEnrolledError,
    AlreadyWaitingError,
    NotEnrolledError,
    SeatsTakenError,
    SessionFullError,
)
from domain.scheduling.sessions.terms import GroupSessionTerms, checked_staff
from domain.scheduling.time_claim import TimeClaim


class GroupSessionStatus(StrEnum):
    """planned -> cancelled | archived. Whether it has begun or is over is for the clock to say."""

    PLANNED = "planned"
    CANCELLED = "cancelled"
    ARCHIVED = "archived"
    """Its planning was undone: it never was to be."""


class EnrolmentStatus(StrEnum):
    """How somebody stands who is or was on a roster."""

    ENROLLED = "enrolled"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    ARCHIVED = "archived"
    """Their enrolment was undone: they never were."""


class Standing(NamedTuple):
    """``place`` counts from 0, in the order of the roster or of the line."""

    status: EnrolmentStatus
    place: int | None = None
    attended: bool | None = None


class GroupSession(UndoableAggregate):
    """``roster`` holds who has a seat, in the order in which they got it, and whether they came (None: not noted).

    ``waiting`` are those who wait, the first one first. Nobody waits while a seat is free. ``person`` in what follows are all ids under
    which somebody is known: they may have been merged since they enrolled. ``placed`` is when it was last put somewhere or called off,
    ``seated`` when each who ever had a seat got it or lost it, ``left`` how those stand who are in it no more. After an undo ``undone``
    is what was undone, and ``back_in_line`` who had moved up by it and waits again.
    """

    TOPIC = "scheduling.session"

    Planned = facts.Planned
    Enrolled = facts.Enrolled
    BeganToWait = facts.BeganToWait
    MovedUp = facts.MovedUp
    SeatCancelled = facts.SeatCancelled
    StoppedWaiting = facts.StoppedWaiting
    SeatsChanged = facts.SeatsChanged
    Moved = facts.Moved
    AttendanceNoted = facts.AttendanceNoted
    Cancelled = facts.Cancelled
    Undone = facts.Undone
    Reinstated = facts.Reinstated
    StandingRestored = facts.StandingRestored

    @classmethod
    def plan(cls, *, id: UUID, terms: GroupSessionTerms, at: datetime, course_id: UUID | None = None) -> Self:
        """Whether staff and rooms are free is for ``joint_slot`` to say, and for the claims to guarantee. Raises InThePastError."""
        if terms.during.starts_at < at:
            raise InThePastError
        return cls._create(cls.Planned, id=id, timestamp=at, course_id=course_id, **terms.fields())

    @event(facts.Planned)
    def __init__(
        self,
        service_id: UUID,
        staff_ids: list[UUID],
        location_id: UUID,
        resource_ids: list[UUID],
        starts_at: datetime,
        ends_at: datetime,
        buffer_before_minutes: int,
        buffer_after_minutes: int,
        mode: str,
        price_amount_minor: int,
        price_currency: str,
        seats: int,
        course_id: UUID | None,
        timestamp: datetime,
    ) -> None:
        self.service_id = service_id
        self.staff_ids = staff_ids
        self.clinician_id = staff_ids[0]
        self.location_id = location_id
        self.resource_ids = resource_ids
        self.starts_at = starts_at
        self.ends_at = ends_at
        self.buffer_before_minutes = buffer_before_minutes
        self.buffer_after_minutes = buffer_after_minutes
        self.mode = mode
        self.price_amount_minor = price_amount_minor
        self.price_currency = price_currency
        self.seats = seats
        self.course_id = course_id
        self.roster: dict[UUID, bool | None] = {}
        self.waiting: list[UUID] = []
        self.left: dict[UUID, str] = {}
        self.moved_up: list[UUID] = []
        self.undone: str | None = None
        self.back_in_line: list[UUID] = []
        self.placed = facts.CalendarChange(1, timestamp)
        self.seated: dict[UUID, facts.CalendarChange] = {}
        self.is_cancelled = self.is_archived = False
        self.cancellation_reason: Personal[str] | None = None

    @property
    def status(self) -> GroupSessionStatus:
        if self.is_archived:
            return GroupSessionStatus.ARCHIVED
        return GroupSessionStatus.CANCELLED if self.is_cancelled else GroupSessionStatus.PLANNED

    @property
    def called_off(self) -> SchedulingError | None:
        """Why it does not take place, as a refusal; None if it does."""
        if self.is_archived:
            return AlreadyArchivedError("the planning was undone; plan the session anew")
        return AlreadyCancelledError("the session was cancelled") if self.is_cancelled else None

    @property
    def during(self) -> TimeRange:
        """The session, without its buffers."""
        return TimeRange(self.starts_at, self.ends_at)

    @property
    def taken(self) -> TimeRange:
        """The session with its buffers."""
        return self.during.with_buffers(self.buffer_before_minutes, self.buffer_after_minutes)

    def claims(self) -> list[TimeClaim]:
        """Return the time that the session holds: that of all its staff and resources, while it is to take place."""
        if self.called_off:
            return []
        return [
            TimeClaim(self.id, what, self.taken, self.during, self.service_id)
            for what in (*self.staff_ids, *self.resource_ids)
        ]

    def news_to(self, person: Collection[UUID]) -> facts.CalendarChange | None:
        """Return the newest fact that a person's own calendar has to know of; None for somebody who never had a seat."""
        seats = [self.seated[id] for id in person if id in self.seated]
        return max(self.placed, *seats) if seats else None

    def enrol(self, patient_id: UUID, person: Collection[UUID], at: datetime, *, waits: bool = False) -> None:
        """Give a seat; where all are taken and ``waits``, the last place in the line.

        Raises what ``called_off`` is, AlreadyStartedError, AlreadyEnrolledError, AlreadyWaitingError, SessionFullError.
        """
        self._refuse_begun(at)
        if any(id in self.roster for id in person):
            raise AlreadyEnrolledError
        if any(id in self.waiting for id in person):
            raise AlreadyWaitingError
        if len(self.roster) < self.seats:
            self.trigger_event(self.Enrolled, patient_id=patient_id, timestamp=at)
        elif waits:
            self.trigger_event(self.BeganToWait, patient_id=patient_id, timestamp=at)
        else:
            raise SessionFullError

    def withdraw(self, person: Collection[UUID], at: datetime) -> None:
        """Take somebody off: their seat goes to who has waited longest, at once.

        Raises what ``called_off`` is, AlreadyStartedError, NotEnrolledError.
        """
        self._refuse_begun(at)
        seats = [id for id in self.roster if id in person]
        places = [id for id in self.waiting if id in person]
        if not (seats or places):
            raise NotEnrolledError
        for id in places:
            self.trigger_event(self.StoppedWaiting, patient_id=id, timestamp=at)
        for id in seats:
            self.trigger_event(self.SeatCancelled, patient_id=id, timestamp=at)
        self.fill(at)

    def change_seats(self, seats: int, at: datetime, *, fills: bool = True) -> bool:
        """Return whether anything was recorded; whom there is a seat for now waits no longer, or only until ``fill`` is called.

        Raises what ``called_off`` is, AlreadyStartedError; SeatsTakenError: fewer than are enrolled; InvalidValueError.
        """
        self._refuse_begun(at)
        checked_seats(seats)
        if seats == self.seats:
            return False
        if seats < len(self.roster):
            raise SeatsTakenError
        self.trigger_event(self.SeatsChanged, seats=seats, timestamp=at)
        if fills:
            self.fill(at)
        return True

    def move(self, staff_ids: Sequence[UUID], slot: Slot, at: datetime) -> bool:
        """Give the session another time, staff or rooms; who is enrolled stays so. Return whether anything was recorded.

        Raises what ``called_off`` is, AlreadyStartedError, InThePastError, InvalidValueError.
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
        """Note whether somebody came; what was noted before can be put right. Return whether anything was recorded.

        Raises what ``called_off`` is; NotStartedError: before ``starts_at``; NotEnrolledError.
        """
        self._refuse_called_off()
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
        """Return whether anything was recorded: cancelling twice records nothing the second time.

        Raises AlreadyArchivedError; AlreadyStartedError: from ``starts_at`` on; InvalidValueError: no reason, or over 1000 characters.
        """
        if self.is_cancelled:
            return False
        self._refuse_begun(at)
        reason = clean_paragraphs("reason", reason, 1000)
        self.trigger_event(self.Cancelled, clinician_id=self.clinician_id, reason=reason, timestamp=at)
        return True

    def standing(self, patient_id: UUID) -> Standing:
        """Return how somebody stands; of who never was in it, as one who never was."""
        if patient_id in self.roster:
            place = list(self.roster).index(patient_id)
            return Standing(EnrolmentStatus.ENROLLED, place, self.roster[patient_id])
        if patient_id in self.waiting:
            return Standing(EnrolmentStatus.WAITING, self.waiting.index(patient_id))
        return Standing(EnrolmentStatus(self.left.get(patient_id, EnrolmentStatus.ARCHIVED)))

    def fill(self, at: datetime) -> None:
        """Give free seats to who has waited longest."""
        while self.waiting and len(self.roster) < self.seats:
            self.trigger_event(self.MovedUp, patient_id=self.waiting[0], timestamp=at)

    def _refuse_begun(self, at: datetime) -> None:
        self._refuse_called_off()
        if at >= self.starts_at:
            raise AlreadyStartedError("the session has started")

    def _refuse_called_off(self) -> None:
        if refusal := self.called_off:
            raise refusal
