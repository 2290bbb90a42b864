"""Limits under concurrency, and booking of any free clinician."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from application.kernel.practice_log import Outcome
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.appointments.cancel_appointment import CancelAppointment
from application.scheduling.appointments.reschedule_appointment import RescheduleAppointment
from application.scheduling.availability.find_slots import FindSlots
from domain.kernel.time_range import TimeRange
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician
from domain.practice.service import Service
from domain.practice.visit_limits import VisitLimits
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.errors import DailyLimitError, LimitReachedError, TimeTakenError, WeeklyLimitError
from tests.support.commands import asker, executor
from tests.support.concurrency import run_concurrently
from tests.support.container import Container, by_test
from tests.support.seeded_practice import MONDAY, NOW, SeededPractice, fixed_clock, seed_practice

HALF_HOUR = timedelta(minutes=30)
HOURS = [MONDAY + timedelta(hours=hour) for hour in range(4)]


@pytest.fixture
def studio(container: Container) -> SeededPractice:
    return seed_practice(container)


def limit_clinician(studio: SeededPractice, limits: VisitLimits, which: int = 0) -> None:
    clinician = studio.log.load(Clinician, studio.clinicians[which])
    clinician.set_limits(limits, NOW)
    studio.log.record(clinician, by=by_test())


def book(
    container: Container,
    studio: SeededPractice,
    starts_at: datetime,
    clinician: int | None = 0,
    service: UUID | None = None,
) -> Appointment:
    """Book for a new patient, who has no other visits."""
    patient = Patient.register(id=uuid7(), details=PatientDetails(given_name="Dana", family_name="Levi"), at=NOW)
    studio.log.record(patient, by=by_test())
    command = BookAppointment(
        patient.id,
        service or studio.talk,
        None if clinician is None else studio.clinicians[clinician],
        starts_at,
    )
    return executor(container.logs, fixed_clock())(studio.tenant_id, command, by_test()).aggregate


def appointments_in(results: Sequence[object]) -> list[Appointment]:
    for result in results:
        assert isinstance(result, Appointment | LimitReachedError | TimeTakenError), result
    return [result for result in results if isinstance(result, Appointment)]


class TestLimit:
    @pytest.mark.parametrize(
        ("limits", "refusal"), [(VisitLimits(2), DailyLimitError), (VisitLimits(None, 2), WeeklyLimitError)]
    )
    def test_is_kept_when_all_come_at_once(
        self, container: Container, studio: SeededPractice, limits: VisitLimits, refusal: type[LimitReachedError]
    ) -> None:
        limit_clinician(studio, limits)

        results = run_concurrently(4, lambda number: book(container, studio, HOURS[number]))

        assert len(appointments_in(results)) == 2
        assert sum(isinstance(result, refusal) for result in results) == 2

    def test_of_a_service_counts_that_service_with_each_clinician(
        self, container: Container, studio: SeededPractice
    ) -> None:
        service = studio.log.load(Service, studio.talk)
        service.set_limits(VisitLimits(1), NOW)
        studio.log.record(service, by=by_test())
        book(container, studio, HOURS[0])

        with pytest.raises(DailyLimitError):
            book(container, studio, HOURS[2])
        book(container, studio, HOURS[2], service=studio.massage)
        book(container, studio, HOURS[2], clinician=1)

    def test_is_free_again_after_a_cancellation(self, container: Container, studio: SeededPractice) -> None:
        limit_clinician(studio, VisitLimits(1))
        first = book(container, studio, HOURS[0])
        executor(container.logs, fixed_clock())(studio.tenant_id, CancelAppointment(first.id, "ill"), by_test())

        assert book(container, studio, HOURS[2]).starts_at == HOURS[2]

    def test_lets_a_visit_move_within_its_day_and_no_further_one_in(
        self, container: Container, studio: SeededPractice
    ) -> None:
        limit_clinician(studio, VisitLimits(1))
        visit = book(container, studio, HOURS[0])
        next_monday = book(container, studio, HOURS[0] + timedelta(days=7))
        move = executor(container.logs, fixed_clock())

        move(studio.tenant_id, RescheduleAppointment(visit.id, HOURS[2]), by_test())
        with pytest.raises(DailyLimitError):
            move(studio.tenant_id, RescheduleAppointment(next_monday.id, HOURS[0]), by_test())

    def test_holds_for_visits_that_are_moved_at_once(self, container: Container, studio: SeededPractice) -> None:
        visits = [book(container, studio, HOURS[0] + timedelta(days=7 * week)) for week in (1, 2, 3)]
        limit_clinician(studio, VisitLimits(1))
        move = executor(container.logs, fixed_clock())

        def go(number: int) -> object:
            command = RescheduleAppointment(visits[number].id, HOURS[number])
            return move(studio.tenant_id, command, by_test())

        results = run_concurrently(3, go)

        assert sum(isinstance(result, Outcome) for result in results) == 1
        assert sum(isinstance(result, DailyLimitError) for result in results) == 2

    def test_is_not_asked_of_an_append_without_one(self, container: Container, studio: SeededPractice) -> None:
        book(container, studio, HOURS[0])
        limit_clinician(studio, VisitLimits(1))

        with pytest.raises(DailyLimitError):
            book(container, studio, HOURS[2])


class TestAnyone:
    def test_is_booked_while_somebody_is_free(self, container: Container, studio: SeededPractice) -> None:
        results = run_concurrently(8, lambda _: book(container, studio, HOURS[0], clinician=None))

        assert {visit.clinician_id for visit in appointments_in(results)} == set(studio.clinicians)
        assert len(appointments_in(results)) == 2

    def test_takes_a_room_that_is_free_or_nothing(self, container: Container, studio: SeededPractice) -> None:
        results = run_concurrently(
            6, lambda _: book(container, studio, HOURS[0], clinician=None, service=studio.massage)
        )

        visits = appointments_in(results)
        assert {visit.clinician_id for visit in visits} == set(studio.clinicians)
        assert {room for visit in visits for room in visit.resource_ids} == set(studio.rooms)

    def test_is_one_whose_day_is_not_full(self, container: Container, studio: SeededPractice) -> None:
        limit_clinician(studio, VisitLimits(1), which=0)
        limit_clinician(studio, VisitLimits(3), which=1)

        results = run_concurrently(6, lambda number: book(container, studio, HOURS[number % 3], clinician=None))

        by_clinician = [visit.clinician_id for visit in appointments_in(results)]
        assert by_clinician.count(studio.clinicians[0]) == 1
        assert by_clinician.count(studio.clinicians[1]) == 3

    def test_is_offered_as_they_would_be_booked(self, container: Container, studio: SeededPractice) -> None:
        book(container, studio, HOURS[0])
        window = TimeRange(MONDAY, MONDAY + timedelta(days=8))
        query = FindSlots(studio.talk, None, window)

        for _ in range(6):
            found = asker(container.logs, fixed_clock())(studio.tenant_id, query)
            choice = found.choices[0]
            visit = book(container, studio, choice.slot.starts_at, clinician=None)
            assert (visit.clinician_id, visit.starts_at) == (choice.clinician_id, choice.slot.starts_at)

    def test_does_not_depend_on_the_window(self, container: Container, studio: SeededPractice) -> None:
        book(container, studio, HOURS[3])
        find = asker(container.logs, fixed_clock())

        def choices(starts_at: datetime, ends_at: datetime) -> list[object]:
            return list(find(studio.tenant_id, FindSlots(studio.talk, None, TimeRange(starts_at, ends_at))).choices)

        middle = MONDAY + HALF_HOUR
        whole = choices(MONDAY, MONDAY + timedelta(days=7))
        assert choices(MONDAY, middle) + choices(middle, MONDAY + timedelta(days=7)) == whole
