"""An append for a patient is refused after the patient's withdrawal, and only then."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from application.kernel.practice_log import PracticeLog
from domain.kernel.money import Money
from domain.kernel.presence import PresenceGuard
from domain.kernel.time_range import TimeRange
from domain.patients.details import PatientDetails
from domain.patients.errors import PatientWithdrawnError
from domain.patients.patient import Patient
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


def book(log: PracticeLog, patient_id: UUID) -> int:
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
    return log.record(appointment, by=by_test(), guards=[*appointment.claims(), PresenceGuard(patient_id)])


def allow_double_booking(log: PracticeLog) -> None:
    """Double-book a clinician: later appends of the practice are checked before writing."""
    during = TimeRange(TEN, TEN + timedelta(minutes=50))
    log.record(
        Patient.register(id=uuid7(), details=PatientDetails(given_name="A", family_name="B"), at=TEN),
        by=by_test(),
        guards=[TimeClaim(uuid7(), uuid7(), during, during, beside=True)],
    )


@pytest.mark.parametrize("has_overlaps", [False, True])
class TestPresenceGuard:
    def test_refuses_a_patient_withdrawn_in_the_meantime(self, log: PracticeLog, has_overlaps: bool) -> None:
        if has_overlaps:
            allow_double_booking(log)
        patient_id = registered(log)
        withdraw(log, patient_id)
        position = log.reader.position()

        with pytest.raises(PatientWithdrawnError):
            book(log, patient_id)

        assert log.reader.position() == position

    def test_accepts_another_patient(self, log: PracticeLog, has_overlaps: bool) -> None:
        if has_overlaps:
            allow_double_booking(log)
        one, other = registered(log), registered(log)
        position = log.reader.position()
        withdraw(log, other)

        assert book(log, one) == position + 2

    def test_accepts_a_patient_who_was_reinstated(self, log: PracticeLog, has_overlaps: bool) -> None:
        if has_overlaps:
            allow_double_booking(log)
        patient_id = registered(log)
        withdraw(log, patient_id)
        patient = log.load(Patient, patient_id)
        patient.reinstate(TEN)
        again = log.record(patient, by=by_test())

        assert book(log, patient_id) == again + 1


class TestPresenceChange:
    def test_marks_withdrawn_patients_until_they_are_reinstated(self, container: Container) -> None:
        log, other = container.practice(), container.practice()
        ids = [registered(log) for _ in range(3)]

        withdraw(log, *ids[:2])
        patient = log.load(Patient, ids[0])
        patient.reinstate(TEN)
        log.record(patient, by=by_test())

        with container.admin() as admin:
            marked = admin.execute(
                "select tenant_id, subject_id from log.absent where tenant_id = any (%s)",
                ([log.tenant_id, other.tenant_id],),
            ).fetchall()
        assert marked == [(log.tenant_id, ids[1])]

    def test_belongs_to_one_practice(self, container: Container) -> None:
        """The same id in two practices: improbable, and still separate."""
        log, other = container.practice(), container.practice()
        patient_id = registered(log)
        withdraw(log, patient_id)

        assert book(other, patient_id) == 2
