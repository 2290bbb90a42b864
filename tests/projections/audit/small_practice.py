"""A practice of a few records, of which each report can be worked out by hand."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from domain.kernel.aggregate import Aggregate
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from domain.practice.location import Location, LocationDetails
from domain.practice.resource import Resource
from domain.practice.service import Service, ServiceTerms
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.visit import SeriesPlace, Visit
from domain.scheduling.series.occurrence_plan import PlannedOccurrence
from domain.scheduling.series.series import Series
from domain.scheduling.sessions.course import Course
from domain.scheduling.sessions.group_session import GroupSession
from domain.scheduling.sessions.group_session_terms import GroupSessionTerms
from domain.waitlist.entry import WaitlistEntry
from domain.waitlist.offer import Offer
from domain.waitlist.offered_time import OfferedTime
from domain.waitlist.opening import Opening
from domain.waitlist.preferences import WaitlistPreferences

THEN = datetime(2026, 5, 1, 6, tzinfo=UTC)
PRICE = Money(8000, "EUR")


class SmallPractice:
    """Two services were given, a third never; the patients are Ada (twice), Ben, Cleo and Dan.

    Ada's two records are merged, Cleo is erased, and Dan's import was undone.
    """

    def __init__(self) -> None:
        self.mitte = Location.open(id=uuid7(), details=LocationDetails("Mitte", "Europe/Berlin"), at=THEN)
        self.nord = Location.open(id=uuid7(), details=LocationDetails("Nord", "Asia/Jerusalem"), at=THEN)
        self.room = Resource.add(id=uuid7(), location_id=self.mitte.id, kind="room", name="Room", at=THEN)
        self.physio, self.yoga, self.massage = map(_service, ("Physio", "Yoga", "Massage"))
        self.clinician = uuid7()
        self.ada, self.ada_again, self.ben, self.cleo, self.dan = map(_patient, ("Ada", "Ada", "Ben", "Cleo", "Dan"))
        self.series_id = uuid7()

    def records(self) -> list[Aggregate]:
        self.ada.absorb(self.ada_again, THEN)
        self.dan.withdraw(THEN)
        self.cleo.erase(THEN)
        return [
            self.mitte, self.nord, self.room, self.physio, self.yoga, self.massage,
            self.ada, self.ada_again, self.ben, self.cleo, self.dan,
            *self._visits(), *self._series(), *self._sessions(), *self._waitlist(),
        ]  # fmt: skip

    def _visits(self) -> list[Appointment]:
        """Ada comes in May under both records and Ben in June; Ben misses one and cancels one."""
        first = self._visit(self.ada_again, datetime(2026, 5, 4, 8, tzinfo=UTC), self.room.id)
        # In Berlin it is already June.
        second = self._visit(self.ada, datetime(2026, 5, 31, 22, 30, tzinfo=UTC), self.room.id)
        third = self._visit(self.ben, datetime(2026, 6, 2, 8, tzinfo=UTC))
        for visit in (first, second, third):
            _complete(visit)
        missed = self._visit(self.ben, datetime(2026, 6, 3, 8, tzinfo=UTC), self.room.id)
        missed.mark_no_show(missed.starts_at)
        cancelled = self._visit(self.ben, datetime(2026, 6, 4, 8, tzinfo=UTC), self.room.id)
        cancelled.cancel("ill", THEN)
        return [first, second, third, missed, cancelled]

    def _series(self) -> list[Aggregate]:
        """Three visits of Ben: one took place, one is to come, one was skipped."""
        starts = [datetime(2026, 6, 8 + 7 * week, 8, tzinfo=UTC) for week in range(3)]
        visits = [
            self._visit(self.ben, start, place=SeriesPlace(self.series_id, number, start.replace(tzinfo=None)))
            for number, start in enumerate(starts[:2], 1)
        ]
        _complete(visits[0])
        occurrences = [
            PlannedOccurrence(number, start.replace(tzinfo=None), start, visit.id)
            for number, (start, visit) in enumerate(zip(starts, visits, strict=False), 1)
        ]
        occurrences.append(PlannedOccurrence(3, starts[2].replace(tzinfo=None), starts[2], skipped="time_taken"))
        series = Series.plan(
            id=self.series_id, occurrences=occurrences, at=THEN, patient_id=self.ben.id, service_id=self.physio.id,
            clinician_id=self.clinician, zone="Europe/Berlin", rrule="FREQ=WEEKLY;COUNT=3",
        )  # fmt: skip
        return [series, *visits]

    def _sessions(self) -> list[Aggregate]:
        """A course of two sessions of four seats on Mondays at 18:00 in Berlin, and a cancelled
        one: three people in the first, one in the second.
        """
        self.course_id = uuid7()
        starts = [datetime(2026, 6, 1 + 7 * week, 16, tzinfo=UTC) for week in range(2)]
        first, second, cancelled = (self._session(start) for start in (*starts, starts[1] + timedelta(days=1)))
        for patient in (self.ada, self.ben, self.cleo):
            first.enrol(patient.id, [patient.id], THEN)
        second.enrol(self.ben.id, [self.ben.id], THEN)
        cancelled.enrol(self.ben.id, [self.ben.id], THEN)
        first.note_attendance([self.ada.id, self.ben.id], True, first.starts_at)
        first.note_attendance([self.cleo.id], False, first.starts_at)
        cancelled.cancel("ill", THEN)
        course = Course.plan(
            id=self.course_id,
            service_id=self.yoga.id,
            staff_ids=[self.clinician],
            seats=4,
            zone="Europe/Berlin",
            rrule="FREQ=WEEKLY;COUNT=2",
            occurrences=[
                PlannedOccurrence(number, each.starts_at.replace(tzinfo=None), each.starts_at, each.id)
                for number, each in enumerate((first, second), 1)
            ],
            at=THEN,
        )
        return [course, first, second, cancelled]

    def _waitlist(self) -> list[Aggregate]:
        """Two wait for physiotherapy and one was served; of two times given up one was filled."""
        entries = [
            WaitlistEntry.join(
                id=uuid7(),
                patient_id=patient.id,
                service_id=self.physio.id,
                preferences=WaitlistPreferences(None),
                at=THEN,
            )
            for patient in (self.ada, self.ben, self.cleo)
        ]
        days = [datetime(2026, 7, day, 8, tzinfo=UTC) for day in (1, 2, 3)]
        *openings, by_hand = (
            Opening.open(
                id=uuid7(),
                clinician_id=self.clinician,
                during=TimeRange(day, day + timedelta(minutes=50)),
                at=THEN,
                freed_by=None if day == days[-1] else (uuid7(), 1),
            )
            for day in days
        )
        offers = [self._offer(opening, entry) for opening, entry in zip(openings, entries, strict=False)]
        served = uuid7()
        offers[0].accept(served, THEN)
        entries[0].serve(offers[0].id, served, THEN)
        offers[1].decline(THEN)
        return [*entries, *openings, by_hand, *offers]

    def _offer(self, opening: Opening, entry: WaitlistEntry) -> Offer:
        time = OfferedTime(
            opening_id=opening.id,
            service_id=self.physio.id,
            clinician_id=self.clinician,
            location_id=self.mitte.id,
            resource_ids=(),
            starts_at=opening.starts_at,
            ends_at=opening.ends_at,
            buffer_before_minutes=0,
            buffer_after_minutes=0,
            expires_at=THEN + timedelta(hours=1),
        )
        return Offer.make(id=uuid7(), entry_id=entry.id, patient_id=entry.patient_id, of=time, at=THEN)

    def _visit(
        self, patient: Patient, starts_at: datetime, *rooms: UUID, place: SeriesPlace | None = None
    ) -> Appointment:
        visit = Visit(
            patient_id=patient.id,
            service_id=self.physio.id,
            clinician_id=self.clinician,
            location_id=self.mitte.id,
            resource_ids=rooms,
            during=TimeRange(starts_at, starts_at + timedelta(minutes=90)),
            price=PRICE,
            mode="in_person",
        )
        return Appointment.book(id=uuid7(), visit=visit, at=THEN, place=place)

    def _session(self, starts_at: datetime) -> GroupSession:
        terms = GroupSessionTerms(
            service_id=self.yoga.id,
            staff_ids=(self.clinician,),
            location_id=self.mitte.id,
            resource_ids=(),
            during=TimeRange(starts_at, starts_at + timedelta(hours=1)),
            price=PRICE,
            mode="in_person",
            seats=4,
        )
        return GroupSession.plan(id=uuid7(), terms=terms, at=THEN, course_id=self.course_id)


def _service(name: str) -> Service:
    return Service.offer(id=uuid7(), terms=ServiceTerms(name=name, duration_minutes=90, price=PRICE), at=THEN)


def _patient(name: str) -> Patient:
    return Patient.register(id=uuid7(), details=PatientDetails(given_name=name, family_name="Levi"), at=THEN)


def _complete(visit: Appointment) -> None:
    visit.check_in(visit.starts_at)
    visit.complete(visit.ends_at)
