"""A process works with what other processes have added to the catalogue."""

from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from application.kernel.practice_log import PracticeLogs
from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.appointments.cancel_appointment import CancelAppointment
from application.scheduling.appointments.display_context import DisplayContext
from application.scheduling.appointments.undo_appointment import UndoAppointment
from application.scheduling.series.book_series import BookSeries
from application.scheduling.series.change_series import ChangeSeries
from domain.kernel.money import Money
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from domain.practice.location import Location, LocationDetails
from domain.practice.practice import Practice
from domain.practice.service import Service, ServiceTerms
from domain.scheduling.appointments.status import Status
from domain.scheduling.series.occurrence_plan import Scope
from tests.support.commands import executor
from tests.support.container import Container, by_test
from tests.support.seeded_practice import MONDAY, NOW, SeededPractice, fixed_clock, seed_practice


@pytest.fixture
def studio(container: Container) -> SeededPractice:
    return seed_practice(container)


@pytest.fixture
def other_process(container: Container) -> PracticeLogs:
    """The logs as another process has them: it has read nothing yet."""
    return PracticeLogs(container.store, container.logs.phone_numbers, container.logs.public_holidays)


def add_service(studio: SeededPractice) -> Service:
    terms = ServiceTerms(
        name="Walk", duration_minutes=30, price=Money(0, "EUR"), step_minutes=30, clinician_ids=studio.clinicians
    )
    service = Service.offer(id=uuid7(), terms=terms, at=NOW)
    studio.log.record(service, by=by_test())
    return service


class TestOtherProcess:
    def test_reads_the_catalogue_when_it_has_none(self, studio: SeededPractice, other_process: PracticeLogs) -> None:
        practice = other_process.of(studio.tenant_id).catalogue(at_least=0).one(Practice, studio.tenant_id)

        assert practice.name == "Studio"

    def test_shows_the_zone_of_the_position_to_read_after(
        self, studio: SeededPractice, other_process: PracticeLogs
    ) -> None:
        other = other_process.of(studio.tenant_id)
        [location] = other.catalogue().all(Location)
        location = studio.log.load(Location, location.id)
        location.change(LocationDetails("Mitte", "America/New_York"), NOW)
        position = studio.log.record(location, by=by_test())

        assert DisplayContext(other, after=position).zone(location.id) == "America/New_York"

    def test_reads_the_catalogue_once_up_to_a_position(
        self, studio: SeededPractice, other_process: PracticeLogs
    ) -> None:
        position = studio.log.record(
            Patient.register(id=uuid7(), details=PatientDetails(given_name="Ada", family_name="Groß"), at=NOW),
            by=by_test(),
        )

        catalogue = other_process.of(studio.tenant_id).catalogue(at_least=position)

        assert catalogue.position == position
        assert other_process.of(studio.tenant_id).catalogue(at_least=position) is catalogue

    def test_undoes_a_cancellation_of_a_new_service(
        self, container: Container, studio: SeededPractice, other_process: PracticeLogs
    ) -> None:
        other_process.of(studio.tenant_id).catalogue()
        execute = executor(container.logs, fixed_clock())
        booking = BookAppointment(studio.patients[0], add_service(studio).id, studio.clinicians[0], MONDAY)
        visit = execute(studio.tenant_id, booking, by_test()).aggregate
        execute(studio.tenant_id, CancelAppointment(visit.id, "ill"), by_test())

        undone = executor(other_process, fixed_clock())(studio.tenant_id, UndoAppointment(visit.id), by_test())

        assert undone.aggregate.status == Status.BOOKED

    def test_changes_a_series_of_a_new_service(
        self, container: Container, studio: SeededPractice, other_process: PracticeLogs
    ) -> None:
        other_process.of(studio.tenant_id).catalogue()
        booking = BookSeries(
            studio.patients[0], add_service(studio).id, studio.clinicians[0], MONDAY, "FREQ=WEEKLY;COUNT=3"
        )
        series = executor(container.logs, fixed_clock())(studio.tenant_id, booking, by_test()).aggregate
        change = ChangeSeries(series.id, 2, Scope.THIS, starts_at=MONDAY + timedelta(days=7, minutes=30))

        changed = executor(other_process, fixed_clock())(studio.tenant_id, change, by_test())

        assert changed.aggregate.last_change is not None
