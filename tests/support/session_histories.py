"""What might happen in sessions and courses: people come and go, for these are the views' tests."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID

from uuid_utils.compat import uuid7

from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.scheduling.availability.query import Slot
from domain.scheduling.series.occurrence_plan import PlanChange, PlannedOccurrence, Scope
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.group_session_terms import GroupSessionTerms
from tests.support.waitlist_histories import THEN


@dataclass
class SessionHistories:
    random: Random
    service_id: UUID
    location_id: UUID
    clinicians: list[UUID]
    rooms: list[UUID]
    sessions: list[GroupSession] = field(default_factory=list)
    courses: list[Course] = field(default_factory=list)

    def random_event(self, patient_id: UUID) -> GroupSession:
        """Return a new session, or one that a random command changed."""
        session = self.random.choice(self.sessions) if self.sessions and self.random.random() < 0.8 else self._planned()
        act, earlier, is_undone = self.random.random(), deepcopy(session), self.random.random() < 0.2
        if session.is_cancelled:
            return self._planned()
        if patient_id not in (*session.roster, *session.waiting):
            session.enrol(patient_id, [patient_id], THEN, waits=True)
        elif act < 0.4:
            session.withdraw([patient_id], THEN)
            if is_undone:
                session.undo("seat_cancelled", earlier, THEN)
        elif act < 0.6 and patient_id in session.roster:
            session.note_attendance([patient_id], self.random.random() < 0.5, session.starts_at)
        elif act < 0.8:
            session.change_seats(session.seats + 1, THEN)
        elif act < 0.95:
            later = session.starts_at + timedelta(hours=1), session.ends_at + timedelta(hours=1)
            rooms = tuple(self.random.sample(self.rooms, 1))
            session.move(self.random.sample(self.clinicians, 1), Slot(*later, self.location_id, rooms), THEN)
        else:
            session.cancel("Heizung, הסקה", THEN)
            if is_undone:
                session.undo("cancelled", earlier, THEN)
        return session

    def course(self) -> Course:
        """A course of a session, or one that moves by an hour."""
        if self.courses and self.random.random() < 0.5:
            course = self.random.choice(self.courses)
            later = course.occurrences[1].starts_at + timedelta(hours=1)
            course.change(PlanChange(Scope.ALL, 1, [1], {}), self.clinicians, {1: later}, THEN)
            return course
        first = self.random.choice(self.sessions)
        planned = PlannedOccurrence(1, first.starts_at.replace(tzinfo=None), first.starts_at, first.id)
        course = Course.plan(
            id=uuid7(),
            service_id=self.service_id,
            staff_ids=self.clinicians[:1],
            seats=2,
            zone="UTC",
            rrule="FREQ=WEEKLY;COUNT=1",
            occurrences=[planned],
            at=THEN,
        )
        self.courses.append(course)
        return course

    def _planned(self) -> GroupSession:
        starts_at = THEN + timedelta(minutes=15 * self.random.randint(1, 2000))
        terms = GroupSessionTerms(
            service_id=self.service_id,
            staff_ids=tuple(self.clinicians),
            location_id=self.location_id,
            resource_ids=tuple(self.random.sample(self.rooms, 1)),
            during=TimeRange(starts_at, starts_at + timedelta(hours=1)),
            price=Money(1500, "EUR"),
            mode="in_person",
            seats=2,
        )
        session = GroupSession.plan(id=uuid7(), terms=terms, at=THEN)
        self.sessions.append(session)
        return session
