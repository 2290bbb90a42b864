"""An append for a patient is refused after the patient's withdrawal, and only then."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from application.kernel.practice_log import PracticeLog
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.patients.details import PatientDetails
from domain.patients.errors import PatientWithdrawnError
from domain.patients.patient import Patient
from domain.patients.standing import PatientSeen
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.visit import Visit
from domain.scheduling.time_claim import TimeClaim
from tests.support.container import Container, by_test

TEN = datetime(2027, 3, 1, 10, tzinfo=UTC)


@pytest.fixture
def log(container: Container) -> PracticeLog:
    return container.practice()


def registered(log: PracticeLog) -> UUID:
    patient = Patient.register(
        id=uuid7(), details=PatientDetails(given_name="נועה", family_name="Levi"), at=TEN - timedelta(days=400)
    )
    log.record(patient, by=by_test())
    return patient.id


def withdraw(log: PracticeLog, *patient_ids: UUID) -> None:
    patients = [log.load(Patient, id_) for id_ in patient_ids]
    for patient in patients:
        patient.withdraw(TEN)
    log.record(*patients, by=by_test())


def book(log: PracticeLog, patient_id: UUID, seen_at: int) -> int:
    during = TimeRange(TEN, TEN + timedelta(minutes=50))
    visit = Visit(
        patient_id=patient_id,
        service_id=uuid7(),
        clinician_id=uuid7(),
        location_id=uuid7(),
        resource_ids=(),
        during=during,
        price=Money(8000, "EUR"),
        mode="in_person",
    )
    appointment = Appointment.book(id=uuid7(), visit=visit, at=TEN - timedelta(days=30))
    return log.record(
        appointment, by=by_test(), claims=appointment.claims(), relies_on=PatientSeen(patient_id, seen_at)
    )


def allow_double_booking(log: PracticeLog) -> None:
    """Double-book a clinician: later appends of the practice are checked before writing."""
    during = TimeRange(TEN, TEN + timedelta(minutes=50))
    log.record(
        Patient.register(id=uuid7(), details=PatientDetails(given_name="A", family_name="B"), at=TEN),
        by=by_test(),
        claims=[TimeClaim(uuid7(), uuid7(), during, during, beside=True)],
    )


@pytest.mark.parametrize("is_looked_at_first", [False, True])
class TestWhatReliesOnAPatient:
    def test_is_refused_if_they_were_withdrawn_since(self, log: PracticeLog, is_looked_at_first: bool) -> None:
        if is_looked_at_first:
            allow_double_booking(log)
        patient_id = registered(log)
        seen_at = log.reader.position()
        withdraw(log, patient_id)
        position = log.reader.position()

        for moment in (seen_at, 0):
            with pytest.raises(PatientWithdrawnError):
                book(log, patient_id, moment)

        assert log.reader.position() == position

    def test_is_recorded_if_it_was_somebody_else(self, log: PracticeLog, is_looked_at_first: bool) -> None:
        if is_looked_at_first:
            allow_double_booking(log)
        one, other = registered(log), registered(log)
        seen_at = log.reader.position()
        withdraw(log, other)

        assert book(log, one, seen_at) == seen_at + 2

    def test_is_recorded_if_they_stand_again(self, log: PracticeLog, is_looked_at_first: bool) -> None:
        if is_looked_at_first:
            allow_double_booking(log)
        patient_id = registered(log)
        seen_at = log.reader.position()
        withdraw(log, patient_id)
        patient = log.load(Patient, patient_id)
        patient.reinstate(TEN)
        again = log.record(patient, by=by_test())

        assert book(log, patient_id, seen_at) == again + 1


class TestAPractice:
    def test_knows_where_it_withdrew_anybody_last(self, container: Container) -> None:
        log, other = container.practice(), container.practice()
        ids = [registered(log) for _ in range(3)]

        def withdrawn_at(of: PracticeLog) -> int:
            with container.app_transaction(of.tenant_id) as cursor:
                row = cursor.execute("select withdrawn_at from log.tenant_head").fetchone()
            assert row is not None
            return int(row[0])

        assert withdrawn_at(log) == 0
        withdraw(log, *ids[:2])
        assert withdrawn_at(log) == log.reader.position()
        registered(log)
        assert withdrawn_at(log) == log.reader.position() - 1
        assert withdrawn_at(other) == 0

    def test_that_is_another_one_is_not_asked(self, container: Container) -> None:
        """The same id in two practices: made-up, and still each is its own."""
        log, other = container.practice(), container.practice()
        patient_id = registered(log)
        withdraw(log, patient_id)

        assert book(other, patient_id, 0) == 2
