"""Appointments that tests of the event store append."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from application.kernel.practice_log import PracticeLog
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.scheduling.appointments.appointment import Appointment
from domain.scheduling.appointments.visit import Visit
from tests.support.container import by_test

TEN = datetime(2027, 3, 1, 10, tzinfo=UTC)


def appointment(clinician_id: UUID, starts_at: datetime = TEN, *, rooms: tuple[UUID, ...] = ()) -> Appointment:
    """Return a visit of 50 minutes with a buffer of 10 after it."""
    visit = Visit(
        patient_id=uuid7(),
        service_id=uuid7(),
        clinician_id=clinician_id,
        location_id=uuid7(),
        resource_ids=rooms,
        during=TimeRange(starts_at, starts_at + timedelta(minutes=50)),
        price=Money(8000, "EUR"),
        mode="in_person",
        buffer_after_minutes=10,
    )
    return Appointment.book(id=uuid7(), visit=visit, at=TEN - timedelta(days=30))


def book(log: PracticeLog, visit: Appointment) -> int:
    return log.record(visit, by=by_test(), guards=visit.claims())
