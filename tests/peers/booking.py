"""Books a visit in a new practice, for cases about booking."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from uuid_utils.compat import uuid7

from application.scheduling.appointments.book_appointment import BookAppointment
from application.scheduling.availability.find_slots import FindSlots
from domain.kernel.money import Money
from domain.kernel.time_range import TimeRange
from domain.patients.details import PatientDetails
from domain.patients.patient import Patient
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.location import Location, LocationDetails
from domain.practice.service import Service, ServiceTerms
from domain.practice.weekly_hours import OpeningHours
from domain.scheduling.errors import SchedulingError
from tests.support.commands import asker, executor
from tests.support.container import Container, SettableClock, by_test


@dataclass(frozen=True)
class Booking:
    """Books on the day before, and checks that exactly the offered times are booked (L1)."""

    container: Container

    def __call__(self, hours: OpeningHours, zone: str, minutes: int, starts_at: datetime) -> bool:
        now = starts_at - timedelta(days=1)
        log, clock = self.container.practice(zone), SettableClock(now)
        location = Location.open(id=uuid7(), details=LocationDetails("Here", zone), at=now)
        clinician = Clinician.join(id=uuid7(), details=ClinicianDetails("Maya", None, zone), at=now)
        clinician.set_hours(location.id, hours, now)
        terms = ServiceTerms(
            name="Talk", duration_minutes=minutes, price=Money(0, "EUR"), clinician_ids=(clinician.id,)
        )
        service = Service.offer(id=uuid7(), terms=terms, at=now)
        patient = Patient.register(id=uuid7(), details=PatientDetails(given_name="דנה", family_name="Levi"), at=now)
        log.record(location, clinician, service, patient, by=by_test())
        window = TimeRange(starts_at, starts_at + timedelta(minutes=1))
        found = asker(self.container.logs, clock)(log.tenant_id, FindSlots(service.id, clinician.id, window))
        try:
            command = BookAppointment(patient.id, service.id, clinician.id, starts_at)
            executor(self.container.logs, clock)(log.tenant_id, command, by_test())
        except SchedulingError:
            assert not found.choices
            return False
        assert len(found.choices) == 1
        return True
